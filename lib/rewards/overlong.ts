/** A reward that answers near the cap are punished for (DAPO, section 3.4, https://arxiv.org/abs/2503.14476). */
import { reward, type RewardFunction } from './reward';

/** Tokens before the cap over which the punishment grows. */
const punishedTokens = 30;

/**
 * DAPO's soft punishment of length, in units of reward: 0 up to `cap - buffer` tokens, then down in a straight line to
 * -1 at the cap (equation 13).
 */
export function overlongPunishment(length: number, cap: number, buffer: number): number {
  return -Math.min(1, Math.max(0, (length - (cap - buffer)) / buffer));
}

/** The reward by the rules, with the punishment of completions whose length is near `cap` tokens. */
export const punishingLength =
  (cap: number): RewardFunction =>
  (problem, completion, language, weights) => {
    const parts = reward(problem, completion, language, weights);
    const length = completion.split(' ').length;
    return { ...parts, total: parts.total + overlongPunishment(length, cap, punishedTokens) };
  };
