/**
 * Figures for plotly.js. JupyterLab shows them in place of a chart's picture once the mouse is over it, and their
 * curves and flows answer to the mouse.
 */
import { inks, plotWidth, type Heading, type PlotlyFigure } from './theme';

/**
 * The ink of all texts: a grey that can be read on white and on black, because plotly.js does not follow JupyterLab's
 * theme.
 */
const inkOnAny = '#787f88';
const gridOnAny = 'rgba(120, 127, 136, 0.3)';

/**
 * Returns a figure in the project's look, without a background of its own. `traces` are its curves or flows, and
 * `layout` holds what this figure changes in the layout of all figures.
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
      hoverlabel: { bgcolor: inks.strong.light, font: { color: '#ffffff' } },
      width: plotWidth + 120,
      height: 380,
      margin: { l: 56, r: 24, t: 84, b: 48 },
      ...layout,
    },
  };
}

/** Returns an axis of a figure; `format` is d3's notation for its numbers. */
export const plotlyAxis = (title: string, format?: string): object => ({
  title: { text: title },
  gridcolor: gridOnAny,
  zeroline: false,
  spikecolor: gridOnAny, // the line at the step under the mouse
  spikethickness: 1,
  ...(format && { tickformat: format }),
});
