import { UserError } from '../core/errors';
import { takeOver } from '../handover/takeOver';
import { courseNames } from '../recipe/language/data';
import { stageLines, stageTable } from '../reports/stageTables';
import { checkpointNamed } from '../stages/language/openCheckpoint';
import { local } from '../stages/places';
import { readArguments, runCommand, wholeNumber } from './arguments';
import { r1ZeroSettings } from './r1ZeroSettings';

const help = `
npm run takeover -- LOG --checkpoint FOLDER --as NAME [options]
Takes a run of another trainer over: its curves and its model become a run and a checkpoint of data/local/, measured on the
workbook's held-out problems. Then npm run inspect, npm run evaluate and the notebooks open it as their own. LOG is the
folder that the handed-over script for TRL writes, TRL's trainer_state.json, or the file of verl's logger file.

  --checkpoint FOLDER  the trained model as transformers saves it
  --as NAME            SIZE-STAGE-sSEED, such as small-trl-s0
  --data NAME          what a language model is measured on: ${courseNames.join(', ')}, or your own (words)
  --problems N         held-out problems of each level (300; of a language model 200)
`;

async function main(): Promise<void> {
  const { values, positionals } = readArguments(
    help,
    {
      ...{ checkpoint: { type: 'string' }, as: { type: 'string' }, data: { type: 'string' } },
      problems: { type: 'string' },
    } as const,
    true,
  );
  const [log, ...others] = positionals;
  if (log === undefined || others.length > 0)
    throw new UserError('name one log, for example output: see --help');
  const { checkpoint: folder, as: name } = values;
  if (folder === undefined || name === undefined)
    throw new UserError(
      'say which model and how to call it: --checkpoint FOLDER --as small-trl-s0',
    );
  const parts = /^([\w.]+)-([\w-]+)-s(\d+)$/.exec(name);
  if (!parts) throw new UserError(`invalid --as: ${name}: use SIZE-STAGE-sSEED, such as small-trl-s0`); // prettier-ignore
  const [size, stage, seed] = [parts[1]!, parts[2]!, Number(parts[3])];
  const checkpoint = checkpointNamed(folder);
  const usual = await r1ZeroSettings(checkpoint, size, values.data);
  const finalProblems = values.problems === undefined ? usual.finalProblems : wholeNumber(values.problems, '--problems', 1); // prettier-ignore
  const settings = { ...usual, finalProblems };
  await takeOver(log, { size, stage, seed, checkpoint, settings });
  console.log(`\n${stageTable(stageLines(local, [name]))}\n`);
}

export const finished: Promise<void> = runCommand(main);
