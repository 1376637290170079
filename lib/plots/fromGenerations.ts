/** Charts of the virtuous cycle and of data sets of different size. */
import type { ComparisonRow } from './comparison';
import { lineChart, type LinePoint } from './lineChart';
import type { Chart, Heading } from './theme';

/** What one model measured: a point at `x` of each task's curve. */
export interface MeasuredAt {
  readonly series: string;
  /** a generation, or a number of traces */
  readonly x: number;
  readonly rows: readonly ComparisonRow[];
}

/** pass@1 over generations, a panel for each task and level that is asked for. */
export function generationsChart(
  heading: Heading,
  measured: readonly MeasuredAt[],
  tasks: readonly string[],
): Chart {
  const x = { title: 'generation', format: 'd', ticksAtValues: true };
  return lineChart(
    heading,
    { x, y: { title: 'pass@1', format: '.0%' } },
    pointsOf(measured, tasks),
  );
}

/** pass@1 over the number of traces that a student learned from, on a logarithmic scale. */
export function tracesChart(
  heading: Heading,
  measured: readonly MeasuredAt[],
  tasks: readonly string[],
): Chart {
  const x = { title: 'traces', format: ',d', log: 10, ticksAtValues: true };
  return lineChart(
    heading,
    { x, y: { title: 'pass@1', format: '.0%' } },
    pointsOf(measured, tasks),
  );
}

function pointsOf(measured: readonly MeasuredAt[], tasks: readonly string[]): LinePoint[] {
  return tasks.flatMap((panel) =>
    measured.flatMap(({ series, x, rows }) =>
      rows
        .filter(({ task }) => task === panel)
        .map(({ value, low, high }) => ({ series, panel, x, y: value, low, high })),
    ),
  );
}
