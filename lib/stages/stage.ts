/** What a node of the graph is. */
import type { ModelSize } from '../model/config';
import type { Model } from '../model/parameters';
import type { RunInfo } from '../runs/run';
import { stageName, type Place } from './places';
import type { Preset } from './presets';

/** A stage that is due, with the models of the stages it needs. */
export interface Job {
  readonly stage: string;
  readonly preset: Preset;
  readonly size: ModelSize;
  readonly seed: number;
  readonly place: Place;
  /** name of the first of the models, for the record; empty where the stage needs none */
  readonly fromName: string;
  readonly models: readonly Model[];
}

/** Null when the person stopped it. */
export type Outcome = Promise<{ readonly info: RunInfo; readonly model: Model } | null>;

export interface Stage<Name extends string = string> {
  /** first the stage whose weights it starts from, then those whose rollouts or scores it learns from */
  readonly needs: readonly Name[];
  make(job: Job): Outcome;
}

/** The name of the job's checkpoint and run. */
export const nameOf = ({ size, stage, seed }: Pick<Job, 'size' | 'stage' | 'seed'>): string =>
  stageName(size, stage, seed);
