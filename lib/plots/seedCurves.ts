/** Training runs that differ in their seed alone. */
import type { Row } from '../core/csv';
import { curveOf } from './fromRun';
import { lineChart } from './lineChart';
import { plotlyAxis, plotlyFigure } from './plotly';
import { colorsOf, type Chart, type Heading } from './theme';

/**
 * Draws a column of `metrics.csv` over the steps of several runs, with a line for each run; each point is the mean of
 * five steps. `runs` holds the rows of each run by the name of its line, for example `seed 0`. `format` is d3's
 * notation for the values, `.0%` for shares. In JupyterLab the values of a step appear under the mouse, and a click on
 * a name in the legend hides its line.
 */
export function seedCurves(
  heading: Heading,
  runs: Readonly<Record<string, readonly Row[]>>,
  column: string,
  format = '.3~r',
): Chart {
  const points = Object.entries(runs).flatMap(([name, rows]) => curveOf(rows, column, name));
  const names = Object.keys(runs);
  const colors = colorsOf(names);
  const traces = names.map((name, i) => {
    const own = points.filter(({ task }) => task === name);
    return {
      type: 'scatter',
      mode: 'lines',
      name,
      x: own.map(({ step }) => step),
      y: own.map(({ value }) => Number(value.toPrecision(4))),
      line: { color: colors[i], width: 2 },
    };
  });
  const axes = { xaxis: plotlyAxis('step'), yaxis: plotlyAxis('', format) };
  const line = lineChart(
    heading,
    { x: { title: 'step' }, y: { title: '', format } },
    points.map(({ task, step, value }) => ({ series: task, x: step, y: value })),
  );
  return { ...line, plotly: plotlyFigure(heading, traces, { ...axes, hovermode: 'x unified' }) };
}
