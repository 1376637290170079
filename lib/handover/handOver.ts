/** Writes a folder with all that another trainer needs: checkpoint, problems, rewards, settings, and its script. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { onDisk, root, writeFileAtomic } from '../core/files';
import { exportFolder } from '../stages/language/exportModel';
import type { RLSettings } from '../stages/settings';
import { formats, type FormatName } from './formats';
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

/** Writes the folder, which must not be there; what was begun and not ended is taken away. */
export async function handOver(target: string, options: HandoverOptions): Promise<void> {
  if (fs.existsSync(target))
    throw new UserError(`${target} is there already: name a new folder, or remove it`);
  const { format, checkpoint, settings, seed } = options;
  const unfinished = `${target}.${process.pid}.tmp`;
  try {
    const { plan, steps, evaluated } = settings;
    const train = trainingRows(plan, steps, seed);
    const heldOut = heldOutRows(evaluated, options.heldOut);
    for (const [name, rows] of [
      ['train', train],
      ['held-out', heldOut],
    ] as const)
      // prettier-ignore
      await writeTable(
        path.join(unfinished, 'data', name),
        rows.map((row, i) => formats[format].row(row, i, name)),
      );
    copyPython('r1_rewards', path.join(unfinished, 'r1_rewards'));
    copyPython('everywhere', unfinished);
    copyPython(format, unfinished);
    const handed = JSON.stringify(handedSettings(options.size, settings, seed), null, 2) + '\n';
    writeFileAtomic(path.join(unfinished, 'settings.json'), handed);
    exportFolder(checkpoint, path.join(unfinished, 'checkpoint'));
    writeFileAtomic(path.join(unfinished, 'README.md'), datasheet(unfinished, options, { train, heldOut })); // prettier-ignore
    onDisk('write', target, () => fs.renameSync(unfinished, target));
  } finally {
    fs.rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Copies the Python files of a folder, where there is one; what Python has compiled stays. */
function copyPython(name: string, into: string): void {
  const from = path.join(python, name);
  if (!fs.existsSync(from)) return;
  for (const file of fs.readdirSync(from).filter((file) => !file.startsWith('__pycache__')))
    writeFileAtomic(path.join(into, file), fs.readFileSync(path.join(from, file)));
}

/** What the folder holds: counts, hashes, and how it is used. */
function datasheet(
  folder: string,
  { format, name, seed }: HandoverOptions,
  { train, heldOut }: Readonly<Record<'train' | 'heldOut', readonly AskedRow[]>>,
): string {
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => fs.statSync(path.join(folder, file)).isFile())
    .sort();
  const hash = (file: string): string =>
    createHash('sha256')
      .update(fs.readFileSync(path.join(folder, file)))
      .digest('hex');
  return `# ${name}, handed over

Made by the R1 workbook for ${formats[format].reader}.

- \`checkpoint/\`: ${name}, as \`transformers\` opens it.
- \`data/\`: problems as JSON Lines and parquet, the same rows in both. Training problems stand in the order of the steps (seed ${seed});
  the held-out ones are those that the workbook measures with, and none of them is among the others.
- \`r1_rewards/\`: the verifiers and rewards, in Python, standard library alone; \`trainers.py\` has the functions that trainers call.
- \`reward.py\`: the same under the names that verl and OpenRLHF look for in a file.
- \`settings.json\`: how the workbook would train.

| rows | task | level | language |
| --- | --- | --- | --- |
${[...countsOf('training', train), ...countsOf('held out', heldOut)].join('\n')}

| file | sha256 |
| --- | --- |
${files.map((file) => `| ${file} | ${hash(file)} |`).join('\n')}
`;
}

/** Rows of a table: how many problems there are of each task, level and language. */
function countsOf(what: string, rows: readonly AskedRow[]): string[] {
  const counts = new Map<string, number>();
  for (const { task, level, language } of rows) {
    const kind = `${task} | ${level} | ${language}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].sort().map(([kind, count]) => `| ${count} ${what} | ${kind} |`);
}
