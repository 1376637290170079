/** What a node of the graph is. */
import type { ModelSize } from '../model/config';
import type { Model } from '../model/parameters';
import type { RunInfo } from '../runs/run';
import { stageName, type Place } from '../stages/places';
import type { Preset } from './presets';

/** A stage that is due, with the models of the stages it needs. */
export interface Job {
  readonly stage: string;
  readonly preset: Preset;
  readonly size: ModelSize;
  readonly seed: number;
  readonly place: Place;
  /** when the stage began, in milliseconds: sampling its data is part of it */
  readonly startedAt: number;
  /** names of the stages it needs, those of the teacher last */
  readonly names: readonly string[];
  /** the first of them, for the record; empty where the stage needs none */
  readonly fromName: string;
  /** the models of those that made one */
  readonly models: readonly Model[];
}

/** Null when the person stopped it. A stage that collects or measures leaves no model. */
export type Outcome = Promise<{ readonly info: RunInfo; readonly model?: Model } | null>;

export interface Stage<Name extends string = string> {
  /** first the stage whose weights it starts from, then those whose rollouts or scores it learns from */
  readonly needs: readonly Name[];
  /** stages of the teacher, which has a size of its own and seed 0 */
  readonly ofTeacher?: readonly Name[];
  /** false where it leaves data or measurements alone */
  readonly makesModel?: false;
  /** true where a base below the gate will do: to imitate, or to see what becomes of it */
  readonly anyBase?: true;
  make(job: Job): Outcome;
}

/** The name of the job's checkpoint and run. */
export const nameOf = ({ size, stage, seed }: Pick<Job, 'size' | 'stage' | 'seed'>): string =>
  stageName(size, stage, seed);
