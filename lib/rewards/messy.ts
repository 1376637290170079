/** Rewards of a messier world: by a verifier that errs, and by one that looks at half of the answer only. */
import { hashText } from '../core/random';
import { promptText, taskOf, verify } from '../tasks/index';
import { readCompletion } from '../tasks/task';
import { defaultRewardWeights, reward, rewardOf } from './reward';
import type { RewardBreakdown, RewardFunction, RewardWeights } from './reward';

/** Replaces the accuracy in a reward. */
function withAccuracy(
  parts: RewardBreakdown,
  accuracy: number,
  weights: RewardWeights,
): RewardBreakdown {
  const total = parts.total + weights.accuracy * (accuracy - parts.accuracy);
  return { ...parts, accuracy, total };
}

/**
 * The reward with the verdict turned round in this share of the completions. Which ones are turned depends on the text
 * alone: a completion of a problem is always judged alike, as by a rule with bugs.
 */
export const flippedReward =
  (share: number): RewardFunction =>
  (problem, completion, language, weights = defaultRewardWeights) => {
    const parts = reward(problem, completion, language, weights);
    const draw = hashText(`${promptText(problem, language)} ${completion}`) / 2 ** 32;
    return draw < share ? withAccuracy(parts, 1 - parts.accuracy, weights) : parts;
  };

/**
 * The reward by a verifier that sees half of the answer: of countdown the value but not which numbers were used, of
 * programs the visible examples but not the hidden inputs, of units the value but not the unit.
 */
export const halfSightedReward: RewardFunction = (
  problem,
  completion,
  language,
  weights = defaultRewardWeights,
) => {
  const verdict = verify(problem, completion);
  const accuracy = verdict.correct ? 1 : 0;
  const parts = rewardOf({ verdict, accuracy, completion, language }, weights);
  const answer = readCompletion(completion).answer ?? [];
  const looksRight = taskOf(problem).hasRightValue?.(problem, answer) ?? verdict.visibleCorrect;
  return withAccuracy(parts, looksRight ? 1 : 0, weights);
};
