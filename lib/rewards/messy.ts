/** Verifiers of a messier world: one that errs, and one that only looks at half of the answer. */
import { hashText } from '../core/random';
import { promptText, verify, type Problem } from '../tasks/index';
import { calculate } from '../tasks/arithmetic';
import { readCompletion } from '../tasks/task';
import { operators, valueOf } from '../tokenizer/vocabulary';
import { defaultRewardWeights, reward, type RewardBreakdown } from './combine';

type Reward = typeof reward;

/** Replaces the accuracy in a reward. */
function withAccuracy(parts: RewardBreakdown, accuracy: number, weight: number): RewardBreakdown {
  return { ...parts, accuracy, total: parts.total + weight * (accuracy - parts.accuracy) };
}

/**
 * The verdict turned round in this share of the completions. Which ones depends on the text alone: the same completion
 * of the same problem is always judged the same, as by a rule with bugs.
 */
export const flippedReward =
  (share: number): Reward =>
  (problem, completion, language, weights = defaultRewardWeights) => {
    const parts = reward(problem, completion, language, weights);
    const draw = hashText(`${promptText(problem, language)} ${completion}`) / 2 ** 32;
    const accuracy = draw < share ? 1 - parts.accuracy : parts.accuracy;
    return withAccuracy(parts, accuracy, weights.accuracy);
  };

/**
 * A verifier that sees half of the answer: of countdown the value but not which numbers were used, of programs the
 * visible examples but not the hidden inputs, of units the value but not the unit.
 */
export const halfSightedReward: Reward = (
  problem,
  completion,
  language,
  weights = defaultRewardWeights,
) => {
  const parts = reward(problem, completion, language, weights);
  return withAccuracy(parts, Number(looksRight(problem, completion)), weights.accuracy);
};

function looksRight(problem: Problem, completion: string): boolean {
  const answer = readCompletion(completion).answer ?? [];
  if (problem.task === 'countdown') return chainValue(answer) === problem.target;
  if (problem.task === 'units')
    return valueOf(answer[0]) === (problem.level === 1 ? problem.end : problem.time);
  return verify(problem, completion).visibleCorrect;
}

/** The value of `3 * 7 + 5`, from left to right; null for what is no chain. */
function chainValue(tokens: readonly string[]): number | null {
  let value = valueOf(tokens[0]);
  for (let i = 1; i < tokens.length; i += 2) {
    const operator = operators.find((o) => o === tokens[i]);
    const operand = valueOf(tokens[i + 1]);
    if (value === null || !operator || operand === null) return null;
    value = calculate(value, operator, operand);
  }
  return value;
}
