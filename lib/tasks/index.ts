/**
 * The tasks as one: every function here looks up the task of a problem and hands on to its functions. `addTask` lets a
 * reader's own task take part in everything.
 */
import { UserError } from '../core/errors';
import type { Random } from '../core/random';
import { decode } from '../tokenizer/tokenizer';
import { tokenIds, type Language } from '../tokenizer/vocabulary';
import { countdown, type CountdownProblem } from './countdown';
import { general, type GeneralProblem } from './general';
import { programs, type ProgramsProblem } from './programs';
import type { Problem, Split, Task, Verdict } from './task';
import { units, type UnitsProblem } from './units';

export type { CountdownProblem } from './countdown';
export type { GeneralProblem } from './general';
export type { ProgramsProblem } from './programs';
export type { Problem, Split, Task, Verdict } from './task';
export type { UnitsProblem } from './units';

/** The problems of the tasks that the workbook brings, by the names of their tasks. */
export interface OwnProblems {
  readonly countdown: CountdownProblem;
  readonly programs: ProgramsProblem;
  readonly units: UnitsProblem;
  readonly general: GeneralProblem;
}

const known = new Map<string, Task>(
  [countdown, programs, units, general].map((task) => [task.name, task as Task]),
);

/**
 * Makes a reader's own task known: its name can then be used in every plan, set of problems, corpus and command. A task
 * of the same name that was added before is replaced, so that a notebook's cell can be run again; the tasks of the
 * workbook cannot be replaced: that is a UserError.
 */
export function addTask<P extends Problem>(task: Task<P>): void {
  if (own.includes(task.name))
    throw new UserError(`${task.name} is a task of the workbook: give yours another name`);
  known.set(task.name, task as unknown as Task);
}

const own = [...known.keys()];

/** Whether a task of that name is known. */
export const isKnown = (name: string): boolean => known.has(name);

/** The task of that name. Throws a UserError for a name that no task has. */
export function taskNamed(name: string): Task {
  const task = known.get(name);
  if (task) return task;
  const names = [...known.keys()].filter((other) => other !== general.name);
  throw new UserError(`unknown task ${name}: use ${names.join(', ')}`);
}

/** The task that a problem belongs to. */
export const taskOf = ({ task }: Problem): Task => taskNamed(task);

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

/** The prompt as text, without `<bos>`: `make 26 : 3 5 7 _`. */
export function promptText(problem: Problem, language: Language): string {
  return decode(taskOf(problem).promptIds(problem, language));
}

/** The prompt as the model gets it: the ids with `<bos>` in front, at most 13. */
export function promptIds(problem: Problem, language: Language): number[] {
  return [tokenIds.bos, ...taskOf(problem).promptIds(problem, language)];
}

/**
 * The verdict on a completion: any text at all, never an error. An answer has to end with `<eos>`, so every text that was
 * decoded without special tokens is wrong: in `transformers` and TRL, decode with `skip_special_tokens=False`.
 */
export function verify(problem: Problem, completion: string): Verdict {
  return taskOf(problem).verify(problem, completion);
}
