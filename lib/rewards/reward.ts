/**
 * The reward of a completion. The verifier looks at the completion once; every part of the reward is computed from its
 * verdict. Each part is a number between 0 and 1, and the total is their weighted sum (DeepSeek-R1, section 2.2).
 */
import { languageConsistency } from '../tasks/diagnose';
import { verify, type Problem, type Verdict } from '../tasks/index';
import type { Language } from '../tokenizer/vocabulary';

/** How much each part of the reward counts. A part with weight 0 stays in the records and out of the total. */
export interface RewardWeights {
  readonly accuracy: number;
  readonly format: number;
  readonly language: number;
  /** of the score of a model that judges, for the tasks that it judges; default 0 */
  readonly preference?: number;
}

/** The parts before weighting, and their weighted sum. */
export interface RewardBreakdown {
  /** 1 for a right answer, else 0; how the answer was found is not looked at */
  readonly accuracy: number;
  /** 1 for exactly `<think> … </think> <answer> … </answer> <eos>` with nothing empty, right or wrong; else 0 */
  readonly format: number;
  /** the share of the words that are in the language of the prompt (DeepSeek-R1, section 3) */
  readonly language: number;
  /** the score of a reward model or of another model that judges, where there is one */
  readonly preference?: number;
  readonly total: number;
}

/** A function that rewards a completion; experiments replace `reward` by another one of this type. */
export type RewardFunction = (
  problem: Problem,
  completion: string,
  language: Language,
  weights?: RewardWeights,
) => RewardBreakdown;

/**
 * The weights of R1-Zero. The paper adds accuracy and format with equal weights; here a format worth more than .3
 * drowns the accuracy in the first steps, and .1 teaches it just as well.
 */
export const defaultRewardWeights: RewardWeights = { accuracy: 1, format: 0.1, language: 0 };

/** Rewards a completion by the rules: `total = wA accuracy + wF format + wL language`. */
export function reward(
  problem: Problem,
  completion: string,
  language: Language,
  weights: RewardWeights = defaultRewardWeights,
): RewardBreakdown {
  const verdict = verify(problem, completion);
  const accuracy = verdict.correct ? 1 : 0;
  return rewardOf({ verdict, accuracy, completion, language }, weights);
}

/**
 * Rewards an answer that is right on what the prompt shows. For programs these are the two visible examples, and a
 * table that merely lists them earns the reward too: it is a reward with a hole, to watch how the hole is found.
 */
export const visibleReward = rewardBy(({ visibleCorrect }) => visibleCorrect);

/** A reward by the rules, whose accuracy is what `judge` says in place of the verdict's `correct`. */
export function rewardBy(
  judge: (verdict: Verdict, problem: Problem, completion: string) => boolean,
): RewardFunction {
  return (problem, completion, language, weights = defaultRewardWeights) => {
    const verdict = verify(problem, completion);
    const accuracy = judge(verdict, problem, completion) ? 1 : 0;
    return rewardOf({ verdict, accuracy, completion, language }, weights);
  };
}

/** What the reward of a completion is computed from. `accuracy` is given by whoever judges. */
export interface JudgedCompletion {
  readonly verdict: Verdict;
  readonly accuracy: number;
  readonly completion: string;
  readonly language: Language;
}

/** The reward of a completion whose verdict and accuracy are known already. */
export function rewardOf(
  { verdict, accuracy, completion, language: asked }: JudgedCompletion,
  weights: RewardWeights,
): RewardBreakdown {
  const format = verdict.format ? 1 : 0;
  const language = languageConsistency(completion, asked);
  const total = weights.accuracy * accuracy + weights.format * format + weights.language * language;
  return { accuracy, format, language, total };
}

/** Adds the score of a model that judges to a reward: `total + wP score`. */
export function addPreference(
  parts: RewardBreakdown,
  score: number,
  { preference = 0 }: RewardWeights,
): RewardBreakdown {
  return { ...parts, preference: score, total: parts.total + preference * score };
}
