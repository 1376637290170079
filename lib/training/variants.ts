/**
 * The ladder of policy-gradient losses. They share the clipped objective of `grpoLoss` and differ in two small
 * functions: how rewards become advantages, and how much a token counts.
 */
import { deviation, mean } from '../core/statistics';

/** Rewards of each group -> an advantage for every completion. */
export type Estimator = (groups: readonly (readonly number[])[]) => number[][];

/** Lengths of the completions of an update -> the weight of each token of every completion. */
export type TokenWeights = (lengths: readonly number[]) => number[];

export interface Variant {
  readonly advantages: Estimator;
  readonly tokenWeights: TokenWeights;
}

/** Added to a standard deviation, so that equal rewards divide by something. */
export const advantageEpsilon = 1e-4;

/** `A = (r - mean(r)) / (std(r) + epsilon)` within one group (DeepSeek-R1, equation 3). */
export function groupAdvantages(rewards: readonly number[], epsilon = advantageEpsilon): number[] {
  const [m, s] = [mean(rewards), deviation(rewards)];
  return rewards.map((r) => (r - m) / (s + epsilon));
}

/** GRPO: each group by itself, mean 0 and standard deviation 1. */
export const normalisedByGroup: Estimator = (groups) => groups.map((g) => groupAdvantages(g));

/**
 * Dr. GRPO: only the mean is taken out. Dividing by the deviation gives groups that are nearly all right or nearly
 * all wrong too much weight (https://arxiv.org/abs/2503.20783).
 */
export const centredByGroup: Estimator = (groups) =>
  groups.map((g) => g.map((reward) => reward - mean(g)));

/** RLOO: against the mean of the *other* completions, which makes the estimate unbiased (https://arxiv.org/abs/2402.14740). */
export const leaveOneOut: Estimator = (groups) =>
  groups.map((g) => {
    const sum = mean(g) * g.length;
    return g.map((reward) => reward - (sum - reward) / (g.length - 1));
  });

/** REINFORCE++: mean 0 and deviation 1 over the whole batch, groups or not (https://arxiv.org/abs/2501.03262). */
export const normalisedByBatch: Estimator = (groups) => {
  const all = groups.flat();
  const [m, s] = [mean(all), deviation(all)];
  return groups.map((g) => g.map((reward) => (reward - m) / (s + advantageEpsilon)));
};

/** Every token counts the same: a mean over all tokens of the update (DAPO, https://arxiv.org/abs/2503.14476). */
export const meanOverTokens: TokenWeights = (lengths) => {
  const tokens = lengths.reduce((sum, n) => sum + n, 0);
  return lengths.map(() => 1 / tokens);
};

/** Every completion counts the same, so a token of a long one counts less: GRPO as published. */
export const meanOverCompletions: TokenWeights = (lengths) =>
  lengths.map((length) => 1 / (length * lengths.length));

/** Dr. GRPO: sums over tokens, divided by one constant length for all. */
export const sumOverTokens =
  (constantLength: number): TokenWeights =>
  (lengths) =>
    lengths.map(() => 1 / (constantLength * lengths.length));

/** What this workbook trains with: GRPO's advantages, and a mean over tokens. */
export const workbookVariant: Variant = {
  advantages: normalisedByGroup,
  tokenWeights: meanOverTokens,
};
