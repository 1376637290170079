import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { formatNames, formats, type FormatName } from '../handover/formats';
import { handPreferences, handTraces } from '../handover/dataSets';
import { handOver } from '../handover/handOver';
import { modelSizes, type ModelSize } from '../model/config';
import { courseNames } from '../recipe/language/data';
import { checkpointNamed } from '../stages/language/openCheckpoint';
import { local, recorded, shortPath } from '../stages/places';
import { preferenceFile, readPreferences } from '../stages/preferences';
import { readTraces, traceFile } from '../stages/traces';
import { readArguments, runCommand, wholeNumber } from './arguments';
import { r1ZeroSettings } from './r1ZeroSettings';

const help = `
npm run handover -- TRAINER CHECKPOINT --folder FOLDER [options]
npm run handover -- traces|preferences NAME --folder FOLDER
Writes a folder with which another trainer goes on where the workbook ends: the checkpoint, problems as parquet and JSON
Lines, the rewards in Python, the settings of R1-Zero, and a script. TRAINER says whose columns the problems have:
${formatNames.map((name) => `  ${name.padEnd(13)} ${formats[name].reader}`).join('\n')}

  traces        completions to imitate, data/traces/NAME.jsonl: prompt and completion
  preferences   pairs of answers, data/preferences/NAME.jsonl: prompt, chosen and rejected

  --folder FOLDER  a new folder
  --data NAME      what a language model is asked: ${courseNames.join(', ')}, or your own (words)
  --steps N        steps that there are problems for (as the workbook's R1-Zero)
  --held-out N     held-out problems of each measured level (300)
  --seed N         of the problems (0)
`;

async function main(): Promise<void> {
  const { values, positionals } = readArguments(
    help,
    {
      ...{ folder: { type: 'string' }, data: { type: 'string' }, steps: { type: 'string' } },
      ...{ 'held-out': { type: 'string', default: '300' }, seed: { type: 'string', default: '0' } },
    } as const,
    true,
  );
  const [format, name, ...others] = positionals;
  const known = [...formatNames, ...dataSets];
  if (!known.includes(format as FormatName))
    throw new UserError(`no trainer ${format ?? ''}: use ${known.join(', ')}`);
  if (name === undefined || others.length > 0)
    throw new UserError('name one checkpoint or data set, for example small-base-s0: see --help');
  if (values.folder === undefined) throw new UserError('say where to: --folder FOLDER');
  const folder = path.resolve(values.folder);
  if (format === 'traces' || format === 'preferences')
    return await handDataSet(format, name, folder);
  const seed = wholeNumber(values.seed, '--seed');
  const heldOut = wholeNumber(values['held-out'], '--held-out', 1);
  const checkpoint = checkpointNamed(name);
  const size = sizeOf(checkpoint) ?? name;
  const usual = await r1ZeroSettings(checkpoint, size, values.data);
  const steps = values.steps === undefined ? usual.steps : wholeNumber(values.steps, '--steps', 1);
  const settings = { ...usual, steps };
  await handOver(folder, {
    format: format as FormatName,
    checkpoint,
    ...{ name, size },
    settings,
    seed,
    heldOut,
  });
  console.log(`${shortPath(folder)}: read its README.md first`);
}

const dataSets = ['traces', 'preferences'] as const;

/** Hands over a data set of the reader, or else a recorded one. */
async function handDataSet(
  kind: (typeof dataSets)[number],
  name: string,
  folder: string,
): Promise<void> {
  const fileIn = kind === 'traces' ? traceFile : preferenceFile;
  const own = fileIn(local, name);
  const file = fs.existsSync(own) ? own : fileIn(recorded, name);
  if (kind === 'traces') await handTraces(folder, name, readTraces(file));
  else await handPreferences(folder, name, readPreferences(file));
  console.log(`${shortPath(folder)}: read its README.md first`);
}

/** The size that the name of a checkpoint of the workbook begins with. */
const sizeOf = (checkpoint: string): ModelSize | undefined =>
  modelSizes.find((size) => path.basename(checkpoint).startsWith(`${size}-`));

export const finished: Promise<void> = runCommand(main);
