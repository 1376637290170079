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
import { inVocabulary, isInWords, taskOf, type Problem } from './index';
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

/** Something in a trace that is right or wrong, and the place of the token that makes it so: 0 is the completion's first. */
export interface Finding {
  readonly at: number;
  readonly right: boolean;
}

/** Everything in a trace that can be right or wrong, in the order of the trace. */
export interface Findings {
  /** `a op b = c`, at the c; `legal` where the calculation is allowed, whatever its c */
  readonly calculations: readonly (Finding & { readonly legal: boolean })[];
  /** at the `yes` or `no`; countdown and programs only */
  readonly verdicts: readonly Finding[];
  /** at the repeated wanted value */
  readonly copies: readonly Finding[];
  /** at the `try`; wrong when the same was tried before */
  readonly attempts: readonly Finding[];
}

const isWord = (token: string | undefined, word: Word): boolean =>
  token === words.en[word] || token === words.zh[word];

/** Counts over the part of a completion before its answer. Any text will do. */
export function diagnose(problem: Problem, completion: string): TraceDiagnosis {
  const trace = traceOf(problem, completion);
  const { calculations, verdicts, copies, attempts } = findingsIn(problem, trace);
  const waits = trace.filter((token) => isWord(token, 'wait')).length;
  const worked = attempts.length > 0 || calculations.length > 0;
  const mode = waits > 0 || attempts.length > 1 ? 'search' : worked ? 'short' : 'direct';
  const nos = trace.flatMap((token, i) => (isWord(token, 'no') ? [i] : []));
  return {
    arithmetic: count(calculations.map(({ right }) => right)),
    legality: count(calculations.map(({ legal }) => legal)),
    verdict: count(verdicts.map(({ right }) => right)),
    copy: count(copies.map(({ right }) => right)),
    repeats: count(attempts.map(({ right }) => !right)),
    waitAfterNo: count(nos.map((i) => isWord(trace[i + 1], 'wait'))),
    waits,
    mode,
  };
}

/** What `diagnose` counts, one by one: where a trace went wrong. Any text will do. */
export function findings(problem: Problem, completion: string): Findings {
  return findingsIn(problem, traceOf(problem, completion));
}

/** The tokens of a completion before its answer; none of a text in words, where nothing here applies. */
function traceOf(problem: Problem, completion: string): string[] {
  if (isInWords(taskOf(problem))) return [];
  const tokens = splitTokens(completion);
  const answer = tokens.indexOf('<answer>');
  return answer < 0 ? tokens : tokens.slice(0, answer);
}

function findingsIn(problem: Problem, trace: readonly string[]): Findings {
  const { verdicts, copies } = findVerdicts(problem, trace);
  return { calculations: findCalculations(trace), verdicts, copies, attempts: findAttempts(trace) };
}

function count(outcomes: readonly boolean[]): Count {
  return { hits: outcomes.filter(Boolean).length, total: outcomes.length };
}

function findCalculations(trace: readonly string[]): Findings['calculations'] {
  const isUnit = (token: string): boolean => units.some((unit) => unit === token);
  const places = [...trace.keys()].filter((at) => !isUnit(trace[at]!));
  const numbers = places.map((at) => trace[at]!);
  return numbers.flatMap((token, i) => {
    if (token !== '=') return [];
    const left = valueOf(numbers[i - 3]);
    const operator = operators.find((o) => o === numbers[i - 2]);
    const operand = valueOf(numbers[i - 1]);
    const result =
      left === null || operator === undefined || operand === null
        ? null
        : calculate(left, operator, operand);
    const legal = result !== null;
    const at = places[i + 1] ?? places[i]!; // the `=` itself where the trace ends with it
    return [{ at, legal, right: legal && valueOf(numbers[i + 1]) === result }];
  });
}

/**
 * A verdict follows the value, `= 13 no`, or the value and the wanted one, `= 13 -> 26 no`. In programs the wanted
 * one is the first output until a `yes`, then the second.
 */
function findVerdicts(
  problem: Problem,
  trace: readonly string[],
): Pick<Findings, 'verdicts' | 'copies'> {
  const verdicts: Finding[] = [];
  const copies: Finding[] = [];
  let passed = 0;
  for (const [at, token] of trace.entries()) {
    if (isWord(token, 'try')) passed = 0;
    const saysYes = isWord(token, 'yes');
    if (!saysYes && !isWord(token, 'no')) continue;
    const wanted = inVocabulary(taskOf(problem)).wantedValue?.(problem, passed);
    if (wanted === undefined) continue;
    const restated = trace[at - 2] === '->';
    if (restated) copies.push({ at: at - 1, right: valueOf(trace[at - 1]) === wanted });
    const value = valueOf(trace[restated ? at - 3 : at - 1]);
    verdicts.push({ at, right: (value === wanted) === saysYes });
    if (saysYes) passed++;
  }
  return { verdicts, copies };
}

/** An attempt is what stands between `try` and the value it is compared with. */
function findAttempts(trace: readonly string[]): Finding[] {
  const seen = new Set<string>();
  const attempts: Finding[] = [];
  for (const [at, token] of trace.entries()) {
    if (!isWord(token, 'try')) continue;
    let end = at + 1;
    while (end < trace.length && !endsAttempt(trace[end]!)) end++;
    const attempt = trace.slice(at + 1, end).join(' ');
    attempts.push({ at, right: !seen.has(attempt) });
    seen.add(attempt);
  }
  return attempts;
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
