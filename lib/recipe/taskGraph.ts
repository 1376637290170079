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
  /** the names of the stages whose folders have to be there */
  readonly needs: readonly string[];
  /** what it needs at most, in bytes */
  readonly memory: number;
  /** the options of `npm run recipe` that make it where all that it needs is done */
  readonly arguments: readonly string[];
}

/** A stage that the caller asks for. */
export interface AskedTask {
  readonly stage: StageName;
  readonly preset: Preset;
  readonly caller: CallerSettings;
}

/** Options of a command by their names; one that is undefined is not given. */
export type Options = Readonly<Record<string, string | number | undefined>>;

/** What the tasks of a graph share. */
export interface Shared {
  readonly seeds: readonly number[];
  readonly place: Place;
  /** options of `npm run recipe`, where they are given: the preset, a task of the reader's own */
  readonly common: Options;
}

/** Memory that a stage needs at most, measured: GRPO steps of each size with their sampler, in bytes. */
const memory: Readonly<Record<ModelSize, number>> = {
  tiny: 1.0e9,
  mini: 1.0e9,
  small: 1.2e9,
  base: 2.0e9,
  large: 6.0e9,
};

/**
 * Returns the stages of all seeds and those that they need, each once and after what it needs. A stage that is asked for
 * has the caller's settings, one that is only needed has not, as without other machines.
 */
export function taskGraph(asked: readonly AskedTask[], { seeds, place, common }: Shared): Task[] {
  const tasks = new Map<string, Task>();
  const add = ({ stage, preset, caller }: AskedTask, seed: number): string => {
    const name = stageName(preset.size, stage, seed);
    if (tasks.has(name)) return name;
    const needs = neededBy(stage, { preset, seed, place }).map((one) =>
      add({ ...one, caller: callerFor(one.stage, one.preset.size) }, one.seed),
    );
    const { size } = preset;
    tasks.set(name, {
      ...{ name, needs, memory: memory[size] },
      arguments: optionsText({ ...common, size, stage, seed, ...caller }),
    });
    return name;
  };
  const callerFor = (stage: StageName, size: ModelSize): CallerSettings =>
    asked.find((one) => one.stage === stage && one.preset.size === size)?.caller ?? {};
  for (const seed of seeds) for (const one of asked) add(one, seed);
  return [...tasks.values()];
}

/** Options as they stand on the command line. */
export const optionsText = (options: Options): string[] =>
  Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );

/** Whether the run of a task is finished in a place. */
export const isDone = ({ name }: Pick<Task, 'name'>, place: Place): boolean =>
  readRunInfo(runFolder(place, name))?.finished === true;
