/** Runs stages: each with those that it needs before it, and none that is done. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { disposeTree } from '../engine/tree';
import type { GateCheck } from '../evaluation/gate';
import { loadCheckpoint } from '../model/checkpoint';
import type { Model } from '../model/parameters';
import { readRunInfo, removeLeftovers, type RunInfo } from '../runs/run';
import { checkpointFolder, runFolder, shortPath, stageName, type Place } from '../stages/places';
import { refuseUseless, type RLSettings } from '../stages/settings';
import { stages, type StageName } from './graph';
import { makesModel, refuseCaller, type CallerSettings } from './kinds';
import type { Preset } from './presets';
import type { Asked, StageSettings } from './stage';

export interface RunOptions {
  readonly preset: Preset;
  readonly seed: number;
  readonly place: Place;
  /** for this stage alone: those that it needs are made as the preset has them */
  readonly caller?: CallerSettings;
}

/**
 * Runs one stage and what it needs, unless they are done. Returns null when the person stopped it. Throws a UserError,
 * before anything is run, where the stage cannot do what the caller asks for.
 */
export async function runStage(stage: StageName, options: RunOptions): Promise<RunInfo | null> {
  const { preset, seed, place, caller = {} } = options;
  const { size } = preset;
  const { anyBase, make } = stages[stage];
  const settings = checkedSettings(stage, { preset, caller });
  const done = finishedRun(place, stageName(size, stage, seed), caller);
  if (done) return done;
  const needed = neededBy(stage, options);
  for (const before of needed) {
    const info = await runStage(before.stage, before);
    if (!info) return null;
    if (preset.gated && before.stage === 'base' && !anyBase) refuseFailedGate(info);
  }
  const names = needed.map((before) => stageName(before.preset.size, before.stage, before.seed));
  const models = names
    .filter((_, i) => makesModel(stages[needed[i]!.stage].kind))
    .map((name) => loadStage(place, name));
  const startedAt = Date.now();
  const fromName = names[0] ?? '';
  try {
    const made = await make({ stage, size, seed, place, startedAt, names, fromName, models }, settings); // prettier-ignore
    if (made?.model) disposeTree(made.model.parameters); // it is in its checkpoint
    return made?.info ?? null;
  } finally {
    disposeTree(models.map(({ parameters }) => parameters));
  }
}

/** Returns the settings of a stage. Throws a UserError where it cannot do its work with what the caller asks for. */
export function checkedSettings(stage: StageName, asked: Asked): StageSettings {
  const { kind, settings } = stages[stage];
  refuseCaller(stage, kind, asked.caller);
  const all = settings(asked);
  if (kind === 'RL') refuseUseless(stage, all.run as RLSettings);
  return all;
}

/** The stages that a stage needs, those of its teacher last. */
export function neededBy(
  stage: StageName,
  { preset, seed, place }: RunOptions,
): (RunOptions & { readonly stage: StageName })[] {
  const { needs, ofTeacher = [] } = stages[stage];
  const teacher = { preset: { ...preset, size: preset.teacher }, seed: 0, place };
  return [
    ...needs.map((before) => ({ stage: before, preset, seed, place })),
    ...ofTeacher.map((before) => ({ stage: before, ...teacher })),
  ];
}

/** The run where it is finished. One that was made with other values than the caller asks for is a UserError. */
export function finishedRun(place: Place, name: string, caller: CallerSettings): RunInfo | null {
  const folder = runFolder(place, name);
  const info = readRunInfo(folder);
  if (!info?.finished) return null;
  removeLeftovers(folder);
  for (const [key, value] of Object.entries(caller))
    if (info.config[key] !== value)
      throw new UserError(
        `${name} is finished with ${String(info.config[key])} ${key}: remove ${shortPath(folder)} to make it anew`,
      );
  return info;
}

/** Reinforcement learning on a base that failed its gate would only turn searching off: better to say so. */
function refuseFailedGate({ result, size, stage, seed }: RunInfo): void {
  const failed = ((result?.gate ?? []) as GateCheck[]).filter(({ passed }) => !passed);
  if (failed.length > 0)
    throw new UserError(
      `${stageName(size, stage, seed)} did not pass its gate (${failed.map((c) => c.name).join('; ')}): remove it and use more --tokens or another --seed`,
    );
}

function loadStage(place: Place, name: string): Model {
  const folder = checkpointFolder(place, name);
  if (!fs.existsSync(path.join(folder, 'model.safetensors')))
    throw new UserError(
      `${folder} is missing though its run is finished: remove ${runFolder(place, name)}`,
    );
  return loadCheckpoint(folder);
}
