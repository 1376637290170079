/** The numbers of an evaluation, from simple to composed. All functions are pure. */
import { mean } from '../core/statistics';

/** `[low, high]`, where the true value lies with 95 % confidence. */
export type Interval = readonly [low: number, high: number];

export interface Estimate {
  readonly mean: number;
  readonly interval: Interval;
}

/** The two-sided 95 % point of the normal distribution. */
const z = 1.959964;

/**
 * The chance that at least one of k answers is right, estimated from n answers of which c are right:
 * `1 - C(n - c, k) / C(n, k)`, as a product that cannot overflow. Unbiased (Chen et al. 2021, arXiv:2107.03374).
 */
export function passAtK(n: number, c: number, k: number): number {
  if (n - c < k) return 1;
  let allWrong = 1;
  for (let i = n - c + 1; i <= n; i++) allWrong *= 1 - k / i;
  return 1 - allWrong;
}

/**
 * The majority vote: the place of the first answer with the most votes, or -1 when nobody answered. Answers vote by
 * their canonical text; null abstains; of equally frequent answers the one that came first wins.
 */
export function consAtK(canonicalAnswers: readonly (string | null)[]): number {
  const votes = new Map<string, number>();
  for (const answer of canonicalAnswers) {
    if (answer !== null) votes.set(answer, (votes.get(answer) ?? 0) + 1);
  }
  let winner: string | null = null;
  // A Map keeps the order of first appearance, and only more votes replace the winner.
  for (const [answer, n] of votes) {
    if (winner === null || n > votes.get(winner)!) winner = answer;
  }
  return winner === null ? -1 : canonicalAnswers.indexOf(winner);
}

/** The mean with a normal interval. The values have to be independent: one for each problem, not one for each answer. */
export function meanInterval(values: readonly number[]): Estimate {
  const n = values.length;
  const middle = mean(values);
  const squares = values.reduce((sum, v) => sum + (v - middle) ** 2, 0);
  const half = n > 1 ? z * Math.sqrt(squares / (n - 1) / n) : Infinity;
  return { mean: middle, interval: [middle - half, middle + half] };
}

/** The two-sided 95 % points of Student's t distribution with 1, 2, … degrees of freedom. */
const t95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/** The mean over a few runs that differ in their seed (2 to 10), with Student's interval. */
export function seedInterval(values: readonly number[]): Estimate {
  const { mean, interval } = meanInterval(values);
  const half = ((interval[1] - mean) * t95[values.length - 2]!) / z;
  return { mean, interval: [mean - half, mean + half] };
}

/** Wilson's interval of a share, given the successes in n independent trials; n need not be whole. */
export function wilsonInterval(successes: number, n: number): Interval {
  const share = successes / n;
  const centre = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half =
    (z / (1 + z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** Hits and total of one problem, over all its answers. */
export interface ProblemCount {
  readonly hits: number;
  readonly total: number;
}

/**
 * A share pooled over problems, `sum(hits) / sum(total)`, or null when there is nothing to count.
 *
 * Answers to one problem resemble each other, so they count for less than as many independent ones. The spread
 * between problems says for how many (`n = p (1 - p) / se^2`, se of the ratio estimator), and Wilson's interval at
 * that n never leaves 0..1 and needs no random numbers, as a bootstrap would. Where there is no spread, at 0, at 1
 * and with one problem, each problem counts once.
 */
export function shareInterval(problems: readonly ProblemCount[]): Estimate | null {
  const counted = problems.filter(({ total }) => total > 0);
  const n = counted.length;
  if (n === 0) return null;
  const total = counted.reduce((sum, p) => sum + p.total, 0);
  const share = counted.reduce((sum, p) => sum + p.hits, 0) / total;
  const squares = counted.reduce((sum, p) => sum + (p.hits - share * p.total) ** 2, 0);
  const variance = ((n / (n - 1)) * squares) / total ** 2;
  const spread = n > 1 && share > 0 && share < 1;
  const trials = spread ? Math.min(total, (share * (1 - share)) / variance) : n;
  return { mean: share, interval: wilsonInterval(share * trials, trials) };
}
