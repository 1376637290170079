import type { Evaluation } from '../evaluation/score';
import { setName } from '../evaluation/setName';
import { colorScale, distinct, inlineTable, ink, styled, type Chart, type Heading } from './theme';
import { written } from './written';

export interface ComparisonRow {
  /** the name of what is compared: a stage, or a stage with one thing changed */
  arm: string;
  task: string;
  value: number;
  /** ends of the 95 % interval */
  low: number;
  high: number;
}

/** Returns the pass@1 of one arm as rows of a comparison, one for each of its evaluations. */
export function accuracyRows(arm: string, evaluations: readonly Evaluation[]): ComparisonRow[] {
  return evaluations.map((evaluation) => {
    const [low, high] = evaluation.passAt1Interval;
    return { arm, task: setName(evaluation), value: evaluation.passAt1, low, high };
  });
}

const totalWidth = 480;

/**
 * Draws a column for each task, and in it a dot with its interval for each arm. `format` is d3's notation for the
 * numbers.
 */
export function comparison(
  heading: Heading,
  rows: readonly ComparisonRow[],
  format = '.0%',
): Chart {
  const arms = distinct(rows.map((row) => row.arm));
  const tasks = distinct(rows.map((row) => row.task)).sort();
  const family = (task: string): string => task.split(' ')[0]!; // `countdown 3` has countdown's colour
  const range = colorScale(tasks.map(family)).range;
  const x = (field: string): object => ({
    field,
    type: 'quantitative',
    title: null,
    axis: { format, tickCount: 3, grid: true, labelFlush: true }, // the columns stand so close that numbers at their edges would touch
    scale: { zero: true },
  });
  const interval = {
    mark: { type: 'rule', strokeWidth: 2.5 },
    encoding: { x: x('low'), x2: { field: 'high' } },
  };
  const dot = {
    mark: { type: 'point', size: 60, opacity: 1 },
    encoding: {
      x: x('value'),
      tooltip: [
        { field: 'arm', type: 'nominal' },
        { field: 'task', type: 'nominal' },
        ...['value', 'low', 'high'].map((field) => ({ field, type: 'quantitative', format })),
      ],
    },
  };
  return {
    spec: styled(heading, {
      data: inlineTable(rows),
      spacing: 24,
      facet: { column: { field: 'task', type: 'nominal', sort: tasks } },
      spec: {
        width: totalWidth / tasks.length,
        height: { step: 26 },
        encoding: {
          y: {
            field: 'arm',
            type: 'nominal',
            sort: arms,
            title: null,
            axis: { grid: true, labelColor: ink.strong, labelFontSize: 12 },
          },
          color: { field: 'task', type: 'nominal', scale: { domain: tasks, range }, legend: null },
        },
        layer: [interval, dot],
      },
    }),
    alt: `${heading.title}. ${rows.map((row) => describe(row, format)).join('; ')}.`,
  };
}

function describe({ arm, task, value, low, high }: ComparisonRow, format: string): string {
  const write = (x: number): string => written(x, format);
  return `${arm}, ${task}: ${write(value)} (${write(low)} to ${write(high)})`;
}
