/** The part of `npm run recipe` that trains a language model. */
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { stopOnInterrupt } from '../core/loop';
import { formatSeconds } from '../core/format';
import { callerOf } from '../recipe/kinds';
import { languageStageNamed, languageStagesOf } from '../recipe/language/graph';
import { checkedLanguageSettings, runLanguageStage } from '../recipe/language/runLanguageStage';
import { languageMemory, languageTaskGraph } from '../recipe/language/taskGraph';
import { costLines, costTable } from '../reports/cost';
import { stageLines, stageTable } from '../reports/stageTables';
import { findLanguageModel } from '../stages/language/models';
import { broughtForTask, placeOfTask } from '../recipe/ownTask';
import { recorded, shortPath, stageName, type Place } from '../stages/places';
import { courseNamed, courseNames } from '../recipe/language/data';
import { findTaskInWords } from '../stages/ownTask';
import { wholeNumber } from './arguments';
import { rayRecipe, seedsNamed } from './rayRecipe';

/** What the command line says. */
interface Asked {
  readonly model: string;
  readonly data?: string;
  readonly stage?: string;
  readonly steps?: string;
  readonly seed: string;
  readonly recorded: boolean;
  readonly on?: string;
  readonly cores?: string;
  // what a language model has no use for
  readonly preset?: string;
  readonly size?: string;
  readonly task?: string;
  readonly tokens?: string;
}

/** Prints what the finished stages among these measured and cost. */
const printTables = (place: Place, names: readonly string[]): void =>
  console.log(
    `\n${stageTable(stageLines(place, names))}\n\n${costTable(costLines(place, names))}\n`,
  );

/** Runs a stage, or all of them, after `begin`, which is called once everything is checked. Returns the exit code. */
export async function languageRecipe(asked: Asked, begin: () => Promise<void>): Promise<number> {
  for (const name of ['preset', 'size', 'task', 'tokens'] as const)
    if (asked[name] !== undefined)
      throw new UserError(`--${name} does not go with --model: leave it out`);
  const { model, data = 'words', stage } = asked;
  if (!courseNames.includes(data)) await findTaskInWords(data);
  const steps = asked.steps === undefined ? {} : { steps: wholeNumber(asked.steps, '--steps', 1) };
  const place = asked.recorded ? path.join(recorded, 'tasks', data) : placeOfTask(data);
  const due = stage === undefined ? languageStagesOf(courseNamed(data)) : [stage];
  const all = due.map((name) => ({
    stage: name,
    caller: stage === undefined ? callerOf(languageStageNamed(name).kind, steps) : steps,
  }));
  const seeds =
    asked.on === undefined ? [wholeNumber(asked.seed, '--seed')] : seedsNamed(asked.seed);
  const options = { model, data, seed: seeds[0]!, place };
  for (const one of all) checkedLanguageSettings(one.stage, { ...options, caller: one.caller });
  findLanguageModel(model);
  if (asked.on !== undefined) {
    const memory = languageMemory(model, data);
    const tasks = languageTaskGraph(all, { seeds, model, data, memory });
    const { within, reads } = broughtForTask(data);
    const brought = { within, reads: [...reads, `models/${model}`] };
    const code = await rayRecipe(tasks, { on: asked.on, cores: asked.cores, place, brought });
    if (code === 0)
      printTables(
        place,
        tasks.map(({ name }) => name),
      );
    return code;
  }
  await begin();
  stopOnInterrupt();
  const started = Date.now();
  for (const one of all) {
    if (await runLanguageStage(one.stage, { ...options, caller: one.caller })) continue;
    console.log(`stopped in ${one.stage}; the same command goes on from there`);
    return 130;
  }
  printTables(
    place,
    due.map((name) => stageName(model, name, options.seed)),
  );
  const seconds = (Date.now() - started) / 1000;
  console.log(`${formatSeconds(seconds)} now; everything is in ${shortPath(place)}`);
  return 0;
}
