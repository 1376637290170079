import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { root } from '../core/files';
import { checkNotebook } from '../jupyter/checkNotebooks';
import { readNotebook } from '../jupyter/notebook';
import { runNotebookFiles } from '../jupyter/runFiles';
import { readArguments, runCommand } from './arguments';

const help = `npm run notebooks -- [NAME...] [options]

Executes notebooks in the terminal, through the same kernel as JupyterLab, and saves their outputs.
NAME is a notebook's number or name: 01 or 01-base-model. Without a NAME: all, in their order.

  --mode MODE        smoke    tiny sizes, seconds; the outputs are not saved
                     replay   the recorded runs (the default)
                     live     the small model, trained while you watch
                     full     everything at its recorded size
  --save             save the outputs in smoke mode too
  --timeout MINUTES  the longest that one cell may take (default 20)
  --check            only check the files against the project's rules; run nothing
  --help             this text

Ctrl-C stops the running loop at its next step; a second one ends everything. The outputs of a run that
failed or was stopped are not saved.`;

const modes = ['smoke', 'replay', 'live', 'full'];

/** The files that the names mean, in the order given; all notebooks when there are no names. */
function findNotebooks(names: readonly string[]): string[] {
  const folder = path.join(root, 'notebooks');
  const all = fs.readdirSync(folder).filter((file) => file.endsWith('.ipynb'));
  all.sort();
  const find = (name: string): string => {
    if (name.endsWith('.ipynb') && fs.existsSync(name)) return path.resolve(name);
    const file = all.find((f) => f === `${name}.ipynb` || f.startsWith(`${name}-`) || f === name);
    if (file) return path.join(folder, file);
    const known = all.map((f) => path.basename(f, '.ipynb')).join(', ');
    throw new UserError(`no notebook ${name}: there are ${known || 'none'}`);
  };
  return names.length > 0 ? names.map(find) : all.map((file) => path.join(folder, file));
}

const nameOf = (file: string): string => path.basename(file, '.ipynb');

function check(files: readonly string[]): number {
  const problems = files.flatMap((file) =>
    checkNotebook(readNotebook(file)).map((problem) => `${nameOf(file)}: ${problem}`),
  );
  console.log(problems.join('\n') || `${files.length} notebooks follow the rules`);
  return problems.length > 0 ? 1 : 0;
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments(help, {
    mode: { type: 'string', default: 'replay' },
    save: { type: 'boolean', default: false },
    timeout: { type: 'string', default: '20' },
    check: { type: 'boolean', default: false },
  });
  const { mode, timeout } = values;
  if (!modes.includes(mode)) throw new UserError(`no mode ${mode}: one of ${modes.join(', ')}`);
  const minutes = Number(timeout);
  if (!(minutes > 0)) throw new UserError(`invalid --timeout ${timeout}: minutes above 0`);
  const files = findNotebooks(positionals);
  if (values.check) return check(files);
  const save = values.save || mode !== 'smoke';
  const ok = await runNotebookFiles(files, { mode, save, timeoutSeconds: minutes * 60 });
  return ok ? 0 : 1;
}

export const finished: Promise<void> = runCommand(main);
