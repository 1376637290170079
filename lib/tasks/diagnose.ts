/**
 * What a reasoning trace is made of, counted token by token: are its calculations right, does it notice its own
 * mistakes, does it repeat itself. Nothing here is rewarded; it explains why a reward moves.
 */
import { splitTokens } from '../tokenizer/tokenizer';
import {
  languageOf,
  operators,
  units,
  valueOf,
  words,
  type Language,
  type Word,
} from '../tokenizer/vocabulary';
import { calculate } from './arithmetic';
import type { Problem } from './index';
import type { Style } from './trials';

/** How often something was so, and how often it could have been. */
export interface Count {
  readonly hits: number;
  readonly total: number;
}

export interface TraceDiagnosis {
  /** `a op b = c` with the right c; units beside the values do not count */
  readonly arithmetic: Count;
  /** `a op b = …` that is allowed: known operator, values in 0..60, even division */
  readonly legality: Count;
  /** `yes` and `no` that fit the value before them; countdown and programs only */
  readonly verdict: Count;
  /** wanted values that are repeated as the prompt has them */
  readonly copy: Count;
  /** attempts that were made before in the same trace */
  readonly repeats: Count;
  /** `no` that is followed by `wait` */
  readonly waitAfterNo: Count;
  readonly waits: number;
  /** `search` with a second attempt or a `wait`, `short` with one attempt or working, else `direct` */
  readonly mode: Style;
}

const isWord = (token: string | undefined, word: Word): boolean =>
  token === words.en[word] || token === words.zh[word];

/** Counts over the part of a completion before its answer. Any text will do. */
export function diagnose(problem: Problem, completion: string): TraceDiagnosis {
  const tokens = splitTokens(completion);
  const answer = tokens.indexOf('<answer>');
  const trace = answer < 0 ? tokens : tokens.slice(0, answer);
  const { arithmetic, legality } = countCalculations(trace);
  const { verdict, copy } = countVerdicts(problem, trace);
  const repeats = countRepeats(trace);
  const waits = trace.filter((token) => isWord(token, 'wait')).length;
  const worked = repeats.total > 0 || arithmetic.total > 0;
  const mode = waits > 0 || repeats.total > 1 ? 'search' : worked ? 'short' : 'direct';
  const nos = trace.flatMap((token, i) => (isWord(token, 'no') ? [i] : []));
  const waitAfterNo = count(nos.map((i) => isWord(trace[i + 1], 'wait')));
  return { arithmetic, legality, verdict, copy, repeats, waitAfterNo, waits, mode };
}

function count(outcomes: readonly boolean[]): Count {
  return { hits: outcomes.filter(Boolean).length, total: outcomes.length };
}

function countCalculations(trace: readonly string[]): { arithmetic: Count; legality: Count } {
  const right: boolean[] = [];
  const allowed: boolean[] = [];
  const numbers = trace.filter((token) => !units.some((unit) => unit === token));
  for (const [i, token] of numbers.entries()) {
    if (token !== '=') continue;
    const left = valueOf(numbers[i - 3]);
    const operator = operators.find((o) => o === numbers[i - 2]);
    const operand = valueOf(numbers[i - 1]);
    const result =
      left === null || operator === undefined || operand === null
        ? null
        : calculate(left, operator, operand);
    allowed.push(result !== null);
    right.push(result !== null && valueOf(numbers[i + 1]) === result);
  }
  return { arithmetic: count(right), legality: count(allowed) };
}

/**
 * A verdict follows the value, `= 13 no`, or the value and the wanted one, `= 13 -> 26 no`. In programs the wanted
 * one is the first output until a `yes`, then the second.
 */
function countVerdicts(
  problem: Problem,
  trace: readonly string[],
): { verdict: Count; copy: Count } {
  const right: boolean[] = [];
  const copied: boolean[] = [];
  let passed = 0;
  for (const [i, token] of trace.entries()) {
    if (isWord(token, 'try')) passed = 0;
    const saysYes = isWord(token, 'yes');
    if (!saysYes && !isWord(token, 'no')) continue;
    const wanted = wantedValue(problem, passed);
    if (wanted === null) continue;
    const restated = trace[i - 2] === '->';
    if (restated) copied.push(valueOf(trace[i - 1]) === wanted);
    const value = valueOf(trace[restated ? i - 3 : i - 1]);
    right.push((value === wanted) === saysYes);
    if (saysYes) passed++;
  }
  return { verdict: count(right), copy: count(copied) };
}

function wantedValue(problem: Problem, passed: number): number | null {
  if (problem.task === 'countdown') return problem.target;
  if (problem.task === 'programs') return problem.visible[passed === 0 ? 0 : 1].output;
  return null;
}

/** An attempt is what stands between `try` and the value it is compared with. */
function countRepeats(trace: readonly string[]): Count {
  const seen = new Set<string>();
  const repeated: boolean[] = [];
  for (const [i, token] of trace.entries()) {
    if (!isWord(token, 'try')) continue;
    let end = i + 1;
    while (end < trace.length && !endsAttempt(trace[end]!)) end++;
    const attempt = trace.slice(i + 1, end).join(' ');
    repeated.push(seen.has(attempt));
    seen.add(attempt);
  }
  return count(repeated);
}

function endsAttempt(token: string): boolean {
  return token === '->' || token.startsWith('<') || languageOf(token) !== null;
}

/** The share of the words of a completion that are in the asked language; 1 where it has no words. */
export function languageConsistency(completion: string, language: Language): number {
  let inLanguage = 0;
  let inAny = 0;
  for (const token of splitTokens(completion)) {
    const spoken = languageOf(token);
    if (spoken === null) continue;
    inAny++;
    if (spoken === language) inLanguage++;
  }
  return inAny === 0 ? 1 : inLanguage / inAny;
}
