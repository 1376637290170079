/** Writes a folder with all that another trainer needs: checkpoint, problems, rewards, settings, and its script. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root, writeFileAtomic } from '../core/files';
import { exportFolder } from '../stages/language/exportModel';
import type { RLSettings } from '../stages/settings';
import { countTable, hashTable } from './datasheet';
import { formats, type FormatName, type Split } from './formats';
import { newFolder } from './newFolder';
import { heldOutRows, trainingRows, type AskedRow } from './rows';
import { handedSettings } from './settings';
import { writeTable } from './table';

export interface HandoverOptions {
  readonly format: FormatName;
  /** the folder of the checkpoint, and how it is called */
  readonly checkpoint: string;
  readonly name: string;
  /** of the model: a size, or the name of a language model */
  readonly size: string;
  /** of the run: what is asked, for how many steps, and how it is learned */
  readonly settings: RLSettings;
  readonly seed: number;
  /** held-out problems of each evaluated level */
  readonly heldOut: number;
}

/** Where the Python files lie. */
const python = path.join(root, 'lib/handover/python');

/** Writes the folder, which must not be there. */
export const handOver = (target: string, options: HandoverOptions): Promise<void> =>
  newFolder(target, async (unfinished) => {
    const { format, checkpoint, settings, seed } = options;
    const { plan, steps, evaluated } = settings;
    const train = trainingRows(plan, steps, seed);
    const heldOut = heldOutRows(evaluated, options.heldOut);
    const table = (split: Split, rows: readonly AskedRow[]): Promise<void> =>
      writeTable(
        path.join(unfinished, 'data', split),
        rows.map((row, i) => formats[format].row(row, i, split)),
      );
    await table('train', train);
    await table('held-out', heldOut);
    copyPython('r1_rewards', path.join(unfinished, 'r1_rewards'));
    copyPython('everywhere', unfinished);
    copyPython(format, unfinished);
    const handed = JSON.stringify(handedSettings(options.size, settings, seed), null, 2) + '\n';
    writeFileAtomic(path.join(unfinished, 'settings.json'), handed);
    exportFolder(checkpoint, path.join(unfinished, 'checkpoint'));
    const page = pageOf(unfinished, options, { train, heldOut });
    writeFileAtomic(path.join(unfinished, 'README.md'), page);
  });

/** Copies the Python files of a folder, where there is one; what Python has compiled stays. */
function copyPython(name: string, into: string): void {
  const from = path.join(python, name);
  if (!fs.existsSync(from)) return;
  for (const file of fs.readdirSync(from).filter((file) => !file.startsWith('__pycache__')))
    writeFileAtomic(path.join(into, file), fs.readFileSync(path.join(from, file)));
}

/** What the folder holds, and how it is used. */
function pageOf(
  folder: string,
  { format, name, seed }: HandoverOptions,
  { train, heldOut }: Readonly<Record<'train' | 'heldOut', readonly AskedRow[]>>,
): string {
  const kindsOf = (split: string, rows: readonly AskedRow[]) =>
    rows.map(({ task, level, language }) => [split, task, level, language]);
  const kinds = [...kindsOf('training', train), ...kindsOf('held out', heldOut)];
  return [
    `# ${name}, handed over`,
    '',
    `Made by the R1 workbook for ${formats[format].reader}.`,
    '',
    `- \`checkpoint/\`: ${name}, as \`transformers\` opens it.`,
    `- \`data/\`: problems as JSON Lines and parquet, the same rows in both. Training problems stand in the order of the steps (seed ${seed});`,
    '  the held-out ones are those that the workbook measures with, and none of them is among the others.',
    '- `r1_rewards/`: the verifiers and rewards, in Python, standard library alone; `trainers.py` has the functions that trainers call.',
    '- `reward.py`: the same under the names that verl and OpenRLHF look for in a file.',
    '- `settings.json`: how the workbook would train.',
    '',
    countTable(['split', 'task', 'level', 'language'], kinds),
    '',
    hashTable(folder),
    '',
  ].join('\n');
}
