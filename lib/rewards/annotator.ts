/**
 * A simulated annotator: a person with known taste and known carelessness. Because the taste is known, so is the best
 * accuracy that any model of this person can reach.
 */
import { languageConsistency } from '../tasks/diagnose';
import { isGeneral, mannerOf } from '../tasks/general';
import { verify, type Problem } from '../tasks/index';
import { splitTokens } from '../tokenizer/tokenizer';
import type { Language } from '../tokenizer/vocabulary';

/** How much an answer is liked. General prompts: true facts and good manners. Others: being right, and being short. */
export function utility(problem: Problem, completion: string, language: Language): number {
  const { format, correct } = verify(problem, completion);
  const { length } = splitTokens(completion);
  const form = 0.5 * Number(format) + 1.5 * (languageConsistency(completion, language) - 1);
  if (!isGeneral(problem)) return form + 2 * Number(correct) - 0.01 * length;
  const { facts, rightFacts, greets, thanks } = mannerOf(problem, completion);
  const truth = facts === 0 ? 0 : rightFacts / facts;
  return form + truth + Number(greets) + 0.7 * Number(thanks) - 0.08 * length;
}

/** Carelessness: the difference in liking at which the better answer is chosen with 73 %. */
const annotatorNoise = 0.4;

/** How often the annotator prefers an answer liked `a` to one liked `b`: `sigmoid((a - b) / noise)`. */
export function preferenceProbability(a: number, b: number, noise = annotatorNoise): number {
  return 1 / (1 + Math.exp((b - a) / noise));
}
