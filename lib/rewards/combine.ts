import type { Problem } from '../tasks/index';
import type { Language } from '../tokenizer/vocabulary';
import { accuracyReward } from './accuracy';
import { formatReward } from './format';
import { languageReward } from './languageConsistency';
import { visibleAccuracyReward } from './visibleAccuracy';

/** What a part of the reward counts. A weight of 0 leaves the part in the records and out of the total. */
export interface RewardWeights {
  readonly accuracy: number;
  readonly format: number;
  readonly language: number;
  /** of the reward model's score, for the tasks that it judges; default 0 */
  readonly preference?: number;
}

/** The parts as they are before weighting, and their weighted sum. */
export interface RewardBreakdown {
  readonly accuracy: number;
  readonly format: number;
  readonly language: number;
  /** the reward model's score, where there is one */
  readonly preference?: number;
  readonly total: number;
}

/**
 * The weights of R1-Zero. The paper adds accuracy and format with equal weights; here a format worth more than .3
 * drowns the accuracy in the first steps, and .1 teaches it just as well.
 */
export const defaultRewardWeights: RewardWeights = { accuracy: 1, format: 0.1, language: 0 };

/** The reward of a completion: `total = wA accuracy + wF format + wL language`. */
export function reward(
  problem: Problem,
  completion: string,
  language: Language,
  weights: RewardWeights = defaultRewardWeights,
): RewardBreakdown {
  const accuracy = accuracyReward(problem, completion);
  return combine(problem, completion, language, weights, accuracy);
}

/** The same with the visible tests alone in place of the accuracy: the reward that can be hacked. */
export function visibleReward(
  problem: Problem,
  completion: string,
  language: Language,
  weights: RewardWeights = defaultRewardWeights,
): RewardBreakdown {
  const accuracy = visibleAccuracyReward(problem, completion);
  return combine(problem, completion, language, weights, accuracy);
}

function combine(
  problem: Problem,
  completion: string,
  languageAsked: Language,
  weights: RewardWeights,
  accuracy: number,
): RewardBreakdown {
  const format = formatReward(problem, completion);
  const language = languageReward(problem, completion, languageAsked);
  const total = weights.accuracy * accuracy + weights.format * format + weights.language * language;
  return { accuracy, format, language, total };
}

/** The same with the reward model's score added: `total + wP score`. */
export function addPreference(
  parts: RewardBreakdown,
  score: number,
  { preference = 0 }: RewardWeights,
): RewardBreakdown {
  return { ...parts, preference: score, total: parts.total + preference * score };
}
