/** Charts of a run, from the rows of its `metrics.csv`: the same while it runs and when it is replayed. */
import type { Row } from '../core/csv';
import { lossCurve, type LossPoint } from './lossCurve';
import type { Chart, Heading } from './theme';
import { trainingCurves, type StepPoint, type StepPanel } from './trainingCurves';

const number = (row: Row, key: string): number | null => {
  const value = row[key];
  return typeof value === 'number' ? value : null;
};

/** Every n-th row, so that about `most` remain, and the last one. */
function thinned<T>(rows: readonly T[], most: number): T[] {
  const every = Math.max(1, Math.ceil(rows.length / most));
  return rows.filter((_, i) => i % every === 0 || i === rows.length - 1);
}

/** Mean of a column over a window of rows that ends at row i. */
function smoothed(rows: readonly Row[], key: string, i: number, window: number): number {
  const values = rows
    .slice(Math.max(0, i - window + 1), i + 1)
    .map((row) => number(row, key))
    .filter((v): v is number => v !== null);
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

/** Next-token training: the loss, a mean of the last `window` steps, over the tokens read. */
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

/** The tasks that the rows of `metrics.csv` tell of, but for general prompts, which have no right answers. */
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

/** A column over the steps, each point a mean of five; steps without a value are left out. */
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
 * One language or several, and what that costs: language consistency and accuracy of two tasks over the steps, a curve
 * for each run. The twin of the paper's ablation (DeepSeek-R1, Figure 7).
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
 * What happens when a reward model is all there is: its score goes up, and what it stands for goes down. The twin of
 * the paper's figure on reward hacking (DeepSeek-R1, Figure 6), with the distance from the start.
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

/** Programs rewarded for the visible tests and, beside them, for the hidden ones: who learns to program? */
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
 * R1-Zero: accuracy, length and waits of each task's rollouts, and the policy's entropy, over the steps; each a mean of
 * the last five, because a step has few problems of each task.
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
