import { UserError } from '../core/errors';
import { hashText, type Random } from '../core/random';
import { splitTokens } from '../tokenizer/tokenizer';
import type { Language } from '../tokenizer/vocabulary';

/** The tasks with answers that a rule can check. */
export type VerifiableTask = 'countdown' | 'programs' | 'units';
export type TaskName = VerifiableTask | 'general';

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
  /** right on what the prompt shows; differs from `correct` only for programs */
  readonly visibleCorrect: boolean;
  /** a program that only lists the pairs it was shown */
  readonly lookupTable: boolean;
}

/** What is particular to one task: making problems, asking them, and judging answers. */
export interface Task<P> {
  readonly levels: readonly number[];
  generate(level: number, random: Random, split: Split): P;
  /** the ids of the prompt, without `<bos>` */
  promptIds(problem: P, language: Language): number[];
  verify(problem: P, completion: string): Verdict;
}

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
  readonly visibleCorrect: boolean;
  readonly lookupTable: boolean;
}

/** For whatever is no answer to the task at all. */
export const noAnswer: AnswerVerdict = {
  correct: false,
  canonicalAnswer: null,
  visibleCorrect: false,
  lookupTable: false,
};

/** The verdict on a completion, given the task's way to judge the tokens of its answer. */
export function verdictOf(
  completion: string,
  judge: (answer: readonly string[]) => AnswerVerdict,
): Verdict {
  const { finished, format, answer } = readCompletion(completion);
  const judged = answer === null ? noAnswer : judge(answer);
  return { finished, format, answer: answer === null ? null : answer.join(' '), ...judged };
}

/** Whether a problem, named by a text that is the same for all its spellings, belongs to a split. */
export function isInSplit(key: string, split: Split): boolean {
  return (hashText(key) % 10 === 0) === (split === 'held-out');
}

/** Throws a UserError for a level that the task does not have. */
export function checkLevel(task: TaskName, level: number, levels: readonly number[]): void {
  if (levels.includes(level)) return;
  const first = levels[0];
  const last = levels[levels.length - 1];
  throw new UserError(`unknown level ${level} for ${task}: use ${first} to ${last}`);
}
