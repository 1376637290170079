import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { root } from '../core/files';
import { checkNotebooks, checkPages, notebookNames } from '../checks/checkWorkbook';
import { runNotebookFiles } from '../jupyter/runFiles';
import { positiveNumber, readArguments, runCommand } from './arguments';

const help = `npm run notebooks -- [NAME...] [options]

Executes notebooks in the terminal, through the same kernel as JupyterLab, and saves their outputs.
NAME is a notebook's number or name: 01, 01-base-model or solutions/01. Without a NAME: all, in their order, without
the solutions.

  --mode MODE        smoke    tiny sizes, seconds; the outputs are not saved
                     replay   the recorded runs (the default)
                     live     the small model, trained while you watch
                     full     everything at its recorded size
  --save             save the outputs in smoke mode too
  --timeout MINUTES  the longest that one cell may take (default 20)
  --check            only check the files against the project's rules, without a NAME the solutions, README.md and
                     the pages of data/ too; run nothing
  --help             this text

Ctrl-C stops the running loop at its next step; a second one ends everything. The outputs of a run that
failed or was stopped are not saved.`;

const modes = ['smoke', 'replay', 'live', 'full'];

const folder = path.join(root, 'notebooks');

/** Returns the files that the names mean, in the order given. No names mean all notebooks but the solutions. */
function findNotebooks(names: readonly string[]): string[] {
  const all = notebookNames(root);
  const plain = all.filter((name) => !name.startsWith('solutions/'));
  const fileOf = (name: string): string => path.join(folder, `${name}.ipynb`);
  const find = (name: string): string => {
    if (name.endsWith('.ipynb') && fs.existsSync(name)) return path.resolve(name);
    const wanted = name.replace(/\.ipynb$/, '');
    const found = all.find((other) => other === wanted || other.startsWith(`${wanted}-`));
    if (found) return fileOf(found);
    throw new UserError(`no notebook ${name}: there are ${plain.join(', ') || 'none'}`);
  };
  return names.length > 0 ? names.map(find) : plain.map(fileOf);
}

function check(names: readonly string[]): number {
  const nameOf = (file: string): string => path.relative(folder, file).replace(/\.ipynb$/, '');
  const checked = names.length > 0 ? findNotebooks(names).map(nameOf) : notebookNames(root);
  const problems = checkNotebooks(root, checked);
  if (names.length === 0) problems.push(...checkPages(root));
  console.log(problems.join('\n') || `${checked.length} notebooks follow the rules`);
  return problems.length > 0 ? 1 : 0;
}

async function main(): Promise<number> {
  const options = {
    mode: { type: 'string', default: 'replay' },
    save: { type: 'boolean', default: false },
    timeout: { type: 'string', default: '20' },
    check: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = readArguments(help, options, true);
  const { mode, timeout } = values;
  if (!modes.includes(mode)) throw new UserError(`no mode ${mode}: one of ${modes.join(', ')}`);
  const minutes = positiveNumber(timeout, '--timeout', 10_000);
  if (values.check) return check(positionals);
  const files = findNotebooks(positionals);
  const save = values.save || mode !== 'smoke';
  const ok = await runNotebookFiles(files, { mode, save, timeoutSeconds: minutes * 60 });
  return ok ? 0 : 1;
}

export const finished: Promise<void> = runCommand(main);
