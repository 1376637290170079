/** Runs stages of a language model: each with those that it needs before it, and none that is done. */
import { UserError } from '../../core/errors';
import { disposeTree } from '../../engine/tree';
import type { RunInfo } from '../../runs/run';
import { loadAdapted, loadLanguageModel } from '../../stages/language/models';
import { stageName, type Place } from '../../stages/places';
import { refuseUseless, type RLSettings } from '../../stages/settings';
import { refuseCaller, type CallerSettings } from '../kinds';
import { finishedRun } from '../runStage';
import type { StageSettings } from '../stage';
import { courseNamed } from './data';
import { isForCourse, languageStageNamed } from './graph';

export interface LanguageRunOptions {
  /** the name of the start model */
  readonly model: string;
  /** the course, or the task in words */
  readonly data: string;
  readonly seed: number;
  readonly place: Place;
  /** for this stage alone */
  readonly caller?: CallerSettings;
}

/** Returns the settings of a stage. Throws a UserError where it cannot do its work with what the caller asks for. */
export function checkedLanguageSettings(
  stage: string,
  { data, caller = {} }: LanguageRunOptions,
): StageSettings {
  const found = languageStageNamed(stage);
  const { kind, task, settings } = found;
  refuseCaller(stage, kind, caller);
  const course = courseNamed(data);
  if (!isForCourse(found, course))
    throw new UserError(`${stage} rewards answers to ${task}, and ${data} has other problems: use another stage`); // prettier-ignore
  const all = settings({ course, caller });
  if (kind === 'RL') refuseUseless(stage, all.run as RLSettings);
  return all;
}

/**
 * Runs one stage and what it needs, unless they are done. Returns null when the person stopped it. Throws a UserError,
 * before anything is run, where the stage cannot do what the caller asks for.
 */
export async function runLanguageStage(
  stage: string,
  options: LanguageRunOptions,
): Promise<RunInfo | null> {
  const { model, seed, place, caller = {} } = options;
  const { needs, make } = languageStageNamed(stage);
  const settings = checkedLanguageSettings(stage, options);
  const done = finishedRun(place, stageName(model, stage, seed), caller);
  if (done) return done;
  for (const before of needs)
    if (!(await runLanguageStage(before, { ...options, caller: {} }))) return null;
  const names = needs.map((before) => stageName(model, before, seed));
  const startedAt = Date.now();
  const start = loadLanguageModel(model);
  const models = names.map((name) => loadAdapted(name, place));
  const fromName = names[0] ?? model;
  const job = { stage, size: model, seed, place, startedAt, names, fromName, start, models };
  const opened = [start, ...models];
  try {
    const made = await make(job, settings);
    if (made?.model) opened.push(made.model); // it is in its checkpoint, and shares tensors with the others
    return made?.info ?? null;
  } finally {
    disposeTree(opened.map(({ parameters }) => parameters));
  }
}
