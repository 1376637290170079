import { UserError } from '../core/errors';
import { stopOnInterrupt } from '../core/loop';
import { formatSeconds } from '../core/format';
import { modelSizes, type ModelSize } from '../model/config';
import {
  chainStages,
  comparisonStages,
  controlStages,
  cycleStages,
  stageNamed,
  stages,
  studentStages,
} from '../recipe/graph';
import { callerOf, type CallerSettings } from '../recipe/kinds';
import { courseNames } from '../recipe/language/data';
import { languageStageNames } from '../recipe/language/graph';
import { broughtForTask, placeOfTask, presetForTask } from '../recipe/ownTask';
import { presetNamed, type Preset } from '../recipe/presets';
import { checkedSettings, runStage } from '../recipe/runStage';
import { taskGraph } from '../recipe/taskGraph';
import { wholeRecipe, type DueStage } from '../recipe/wholeRecipe';
import { finishedTables } from '../reports/finishedTables';
import { logKindNamed, logKinds } from '../runs/log';
import { findTask } from '../stages/ownTask';
import { local, recorded, shortPath, stageName } from '../stages/places';
import { readArguments, runCommand, wholeNumber } from './arguments';
import { languageRecipe } from './languageRecipe';
import { rayRecipe, readRayOptions, seedsNamed } from './rayRecipe';

/** Stages for the help, four to a line. */
const listed = (names: readonly string[]): string => {
  const lines = Array.from({ length: Math.ceil(names.length / 4) }, (_, i) =>
    names.slice(4 * i, 4 * i + 4).join(', '),
  );
  return lines.join(`,\n${' '.repeat(32)}`);
};

const help = `
npm run recipe -- [options]
Runs the recipe in the terminal, stage by stage; what is done is skipped, what was interrupted goes on.

  --preset smoke|quick|full   seconds for a test, the workshop's small model, or the recorded base model (quick)
  --size ${modelSizes.join('|')}  another model with the preset's settings; students are of the sizes the preset says
  --seed N                    seed of everything random (0)
  --stage NAME                only this stage, and those it needs where they are not done
                    stages      ${listed(chainStages)}
                    afterwards  ${listed(cycleStages)}
                    students    ${listed(['distillation-data', ...studentStages])}
                    controls    ${listed(controlStages)}
                    comparisons ${listed(comparisonStages)}
  --steps N                   steps of reinforcement learning
  --tokens N                  tokens of pre-training
                              With --stage both are for that stage alone: those it needs are made as the preset has
                              them. Without --stage they are for every stage that learns so. A stage that does not, or
                              that cannot do its work with so few, is refused before anything is run.
  --task NAME                 the chain to R1 on a task of your own, data/local/tasks/NAME.ts, in place of the three
                              tasks of the workbook; runs go to data/local/tasks/NAME/
  --model NAME                the recipe on a language model that npm run model has brought in, such as smollm2, with
                              adapters beside its weights; runs go to data/local/tasks/DATA/. With it:
    --data NAME                 what it is asked: ${courseNames.join(', ')}, or your own, NAME.jsonl or NAME.ts in
                                data/local/tasks/ (words)
    --stage NAME                ${languageStageNames.join(', ')}
    --steps N, --seed N         as above
  --on ray[:ADDRESS]          stages of all seeds side by side, on a Ray that is started here or on the one at ADDRESS, where
                              other machines set themselves up; with it --seed takes several: 0,1,2
    --cores N                   cores of each stage (1)
  --rollouts ray[:ADDRESS]    one run whose completions are decoded by workers on Ray, which hold the weights; it learns here
    --workers N                 how many of them (as many as the Ray has cores for)
    --cores N                   cores of each worker (1)
  --log ${logKinds.join('|')}       write the numbers of each run for TensorBoard, or as the table of W&B and trackio, too
  --recorded                  write to data/ instead of data/local/: for making the shipped runs
`;

/** A stage that is due, with what the caller asks of it. */
interface AskedStage extends DueStage {
  readonly caller: CallerSettings;
}

/** The stages that the command line asks for, checked: nothing is run where one of them cannot do its work. */
function askedStages(
  stage: string | undefined,
  preset: Preset,
  caller: CallerSettings,
): AskedStage[] {
  const due = stage
    ? [{ stage: stageNamed(stage), preset, caller }]
    : wholeRecipe(preset).map((one) => ({
        ...one,
        caller: callerOf(stages[one.stage].kind, caller),
      }));
  for (const one of due) checkedSettings(one.stage, one);
  return due;
}

/** Returns the size of that name. Throws a UserError for a name that is none. */
function sizeNamed(name: string): ModelSize {
  if (!modelSizes.includes(name as ModelSize))
    throw new UserError(`unknown size ${name}: use ${modelSizes.join(', ')}`);
  return name as ModelSize;
}

const options = {
  preset: { type: 'string' },
  size: { type: 'string' },
  seed: { type: 'string', default: '0' },
  stage: { type: 'string' },
  steps: { type: 'string' },
  tokens: { type: 'string' },
  task: { type: 'string' },
  model: { type: 'string' },
  data: { type: 'string' },
  log: { type: 'string' },
  on: { type: 'string' },
  rollouts: { type: 'string' },
  workers: { type: 'string' },
  cores: { type: 'string' },
  recorded: { type: 'boolean', default: false },
} as const;

async function main(): Promise<number> {
  const { values } = readArguments(help, options);
  if (values.log !== undefined) process.env.R1_LOG = logKindNamed(values.log);
  const ray = readRayOptions(values);
  if (values.model !== undefined) return languageRecipe({ ...values, model: values.model }, ray);
  if (values.data !== undefined)
    throw new UserError('--data goes with --model: name the language model, such as smollm2');
  const { preset: presetName = 'quick' } = values;
  const named = presetNamed(presetName);
  const sized: Preset =
    values.size === undefined ? named : { ...named, size: sizeNamed(values.size) };
  const task = values.task === undefined ? undefined : await findTask(values.task);
  const preset = task ? presetForTask(task, sized) : sized;
  const caller: CallerSettings = {
    ...(values.steps !== undefined && { steps: wholeNumber(values.steps, '--steps', 1) }),
    ...(values.tokens !== undefined && { tokens: wholeNumber(values.tokens, '--tokens', 1) }),
  };
  const due = askedStages(values.stage, preset, caller);
  const place = task ? placeOfTask(task.name) : values.recorded ? recorded : local;
  if (ray.on) {
    const common = { preset: presetName, task: task?.name, log: values.log };
    const tasks = taskGraph(due, { seeds: seedsNamed(values.seed), place, common });
    const brought = task && broughtForTask(task.name);
    return rayRecipe(tasks, { ...ray.on, place, ...(brought && { brought }) });
  }
  const seed = wholeNumber(values.seed, '--seed');
  await ray.startDecoders();
  stopOnInterrupt();
  const started = Date.now();
  for (const { stage, ...own } of due) {
    const info = await runStage(stage, { ...own, seed, place });
    if (!info) {
      console.log(`stopped in ${stage}; the same command goes on from there`);
      return 130;
    }
  }
  const names = due.map((one) => stageName(one.preset.size, one.stage, seed));
  console.log(`\n${finishedTables(place, names)}\n`);
  const seconds = (Date.now() - started) / 1000;
  console.log(`${formatSeconds(seconds)} now; everything is in ${shortPath(place)}`);
  return 0;
}

export const finished: Promise<void> = runCommand(main);
