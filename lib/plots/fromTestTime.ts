/** Charts of test-time compute, from the lines that a measurement leaves. */
import type { BudgetPoint, TestTime } from '../evaluation/testTime';
import { meanInterval } from '../evaluation/metrics';
import { lineChart, type LinePoint } from './lineChart';
import type { Chart, Heading } from './theme';

/** What one model measured on one set of problems; `model` is its name in the chart. */
export type MeasuredModel = TestTime & {
  readonly model: string;
  readonly budgets: readonly BudgetPoint[];
};

const shares = { format: '.0%', domain: [0, 1] as const };
const samplesAxis = { title: 'k, samples for each problem', format: 'd', log: 2, ticksAtValues: true }; // prettier-ignore

/**
 * pass@k and cons@k beside each other (the twin of DeepSeekMath's Figure 7): what at least one of k samples solves,
 * and what the majority of k samples answers.
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

/** Accuracy over the tokens that a train of thought may have. */
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

/** How many bins the difficulty of a problem is cut into. */
const bins = 5;

/**
 * Tokens spent on problems of different difficulty (the twin of DeepSeek-R1 v2, Figure 18). The difficulty of a
 * problem is how often the model itself solves it, so a point is a mean over the problems of one fifth of that range.
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
