import { verify, type Problem } from '../tasks/index';

/** 1 for a right answer, else 0. Only the verifier decides: how the answer was found is not looked at. */
export function accuracyReward(problem: Problem, completion: string): number {
  return verify(problem, completion).correct ? 1 : 0;
}
