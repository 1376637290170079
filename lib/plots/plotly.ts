/** Figures to touch: what plotly.js adds to a chart in JupyterLab, where its curves and flows answer to the mouse. */
import { plotWidth, type Heading, type PlotlyFigure } from './theme';

/** A grey that can be read on white and on black: plotly.js does not follow JupyterLab's theme. */
const inkOnAny = '#787f88';
const gridOnAny = 'rgba(120, 127, 136, 0.3)';

/**
 * A figure for plotly.js in the project's look, without a background of its own. `traces` are its curves, bars or
 * flows, and `layout` is what this figure adds to the layout of all.
 */
export function plotlyFigure(
  { title, subtitle }: Heading,
  traces: readonly object[],
  layout: object,
): PlotlyFigure {
  const under =
    subtitle === undefined ? {} : { subtitle: { text: [subtitle].flat().join('<br>') } };
  return {
    data: traces,
    layout: {
      title: { text: title, ...under, x: 0, xref: 'paper', font: { size: 16 } },
      font: { family: 'sans-serif', size: 12, color: inkOnAny },
      paper_bgcolor: 'rgba(0, 0, 0, 0)',
      plot_bgcolor: 'rgba(0, 0, 0, 0)',
      width: plotWidth + 120,
      height: 380,
      margin: { l: 56, r: 24, t: 84, b: 48 },
      ...layout,
    },
  };
}

/** An axis of such a figure; `format` is d3's notation for its numbers. */
export const plotlyAxis = (title: string, format?: string): object => ({
  title: { text: title },
  gridcolor: gridOnAny,
  zeroline: false,
  ...(format && { tickformat: format }),
});
