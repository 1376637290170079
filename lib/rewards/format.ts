import { verify, type Problem } from '../tasks/index';

/** 1 for exactly `<think> … </think> <answer> … </answer> <eos>` with nothing empty, right or wrong; else 0. */
export function formatReward(problem: Problem, completion: string): number {
  return verify(problem, completion).format ? 1 : 0;
}
