/** The part of `npm run recipe` that trains a language model. */
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { stopOnInterrupt } from '../core/loop';
import { formatSeconds } from '../core/format';
import { callerOf } from '../recipe/kinds';
import { courseNamed, courseNames } from '../recipe/language/data';
import { languageStageNamed, languageStagesOf } from '../recipe/language/graph';
import { checkedLanguageSettings, runLanguageStage } from '../recipe/language/runLanguageStage';
import { languageMemory, languageTaskGraph } from '../recipe/language/taskGraph';
import { broughtForTask, placeOfTask } from '../recipe/ownTask';
import { finishedTables } from '../reports/finishedTables';
import { findLanguageModel } from '../stages/language/models';
import { recorded, shortPath, stageName } from '../stages/places';
import { findTaskInWords } from '../stages/ownTask';
import { wholeNumber } from './arguments';
import { rayRecipe, seedsNamed, type RayOptionsRead } from './rayRecipe';

/** What the command line says. */
interface Asked {
  readonly model: string;
  readonly data?: string;
  readonly stage?: string;
  readonly steps?: string;
  readonly seed: string;
  readonly recorded: boolean;
  readonly log?: string;
  // what a language model has no use for
  readonly preset?: string;
  readonly size?: string;
  readonly task?: string;
  readonly tokens?: string;
}

/** Runs a stage, or all of them, here or on Ray. Returns the exit code. */
export async function languageRecipe(asked: Asked, ray: RayOptionsRead): Promise<number> {
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
  const seeds = ray.on ? seedsNamed(asked.seed) : [wholeNumber(asked.seed, '--seed')];
  const options = { model, data, seed: seeds[0]!, place };
  for (const one of all) checkedLanguageSettings(one.stage, { ...options, caller: one.caller });
  findLanguageModel(model);
  if (ray.on) {
    const shared = { seeds, model, common: { data, log: asked.log } };
    const tasks = languageTaskGraph(all, { ...shared, memory: languageMemory(model, data) });
    const { within, reads } = broughtForTask(data);
    const brought = { within, reads: [...reads, `models/${model}`] };
    return rayRecipe(tasks, { ...ray.on, place, brought });
  }
  await ray.startDecoders();
  stopOnInterrupt();
  const started = Date.now();
  for (const one of all) {
    if (await runLanguageStage(one.stage, { ...options, caller: one.caller })) continue;
    console.log(`stopped in ${one.stage}; the same command goes on from there`);
    return 130;
  }
  const names = due.map((name) => stageName(model, name, options.seed));
  console.log(`\n${finishedTables(place, names)}\n`);
  const seconds = (Date.now() - started) / 1000;
  console.log(`${formatSeconds(seconds)} now; everything is in ${shortPath(place)}`);
  return 0;
}
