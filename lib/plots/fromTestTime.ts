/** Charts of test-time compute, from the lines that its measurement records. */
import type { BudgetPoint, TestTime } from '../evaluation/testTime';
import { meanInterval } from '../evaluation/metrics';
import { lineChart, type LinePoint } from './lineChart';
import type { Chart, Heading } from './theme';

/** The measurement of one model on one set of problems; `model` is its name in the chart. */
export type MeasuredModel = TestTime & {
  readonly model: string;
  readonly budgets: readonly BudgetPoint[];
};

const shares = { format: '.0%', domain: [0, 1] as const };
const samplesAxis = { title: 'k, samples for each problem', format: 'd', log: 2, ticksAtValues: true }; // prettier-ignore

/**
 * Draws pass@k, the share of problems that at least one of k samples solves, beside cons@k, the share that the majority
 * of k samples answers. DeepSeekMath's Figure 7 is its twin.
 */
export function votesChart(heading: Heading, lines: readonly MeasuredModel[]): Chart {
  const points = lines.flatMap(({ model, votes }) =>
    votes.flatMap((v): LinePoint[] => [
      { series: model, panel: 'pass@k: one of k is right', x: v.k, y: v.passAtK, low: v.passInterval[0], high: v.passInterval[1] }, // prettier-ignore
      { series: model, panel: 'cons@k: the majority is right', x: v.k, y: v.consAtK, low: v.consInterval[0], high: v.consInterval[1] }, // prettier-ignore
    ]),
  );
  const ordered = ['pass', 'cons'].flatMap((w) => points.filter((p) => p.panel!.startsWith(w)));
  return lineChart(heading, { x: samplesAxis, y: { title: 'problems', ...shares } }, ordered);
}

/** Draws pass@1 over the number of tokens that a train of thought may have. */
export function budgetChart(heading: Heading, lines: readonly MeasuredModel[]): Chart {
  const points = lines.flatMap(({ model, budgets }) =>
    budgets.map(({ budget, passAt1, interval: [low, high] }): LinePoint => ({
      series: model,
      x: budget,
      y: passAt1,
      low,
      high,
    })),
  );
  const x = { title: 'tokens before the answer has to begin', ticksAtValues: true };
  return lineChart(heading, { x, y: { title: 'pass@1', format: '.0%' } }, points);
}

/** The number of bins into which problems are sorted by their difficulty. */
const bins = 5;

/**
 * Draws the tokens that a model spends on problems of different difficulty. The difficulty of a problem is the share of
 * right answers that the model itself gives, and a point is the mean over the problems of one fifth of that range. The
 * paper's figure is its twin (DeepSeek-R1, v2 Figure 18).
 */
export function difficultyChart(heading: Heading, lines: readonly MeasuredModel[]): Chart {
  const points = lines.flatMap(({ model, right, lengths, samples }) =>
    Array.from({ length: bins }, (_, bin): LinePoint[] => {
      const own = lengths.filter(
        (_, i) => Math.min(bins - 1, Math.floor((bins * right[i]!) / samples)) === bin,
      );
      if (own.length < 2) return [];
      const { mean, interval } = meanInterval(own);
      const x = (bin + 0.5) / bins;
      return [{ series: model, x, y: mean, low: interval[0], high: interval[1] }];
    }).flat(),
  );
  const x = { title: 'right answers to the problem', format: '.0%', domain: [0, 1] as const };
  return lineChart(heading, { x, y: { title: 'tokens in a completion' } }, points);
}
