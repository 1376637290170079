import type { Rollout } from '../sampling/sampler';
import { verify } from '../tasks/index';
import type { ProblemSet } from './evaluate';
import { meanInterval, passAtK, type Interval } from './metrics';

/** pass@k with its 95 % interval over problems. */
export interface PassAtK {
  readonly k: number;
  readonly passAtK: number;
  readonly interval: Interval;
}

/** The unbiased pass@k for each k, from the same completions: as many for each problem as the largest k or more. */
export function passAtKCurve(
  { problems }: ProblemSet,
  rollouts: readonly (readonly Rollout[])[],
  ks: readonly number[],
): PassAtK[] {
  const rightOnes = problems.map(
    (problem, i) => rollouts[i]!.filter(({ text }) => verify(problem, text).correct).length,
  );
  return ks.map((k) => {
    const perProblem = rightOnes.map((c, i) => passAtK(rollouts[i]!.length, c, k));
    const { mean, interval } = meanInterval(perProblem);
    return { k, passAtK: mean, interval: [Math.max(0, interval[0]), Math.min(1, interval[1])] };
  });
}
