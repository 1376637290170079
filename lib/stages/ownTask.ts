/** A reader's own task: a TypeScript file in `data/local/tasks` that every command finds by its name. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../core/errors';
import { addTask, inVocabulary, isKnown, taskNamed, type Task } from '../tasks/index';
import { local, shortPath } from './places';

/** The functions without which a task is none. */
const needed = ['generate', 'promptIds', 'verify'] as const;

/**
 * Returns the task of that name: one of the workbook's, or the one that the file `NAME.ts` of the folder exports as
 * `task`, which is made known. Throws a UserError where there is no such task, or where the file does not hold one.
 */
export async function findTask(name: string, folder = path.join(local, 'tasks')): Promise<Task> {
  if (isKnown(name)) return inVocabulary(taskNamed(name));
  const file = path.join(folder, `${name}.ts`);
  if (!/^[\w-]+$/.test(name) || !fs.existsSync(file)) {
    const hint = `or write your own to ${shortPath(path.join(folder, 'NAME.ts'))}`;
    throw new UserError(`unknown task ${name}: use countdown, programs, units, ${hint}`);
  }
  const { task } = (await import(pathToFileURL(file).href)) as { task?: Partial<Task> };
  const missing = needed.filter((key) => typeof task?.[key] !== 'function');
  if (task?.name !== name || !Array.isArray(task.levels) || missing.length > 0)
    throw new UserError(
      `${shortPath(file)} exports no task ${name}: it needs name, levels, ${needed.join(', ')}`,
    );
  addTask(task as Task);
  return task as Task;
}
