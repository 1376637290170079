/** A reader's own task: a file in `data/local/tasks` that every command finds by its name. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../core/errors';
import { datasetTask } from '../tasks/dataset';
import {
  addTask,
  inVocabulary,
  isInWords,
  isKnown,
  taskNamed,
  type AnyTask,
  type Task,
  type TaskInWords,
} from '../tasks/index';
import { local, shortPath } from './places';

/** The functions without which a task is none: those of every task, and the one with which it asks. */
const needed = ['generate', 'verify'] as const;
const asking = ['promptIds', 'question'] as const;

const ownTasks = path.join(local, 'tasks');

/**
 * Returns the task of that name, asked in the workbook's vocabulary: one of the workbook's, or the one that the file
 * `NAME.ts` of the folder exports as `task`, which is made known. Throws a UserError where there is no such task, or where
 * the file does not hold one.
 */
export async function findTask(name: string, folder = ownTasks): Promise<Task> {
  const task = await lookFor(name, folder);
  if (task) return inVocabulary(task);
  const hint = `or write your own to ${shortPath(path.join(folder, 'NAME.ts'))}`;
  throw new UserError(`unknown task ${name}: use countdown, programs, units, ${hint}`);
}

/**
 * Returns the task of that name, asked in words: one of the workbook's, the one that `NAME.ts` exports, or the data set
 * `NAME.jsonl`. Throws a UserError as `findTask` does.
 */
export async function findTaskInWords(name: string, folder = ownTasks): Promise<TaskInWords> {
  const task = await lookFor(name, folder);
  if (!task) {
    const hint = `or bring your own as ${shortPath(path.join(folder, 'NAME.jsonl'))}`;
    throw new UserError(`unknown data ${name}: use what --help lists, ${hint}`);
  }
  if (isInWords(task)) return task;
  throw new UserError(`${name} is asked in this workbook's vocabulary, not in words: leave out --model`); // prettier-ignore
}

/** Returns the task of that name, which is known from now on; null where there is none. */
async function lookFor(name: string, folder: string): Promise<AnyTask | null> {
  if (isKnown(name)) return taskNamed(name);
  if (!/^[\w-]+$/.test(name)) return null;
  const file = path.join(folder, `${name}.ts`);
  const data = path.join(folder, `${name}.jsonl`);
  const [isWritten, isData] = [file, data].map((one) => fs.existsSync(one));
  if (isWritten && isData)
    throw new UserError(`${shortPath(file)} and ${shortPath(data)} are both ${name}: rename one`);
  if (!isWritten && !isData) return null;
  const task = isWritten ? await exportedTask(name, file) : datasetTask(name, data, shortPath(data)); // prettier-ignore
  addTask(task as Task);
  return task as AnyTask;
}

async function exportedTask(name: string, file: string): Promise<AnyTask> {
  type Exported = Partial<Task & TaskInWords>;
  const { task } = (await import(pathToFileURL(file).href)) as { task?: Exported };
  const missing = needed.filter((key) => typeof task?.[key] !== 'function');
  const asks = asking.filter((key) => typeof task?.[key] === 'function');
  if (task?.name !== name || !Array.isArray(task.levels) || missing.length > 0 || asks.length !== 1)
    throw new UserError(
      `${shortPath(file)} exports no task ${name}: it needs name, levels, ${needed.join(', ')}, and ${asking.join(' or ')}`,
    );
  return task as AnyTask;
}
