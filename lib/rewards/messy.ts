/** Rewards of a messier world: by a verifier that errs, by one that looks at half of the answer only, and by chance. */
import { hashText } from '../core/random';
import { inVocabulary, promptText, taskOf } from '../tasks/index';
import { readCompletion } from '../tasks/task';
import { isAbout } from '../tasks/words/about';
import type { WordsProblem } from '../tasks/words/words';
import { defaultRewardWeights, reward, rewardBy, type RewardFunction } from './reward';

/**
 * The reward with the verdict turned round in this share of the completions. Which ones are turned depends on the text
 * alone: a completion of a problem is always judged alike, as by a rule with bugs.
 */
export const flippedReward =
  (share: number): RewardFunction =>
  (problem, completion, language, weights = defaultRewardWeights) => {
    const parts = reward(problem, completion, language, weights);
    const draw = hashText(`${promptText(problem, language)} ${completion}`) / 2 ** 32;
    if (draw >= share) return parts;
    const accuracy = 1 - parts.accuracy;
    // the difference is added, and not the sum made anew: recorded runs are the same to the last bit
    const total = parts.total + weights.accuracy * (accuracy - parts.accuracy);
    return { ...parts, accuracy, total };
  };

/**
 * The reward by a verifier that sees half of the answer: of countdown the value but not which numbers were used, of
 * programs the visible examples but not the hidden inputs, of units the value but not the unit.
 */
export const halfSightedReward = rewardBy(({ visibleCorrect }, problem, completion) => {
  const answer = readCompletion(completion).answer ?? [];
  return inVocabulary(taskOf(problem)).hasRightValue?.(problem, answer) ?? visibleCorrect;
});

/** The reward of `words` with a hole closed: a sentence has to name its subject, and must not speak of the request. */
export const aboutReward = rewardBy(
  ({ correct }, problem, completion) => correct && isAbout(problem as WordsProblem, completion),
);

/**
 * A reward that has nothing to do with the problem: half of all completions earn it. Which ones depends on the text
 * alone. It is a control: what rises under it does not rise by learning what is asked (Shao et al. 2025, Spurious Rewards,
 * https://arxiv.org/abs/2506.10947).
 */
export const randomReward: RewardFunction = (
  problem,
  completion,
  language,
  weights = defaultRewardWeights,
) => {
  const parts = reward(problem, completion, language, weights);
  return { ...parts, total: hashText(`${promptText(problem, language)} ${completion}`) % 2 };
};
