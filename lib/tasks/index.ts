/**
 * The tasks as one: every function here looks up the task of a problem and hands on to its functions. `addTask` lets a
 * reader's own task take part in everything.
 */
import { UserError } from '../core/errors';
import type { Random } from '../core/random';
import type { TextTokenizer } from '../tokenizer/textTokenizer';
import { decode } from '../tokenizer/tokenizer';
import { languageInTurn, tokenIds, type Language } from '../tokenizer/vocabulary';
import { countdown, type CountdownProblem } from './countdown';
import { general, type GeneralProblem } from './general';
import { programs, type ProgramsProblem } from './programs';
import { sums } from './sums/sums';
import type { AnyTask, Problem, Split, Task, TaskInWords, Verdict } from './task';
import { units, type UnitsProblem } from './units';
import { words } from './words/words';

export type { CountdownProblem } from './countdown';
export type { GeneralProblem } from './general';
export type { ProgramsProblem } from './programs';
export type { AnyTask, Problem, Split, Task, TaskInWords, Verdict } from './task';
export type { SumsProblem } from './sums/sums';
export type { UnitsProblem } from './units';
export type { WordsProblem } from './words/words';

/** The problems of the tasks that the workbook brings, by the names of their tasks. */
export interface OwnProblems {
  readonly countdown: CountdownProblem;
  readonly programs: ProgramsProblem;
  readonly units: UnitsProblem;
  readonly general: GeneralProblem;
}

const known = new Map<string, AnyTask>(
  [countdown, programs, units, general, words, sums].map((task) => [task.name, task as AnyTask]),
);

/**
 * Makes a reader's own task known: its name can then be used in every plan, set of problems, corpus and command. A task
 * of the same name that was added before is replaced, so that a notebook's cell can be run again; the tasks of the
 * workbook cannot be replaced: that is a UserError.
 */
export function addTask<P extends Problem>(task: Task<P> | TaskInWords<P>): void {
  if (own.includes(task.name))
    throw new UserError(`${task.name} is a task of the workbook: give yours another name`);
  known.set(task.name, task as unknown as AnyTask);
}

const own = [...known.keys()];

/** Whether a task of that name is known. */
export const isKnown = (name: string): boolean => known.has(name);

/** Whether a task is asked in words, of a language model. */
export const isInWords = (task: AnyTask): task is TaskInWords => 'question' in task;

/** The task of that name. Throws a UserError for a name that no task has. */
export function taskNamed(name: string): AnyTask {
  const task = known.get(name);
  if (task) return task;
  const names = [...known.keys()].filter((other) => other !== general.name);
  throw new UserError(`unknown task ${name}: use ${names.join(', ')}`);
}

/** The task that a problem belongs to. */
export const taskOf = ({ task }: Problem): AnyTask => taskNamed(task);

/** A task as one that is asked in the workbook's vocabulary. A task in words is a UserError. */
export function inVocabulary(task: AnyTask): Task {
  if (!isInWords(task)) return task;
  throw new UserError(`${task.name} is asked in words: use a language model, --model smollm2`);
}

/** The language of the i-th of several problems: tasks in words are asked in English, the others in turn in both. */
export const languageFor = (problem: Problem, i: number): Language =>
  isInWords(taskOf(problem)) ? 'en' : languageInTurn(i);

/** A random problem. Throws a UserError for a task that is not known, and for a level that the task does not have. */
export function generate<Name extends keyof OwnProblems>(
  task: Name,
  level: number,
  random: Random,
  split: Split,
): OwnProblems[Name];
export function generate(task: string, level: number, random: Random, split: Split): Problem;
export function generate(task: string, level: number, random: Random, split: Split): Problem {
  return taskNamed(task).generate(level, random, split);
}

/** The prompt as text, without `<bos>`: `make 26 : 3 5 7 _`; of a task in words its question. */
export function promptText(problem: Problem, language: Language): string {
  const task = taskOf(problem);
  if (isInWords(task)) return task.question(problem);
  return decode(task.promptIds(problem, language));
}

/**
 * The prompt as the model gets it: the ids with `<bos>` in front, at most 13, or with the tokenizer of a language model a
 * conversation. A task in words asked without a tokenizer, and another one asked with it, are UserErrors.
 */
export function promptIds(
  problem: Problem,
  language: Language,
  tokenizer?: TextTokenizer,
): number[] {
  const task = taskOf(problem);
  if (!tokenizer) return [tokenIds.bos, ...inVocabulary(task).promptIds(problem, language)];
  if (isInWords(task))
    return tokenizer.chatIds([{ role: 'user', content: task.question(problem) }]);
  throw new UserError(
    `${task.name} is asked in this workbook's vocabulary, a language model is asked in words: use words`,
  );
}

/**
 * The verdict on a completion: any text at all, never an error. An answer has to end with `<eos>`, so every text that was
 * decoded without special tokens is wrong: in `transformers` and TRL, decode with `skip_special_tokens=False`.
 */
export function verify(problem: Problem, completion: string): Verdict {
  return taskOf(problem).verify(problem, completion);
}
