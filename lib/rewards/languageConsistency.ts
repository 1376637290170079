import type { Problem } from '../tasks/index';
import { languageConsistency } from '../tasks/diagnose';
import type { Language } from '../tokenizer/vocabulary';

/** The share of the words that are in the language of the prompt: the reward of R1's first reasoning RL stage. */
export function languageReward(_problem: Problem, completion: string, language: Language): number {
  return languageConsistency(completion, language);
}
