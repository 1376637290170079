/** What a node of the graph is. */
import type { ModelSize } from '../model/config';
import type { Model } from '../model/parameters';
import type { RunInfo } from '../runs/run';
import { stageName, type Place } from '../stages/places';
import type { CallerSettings, StageKind } from './kinds';
import type { Preset } from './presets';

/** What the settings of a stage follow from. */
export interface Asked {
  readonly preset: Preset;
  readonly caller: CallerSettings;
}

/** The settings of a stage. */
export interface StageSettings<Run extends object = object, Data = unknown> {
  /** what `run.json` records */
  readonly run: Run;
  /** how the data are made that it learns from */
  readonly data?: Data;
}

/** A stage that is due, with the models of the stages that it needs. */
export interface Job<Size extends string = ModelSize> {
  readonly stage: string;
  readonly size: Size;
  readonly seed: number;
  readonly place: Place;
  /** when the stage began, in milliseconds: sampling its data is part of it */
  readonly startedAt: number;
  /** names of the stages that it needs, those of the teacher last */
  readonly names: readonly string[];
  /** the first of them, for the record; empty where the stage needs none */
  readonly fromName: string;
  /** the models of those that made one */
  readonly models: readonly Model[];
}

/** Null when the person stopped it. A stage that collects or measures leaves no model. */
export type Outcome = Promise<{ readonly info: RunInfo; readonly model?: Model } | null>;

export interface Stage<
  Name extends string = string,
  Settings extends StageSettings = StageSettings,
> {
  readonly kind: StageKind;
  /** first the stage whose weights it starts from, then those whose rollouts or scores it learns from */
  readonly needs: readonly Name[];
  /** stages of the teacher, which has a size of its own and seed 0 */
  readonly ofTeacher?: readonly Name[];
  /** true where it is about the students, which the preset `full` makes in several sizes */
  readonly ofStudents?: true;
  /** true where a base below the gate will do: to imitate, or to see what becomes of it */
  readonly anyBase?: true;
  /** the settings that the stage would run with; nothing is run and nothing is read */
  settings(asked: Asked): Settings;
  make(job: Job, settings: Settings): Outcome;
}

/** The name of the job's checkpoint and run. */
export const nameOf = ({
  size,
  stage,
  seed,
}: Pick<Job<string>, 'size' | 'stage' | 'seed'>): string => stageName(size, stage, seed);
