/** Charts of a run from the rows of its `metrics.csv`, which are the same while it runs and when it is replayed. */
import type { Row } from '../core/csv';
import { mean } from '../core/statistics';
import { lossCurve, type LossPoint } from './lossCurve';
import type { Chart, Heading } from './theme';
import { trainingCurves, type StepPoint, type StepPanel } from './trainingCurves';

const number = (row: Row, key: string): number | null => {
  const value = row[key];
  return typeof value === 'number' ? value : null;
};

/** Keeps every n-th row, so that about `most` remain, and the last row. */
function thinned<T>(rows: readonly T[], most: number): T[] {
  const every = Math.max(1, Math.ceil(rows.length / most));
  return rows.filter((_, i) => i % every === 0 || i === rows.length - 1);
}

/** Returns the mean of a column over the `window` rows that end with row i; rows without a value do not count. */
export function smoothed(rows: readonly Row[], key: string, i: number, window: number): number {
  const values = rows
    .slice(Math.max(0, i - window + 1), i + 1)
    .map((row) => number(row, key))
    .filter((v): v is number => v !== null);
  return mean(values);
}

/** Draws the loss of pre-training over the tokens read, in nats per token; each point is the mean of `window` steps. */
export function baseChart(heading: Heading, rows: readonly Row[], window = 50): Chart {
  const places = thinned(
    rows.map((_, i) => i),
    250,
  );
  const points = places.map((i): LossPoint => ({
    series: 'training',
    tokens: number(rows[i]!, 'tokens')!,
    loss: smoothed(rows, 'loss/policy', i, window),
  }));
  return lossCurve(heading, points);
}

/** Returns the tasks that have columns in these rows. General prompts have no right answers and do not count. */
const tasksIn = (rows: readonly Row[]): string[] => {
  const names = rows.flatMap((row) =>
    Object.keys(row).map((key) => /^(.+)\/waits$/.exec(key)?.[1]),
  );
  return [...new Set(names)].filter((name) => name !== undefined && name !== 'general') as string[];
};

const panels: readonly { title: string; key: string; format?: string }[] = [
  { title: 'right answers', key: 'accuracy', format: '.0%' },
  { title: 'tokens in a completion', key: 'length' },
  { title: 'waits in a completion', key: 'waits' },
];

/**
 * Returns a column over the steps as the curve `name`: each point is the mean of five steps, and steps without a value
 * are left out.
 */
export function curveOf(rows: readonly Row[], key: string, name: string): StepPoint[] {
  const places = thinned(
    rows.map((_, i) => i),
    70,
  );
  return places
    .filter((i) => number(rows[i]!, key) !== null)
    .map((i) => ({
      step: number(rows[i]!, 'step')!,
      task: name,
      value: smoothed(rows, key, i, 5),
    }));
}

/**
 * Draws what a reward for one language does and what it costs: the consistency of the language and the accuracy of two
 * tasks over the steps, with a curve for each run. The paper's ablation is its twin (DeepSeek-R1, v2 Figure 7).
 */
export function languageChart(
  heading: Heading,
  runs: Readonly<Record<string, readonly Row[]>>,
): Chart {
  const panel = (task: string, key: string, title: string): StepPanel => ({
    title: `${task}: ${title}`,
    format: '.0%',
    points: Object.entries(runs).flatMap(([name, rows]) => curveOf(rows, `${task}/${key}`, name)),
  });
  const shown = ['countdown', 'programs'];
  return trainingCurves(heading, [
    ...shown.map((task) => panel(task, 'languageConsistency', 'words in the language asked')),
    ...shown.map((task) => panel(task, 'accuracy', 'right answers')),
  ]);
}

/**
 * Draws a run whose only reward is a reward model: its score goes up, and the right answers that it stands for go down.
 * The paper's figure on reward hacking is its twin (DeepSeek-R1, v2 Figure 6), without the distance from the start.
 */
export function proxyChart(heading: Heading, rows: readonly Row[]): Chart {
  const one = (key: string): StepPoint[] => curveOf(rows, key, 'all');
  return trainingCurves(heading, [
    { title: 'score of the reward model', points: one('reward/preference') },
    {
      title: 'right answers, which nobody asked for',
      format: '.0%',
      points: tasksIn(rows).flatMap((task) => curveOf(rows, `${task}/accuracy`, task)),
    },
    { title: 'distance from the start, KL in nats a token', points: one('policy/kl') },
    { title: 'entropy of the policy, nats', points: one('policy/entropy') },
  ]);
}

/** Compares runs that are paid for the visible tests of programs with runs that are paid for the hidden ones. */
export function visibleTestsChart(
  heading: Heading,
  runs: Readonly<Record<string, { metrics: readonly Row[]; evaluations: readonly Row[] }>>,
): Chart {
  const measured = (title: string, key: string, format?: string): StepPanel => ({
    title,
    format,
    points: Object.entries(runs).flatMap(([name, { evaluations }]) =>
      evaluations.map((row) => ({
        step: number(row, 'step')!,
        task: name,
        value: number(row, key)!,
      })),
    ),
  });
  const rewarded = Object.entries(runs).flatMap(([name, { metrics }]) =>
    curveOf(metrics, 'reward/accuracy', name),
  );
  return trainingCurves(heading, [
    { title: 'rewarded, of the rollouts', format: '.0%', points: rewarded },
    measured('right on the hidden inputs, held out', 'passAt1', '.0%'),
    measured('tables in place of programs', 'lookupTableRate', '.0%'),
    measured('tokens in a completion', 'meanLength'),
  ]);
}

/**
 * Draws a run of reinforcement learning: accuracy, length and waits of each task's rollouts, and the entropy of the
 * policy, over the steps. Each point is the mean of five steps, because a step has few problems of each task.
 */
export function rlChart(heading: Heading, rows: readonly Row[], lastStep: number): Chart {
  const curve = (key: string, name: string): StepPoint[] => curveOf(rows, key, name);
  const perTask = panels.map(({ title, key, format }): StepPanel => ({
    title,
    format,
    points: tasksIn(rows).flatMap((task) => curve(`${task}/${key}`, task)),
  }));
  const entropy: StepPanel = {
    title: 'entropy of the policy, nats',
    points: curve('policy/entropy', 'all'),
  };
  return trainingCurves(heading, [...perTask, entropy], lastStep);
}
