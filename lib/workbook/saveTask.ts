/** A task that was written in the cells of a notebook becomes a file that every command finds. */
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { plainName, root, writeFileAtomic } from '../core/files';
import { codeCells, readNotebook, textOf } from '../jupyter/notebook';
import { local, shortPath } from '../stages/places';

/**
 * Writes the cells of a saved notebook that carry the tag `task` to `data/local/tasks/NAME.ts`, and returns what was
 * done in one line. The cells have to hold everything that the task needs, its imports included, and a constant
 * `task`. Throws a UserError for a notebook without such cells.
 */
export function saveTask(
  notebook: string,
  name: string,
  folder = path.join(local, 'tasks'),
): string {
  const cells = codeCells(
    readNotebook(path.join(root, 'notebooks', `${plainName(notebook)}.ipynb`)),
  );
  const tagged = cells.filter(({ metadata }) => metadata.tags?.includes('task'));
  const code = tagged.map(({ source }) => textOf(source)).join('\n\n');
  if (!/\bconst task\b/.test(code))
    throw new UserError(`${notebook} has no cell with the tag task that makes a constant task`);
  const lib = path.relative(folder, path.join(root, 'lib')).replaceAll('\\', '/');
  const file = path.join(folder, `${plainName(name)}.ts`);
  writeFileAtomic(file, `${code.replaceAll(`'./lib/`, `'${lib}/`)}\n\nexport { task };\n`);
  return `${tagged.length} cells of ${notebook} are now ${shortPath(file)}`;
}
