/** Which completions are good enough to learn from, and the rules that tidy one up. */
import { splitTokens } from '../tokenizer/tokenizer';
import { languageOf, words, type Language, type Word } from '../tokenizer/vocabulary';
import { diagnose, languageConsistency } from './diagnose';
import { verify, type Problem } from './index';

/** What can be wrong with a completion, in the order in which it is looked for. */
export const faults = [
  'not finished',
  'wrong answer',
  'wrong format',
  'wrong calculation',
  'wrong verdict',
  'repeated attempt',
  'mixed languages',
] as const;
export type Fault = (typeof faults)[number];

/** The first fault of a completion, or null for one that is right in its answer and in every step to it. */
export function firstFault(problem: Problem, completion: string, language: Language): Fault | null {
  const { finished, correct, format } = verify(problem, completion);
  if (!finished) return 'not finished';
  if (!correct) return 'wrong answer';
  if (!format) return 'wrong format';
  return faultOnTheWay(problem, completion, language);
}

function faultOnTheWay(problem: Problem, completion: string, language: Language): Fault | null {
  const { arithmetic, verdict, repeats } = diagnose(problem, completion);
  if (arithmetic.hits < arithmetic.total) return 'wrong calculation';
  if (verdict.hits < verdict.total) return 'wrong verdict';
  if (repeats.hits > 0) return 'repeated attempt';
  return languageConsistency(completion, language) < 1 ? 'mixed languages' : null;
}

/** Attempts before giving up is a decision and not impatience. */
const attemptsBeforeGivingUp = 4;

/** A completion without fault but for its answer: it tried several times, saw that nothing fits, and stopped. */
export function isHonestGiveUp(problem: Problem, completion: string, language: Language): boolean {
  const { finished, correct, format } = verify(problem, completion);
  if (!finished || correct || !format) return false;
  const { repeats, verdict } = diagnose(problem, completion);
  const tried = repeats.total >= attemptsBeforeGivingUp && verdict.total >= attemptsBeforeGivingUp;
  return tried && faultOnTheWay(problem, completion, language) === null;
}

/**
 * A completion in clean form: every word in the asked language, and no attempt that was made before. What is left of
 * a trace says the same with less, so a right one stays right.
 */
export function tidy(completion: string, language: Language): string {
  const tokens = splitTokens(completion).map((token) => translate(token, language));
  const kept: string[][] = []; // the parts that stay
  const seen = new Set<string>();
  for (const part of splitAttempts(tokens, words[language].try)) {
    const isAttempt = part[0] === words[language].try;
    const text = part.filter((token) => token !== words[language].wait).join(' ');
    if (isAttempt && seen.has(text) && !part.includes('</think>')) continue;
    if (isAttempt) seen.add(text);
    kept.push(part);
  }
  return kept.flat().join(' ');
}

/** The same word in the asked language; other tokens as they are. */
function translate(token: string, language: Language): string {
  const spoken = languageOf(token);
  if (spoken === null || spoken === language) return token;
  const names = Object.keys(words[spoken]) as Word[];
  return words[language][names.find((name) => words[spoken][name] === token)!];
}

/** The text before the first attempt, then one part for each attempt with what follows it. */
function splitAttempts(tokens: readonly string[], start: string): string[][] {
  const parts: string[][] = [[]];
  for (const token of tokens) {
    if (token === start) parts.push([]);
    parts.at(-1)!.push(token);
  }
  return parts;
}
