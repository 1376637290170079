/** Charts of the virtuous cycle, and of students that learned from data sets of different size. */
import type { ComparisonRow } from './comparison';
import { lineChart, type LinePoint } from './lineChart';
import type { Chart, Heading } from './theme';

/** The measurements of one model, which are the points at `x` of the curves of all tasks. */
export interface MeasuredAt {
  readonly series: string;
  /** the number of the generation, or of the traces that the model learned from */
  readonly x: number;
  readonly rows: readonly ComparisonRow[];
}

/** Draws pass@1 over the generations, in a panel for each of `tasks`, which are names such as `countdown 3`. */
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

/**
 * Draws pass@1 over the number of traces that a student learned from, on a logarithmic scale, in a panel for each of
 * `tasks`.
 */
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
