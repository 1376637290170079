/** The graph of stages as tasks that other machines can do: each with its command, and what it needs before. */
import { readRunInfo } from '../runs/run';
import { runFolder, stageName, type Place } from '../stages/places';
import type { ModelSize } from '../model/config';
import type { StageName } from './graph';
import type { CallerSettings } from './kinds';
import type { Preset } from './presets';
import { neededBy } from './runStage';

/** A stage of a seed. */
export interface Task {
  /** of its run and checkpoint */
  readonly name: string;
  readonly stage: StageName;
  readonly size: ModelSize;
  readonly seed: number;
  /** the caller's settings, for this stage alone */
  readonly caller: CallerSettings;
  /** the names of the stages whose folders have to be there */
  readonly needs: readonly string[];
}

/** A stage that the caller asks for. */
export interface AskedTask {
  readonly stage: StageName;
  readonly preset: Preset;
  readonly caller: CallerSettings;
}

/**
 * Returns the stages of all seeds and those that they need, each once and after what it needs. A stage that is asked for
 * has the caller's settings, one that is only needed has not, as without other machines.
 */
export function taskGraph(
  asked: readonly AskedTask[],
  seeds: readonly number[],
  place: Place,
): Task[] {
  const tasks = new Map<string, Task>();
  const add = ({ stage, preset, caller }: AskedTask, seed: number): string => {
    const name = stageName(preset.size, stage, seed);
    if (tasks.has(name)) return name;
    const needs = neededBy(stage, { preset, seed, place }).map((one) =>
      add({ ...one, caller: callerFor(one.stage, one.preset.size) }, one.seed),
    );
    tasks.set(name, { name, stage, size: preset.size, seed, caller, needs });
    return name;
  };
  const callerFor = (stage: StageName, size: ModelSize): CallerSettings =>
    asked.find((one) => one.stage === stage && one.preset.size === size)?.caller ?? {};
  for (const seed of seeds) for (const one of asked) add(one, seed);
  return [...tasks.values()];
}

/** Whether the run of a task is finished in a place. */
export const isDone = ({ name }: Pick<Task, 'name'>, place: Place): boolean =>
  readRunInfo(runFolder(place, name))?.finished === true;
