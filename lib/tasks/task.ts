import { UserError } from '../core/errors';
import { hashText, type Random } from '../core/random';
import { splitTokens } from '../tokenizer/tokenizer';
import type { Language } from '../tokenizer/vocabulary';

/** What every problem says of itself. A problem is plain data: it can be written to a file and read back. */
export interface Problem {
  /** the name of its task */
  readonly task: string;
  readonly level: number;
}

/** Held-out problems are never trained on, in no stage; every tenth problem is one. */
export type Split = 'train' | 'held-out';

/** What a verifier finds in a completion. It finds something in any text and never throws. */
export interface Verdict {
  /** the answer solves the problem */
  readonly correct: boolean;
  /** exactly `<think> … </think> <answer> … </answer> <eos>`, nothing empty */
  readonly format: boolean;
  /** ends in `<eos>`; a completion that was cut at the length limit does not */
  readonly finished: boolean;
  /** the answer as written, or null without an answer */
  readonly answer: string | null;
  /** the same text for answers that mean the same, for votes; null for what is no answer to this task */
  readonly canonicalAnswer: string | null;
  /** right on what the prompt shows: differs from `correct` for programs, and for answers in words, read loosely */
  readonly visibleCorrect: boolean;
  /** a program that only lists the pairs it was shown */
  readonly lookupTable: boolean;
}

/** What a text is written with: the ids that it is appended to, its language, and where its chance comes from. */
export interface Pen {
  readonly ids: number[];
  readonly language: Language;
  readonly random: Random;
}

/** What every task can do. */
interface AnyTaskOf<P extends Problem> {
  readonly name: string;
  readonly levels: readonly number[];
  /** a random problem of a level; throws a UserError for a level that the task does not have */
  generate(level: number, random: Random, split: Split): P;
  /** the verdict on any text at all; it never throws */
  verify(problem: P, completion: string): Verdict;
}

/** A task for a language model, asked in English. Its completions are texts, which end in `<eos>` where the model ended. */
export interface TaskInWords<P extends Problem = Problem> extends AnyTaskOf<P> {
  /** levels that are never trained on: they have held-out problems alone */
  readonly heldOutLevels?: readonly number[];
  /** what the model is told: one message of its user */
  question(problem: P): string;
  /** writes a right answer as a person would, for the cold start; the end mark is not part of it */
  solution?(problem: P, random: Random): string;
}

/**
 * What is particular to one task, as plain functions. The first five are all that reinforcement learning and evaluation
 * need. A corpus needs `writeCompletion` too; the functions after it are for tasks that are solved by a search.
 */
export interface Task<P extends Problem = Problem> extends AnyTaskOf<P> {
  /** the ids of the prompt, without `<bos>`: at most 12 */
  promptIds(problem: P, language: Language): number[];
  /** writes a completion as people write them in the corpus, right or wrong, from `<think>` or `<answer>` to `<eos>` */
  writeCompletion?(pen: Pen, problem: P): void;
  /** writes a completion as an expert writes it; with `solved` false it tries, finds nothing, and says so */
  writeExemplary?(pen: Pen, problem: P, solved: boolean): void;
  /** the value that the next `yes` or `no` of a trace is about, after so many `yes` in the same attempt */
  wantedValue?(problem: P, passed: number): number;
  /** whether an answer has the right value, whatever else is wrong with it: for a verifier that sees only half */
  hasRightValue?(problem: P, answer: readonly string[]): boolean;
}

/** A task of either kind. */
export type AnyTask = Task | TaskInWords;

/** A completion taken apart. `answer` is null unless it stands between one pair of tags, right before the end. */
export interface CompletionParts {
  readonly finished: boolean;
  readonly format: boolean;
  readonly answer: readonly string[] | null;
}

/** Takes any text apart by its tags. */
export function readCompletion(completion: string): CompletionParts {
  const tokens = splitTokens(completion);
  const finished = tokens.length > 0 && onlyPlace(tokens, '<eos>') === tokens.length - 1;
  const open = onlyPlace(tokens, '<answer>');
  const close = onlyPlace(tokens, '</answer>');
  if (!finished || open < 0 || close !== tokens.length - 2 || close - open < 2) {
    return { finished, format: false, answer: null };
  }
  const thinkingEnds = onlyPlace(tokens, '</think>');
  const format =
    onlyPlace(tokens, '<think>') === 0 && thinkingEnds === open - 1 && thinkingEnds >= 2;
  return { finished, format, answer: tokens.slice(open + 1, close) };
}

/** Where a token stands that occurs once; -1 when it is missing or repeated. */
function onlyPlace(tokens: readonly string[], token: string): number {
  const place = tokens.indexOf(token);
  return place === tokens.lastIndexOf(token) ? place : -1;
}

/** What a task's own part of the verifier says about the tokens of an answer. */
export interface AnswerVerdict {
  readonly correct: boolean;
  readonly canonicalAnswer: string | null;
  /** default: what `correct` is */
  readonly visibleCorrect?: boolean;
  /** default: false */
  readonly lookupTable?: boolean;
}

/** The judgement of a text that is no answer to the task at all. */
export const noAnswer: AnswerVerdict = { correct: false, canonicalAnswer: null };

/** The verdict on a completion, given the task's way to judge the tokens of its answer. */
export function verdictOf(
  completion: string,
  judge: (answer: readonly string[]) => AnswerVerdict,
): Verdict {
  const { finished, format, answer } = readCompletion(completion);
  const judged = answer === null ? noAnswer : judge(answer);
  const { correct, canonicalAnswer, visibleCorrect = correct, lookupTable = false } = judged;
  const text = answer === null ? null : answer.join(' ');
  return { finished, format, answer: text, correct, canonicalAnswer, visibleCorrect, lookupTable };
}

/** Whether a problem, named by a text that is the same for all its spellings, belongs to a split. */
export function isInSplit(key: string, split: Split): boolean {
  return (hashText(key) % 10 === 0) === (split === 'held-out');
}

/** Throws a UserError for a level that the task does not have. */
export function checkLevel(task: string, level: number, levels: readonly number[]): void {
  if (levels.includes(level)) return;
  const first = levels[0];
  const last = levels[levels.length - 1];
  throw new UserError(`unknown level ${level} for ${task}: use ${first} to ${last}`);
}

/** Throws a UserError for a training problem of a level that is never trained on. */
export function refuseHeldOut(
  { name, heldOutLevels = [] }: Pick<TaskInWords, 'name' | 'heldOutLevels'>,
  level: number,
  split: Split,
): void {
  if (split === 'train' && heldOutLevels.includes(level))
    throw new UserError(`${name} ${level} is held out: train on another level`);
}
