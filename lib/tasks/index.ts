/** The tasks as one: every function here looks at `problem.task` and hands on to the file of that task. */
import { UserError } from '../core/errors';
import type { Random } from '../core/random';
import { decode } from '../tokenizer/tokenizer';
import { tokenIds, type Language } from '../tokenizer/vocabulary';
import { countdown, type CountdownProblem } from './countdown';
import { general, type GeneralProblem } from './general';
import { programs, type ProgramsProblem } from './programs';
import type { Split, Task, TaskName, Verdict, VerifiableTask } from './task';
import { units, type UnitsProblem } from './units';

export type { CountdownProblem } from './countdown';
export type { GeneralProblem } from './general';
export type { ProgramsProblem } from './programs';
export type { Split, TaskName, Verdict, VerifiableTask } from './task';
export type { UnitsProblem } from './units';

/** Problems with answers that a rule can check. A problem is plain data: it can be written to a file and read back. */
export type VerifiableProblem = CountdownProblem | ProgramsProblem | UnitsProblem;
export type Problem = VerifiableProblem | GeneralProblem;

export const tasks = { countdown, programs, units, general };

/** The task with checkable answers that a person named. Throws a UserError for any other name. */
export function taskNamed(name: string): VerifiableTask {
  if (name === 'countdown' || name === 'programs' || name === 'units') return name;
  throw new UserError(`unknown task ${name}: use countdown, programs or units`);
}

function taskOf(name: TaskName): Task<Problem> {
  // The name decides the type of the problem, which the compiler cannot follow through a union.
  return tasks[name] as unknown as Task<Problem>;
}

/** A random problem. Throws a UserError for a level the task does not have. */
export function generate(
  task: VerifiableTask,
  level: number,
  random: Random,
  split: Split,
): VerifiableProblem;
export function generate(task: TaskName, level: number, random: Random, split: Split): Problem;
export function generate(task: TaskName, level: number, random: Random, split: Split): Problem {
  return taskOf(task).generate(level, random, split);
}

/** The prompt as text, without `<bos>`: `make 26 : 3 5 7 _`. */
export function promptText(problem: Problem, language: Language): string {
  return decode(taskOf(problem.task).promptIds(problem, language));
}

/** The prompt as the model gets it: the ids with `<bos>` in front, at most 13. */
export function promptIds(problem: Problem, language: Language): number[] {
  return [tokenIds.bos, ...taskOf(problem.task).promptIds(problem, language)];
}

/** The verdict on a completion: any text at all, never an error. */
export function verify(problem: Problem, completion: string): Verdict {
  return taskOf(problem.task).verify(problem, completion);
}
