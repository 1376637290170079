/** The part of `npm run recipe` that trains a language model. */
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { stopOnInterrupt } from '../core/loop';
import { formatSeconds } from '../core/format';
import { languageStagesOf } from '../recipe/language/graph';
import { checkedLanguageSettings, runLanguageStage } from '../recipe/language/runLanguageStage';
import { costLines, costTable } from '../reports/cost';
import { stageLines, stageTable } from '../reports/stageTables';
import { findLanguageModel } from '../stages/language/models';
import { placeOfTask } from '../recipe/ownTask';
import { recorded, shortPath, stageName } from '../stages/places';
import { courseNamed, courseNames } from '../recipe/language/data';
import { findTaskInWords } from '../stages/ownTask';
import { wholeNumber } from './arguments';

/** What the command line says. */
interface Asked {
  readonly model: string;
  readonly data?: string;
  readonly stage?: string;
  readonly steps?: string;
  readonly seed: string;
  readonly recorded: boolean;
  // what a language model has no use for
  readonly preset?: string;
  readonly size?: string;
  readonly task?: string;
  readonly tokens?: string;
}

/** Runs a stage, or all of them, after `begin`, which is called once everything is checked. Returns the exit code. */
export async function languageRecipe(asked: Asked, begin: () => Promise<void>): Promise<number> {
  for (const name of ['preset', 'size', 'task', 'tokens'] as const)
    if (asked[name] !== undefined)
      throw new UserError(`--${name} does not go with --model: leave it out`);
  const { model, data = 'words', stage } = asked;
  if (!courseNames.includes(data)) await findTaskInWords(data);
  const seed = wholeNumber(asked.seed, '--seed');
  const steps = asked.steps === undefined ? {} : { steps: wholeNumber(asked.steps, '--steps', 1) };
  const place = asked.recorded ? path.join(recorded, 'tasks', data) : placeOfTask(data);
  const due = stage === undefined ? languageStagesOf(courseNamed(data)) : [stage];
  const all = due.map((name) => ({ name, options: { model, data, seed, place, caller: steps } }));
  for (const { name, options } of all) checkedLanguageSettings(name, options);
  findLanguageModel(model);
  await begin();
  stopOnInterrupt();
  const started = Date.now();
  for (const { name, options } of all) {
    if (await runLanguageStage(name, options)) continue;
    console.log(`stopped in ${name}; the same command goes on from there`);
    return 130;
  }
  const names = due.map((name) => stageName(model, name, seed));
  console.log(
    `\n${stageTable(stageLines(place, names))}\n\n${costTable(costLines(place, names))}\n`,
  );
  const seconds = (Date.now() - started) / 1000;
  console.log(`${formatSeconds(seconds)} now; everything is in ${shortPath(place)}`);
  return 0;
}
