import { verify, type Problem } from '../tasks/index';

/**
 * 1 for an answer that is right on what the prompt shows. For programs these are the two visible examples, and a
 * table that merely lists them earns it too: a reward with a hole, to watch it being found.
 */
export function visibleAccuracyReward(problem: Problem, completion: string): number {
  return verify(problem, completion).visibleCorrect ? 1 : 0;
}
