import * as path from 'node:path';
import type { Row } from '../core/csv';
import { readEvaluations, readMetrics, readRollouts, readRunInfo } from './run';
import type { RolloutRecord, RunInfo } from './run';

/** A finished run, read back from its folder. */
export interface FinishedRun {
  /** the name of its folder, for example `small-r1-zero-s0` */
  readonly name: string;
  readonly info: RunInfo;
  /** the rows of `metrics.csv`, one a step */
  readonly metrics: readonly Row[];
  /** the rows of `evaluations.csv` */
  readonly evaluations: readonly Row[];
  readonly rollouts: readonly RolloutRecord[];
}

/** Reads the run of a folder. Returns null where there is none, or one that is not finished. */
export function readFinishedRun(folder: string): FinishedRun | null {
  const info = readRunInfo(folder);
  if (!info?.finished) return null;
  return {
    name: path.basename(folder),
    info,
    metrics: readMetrics(folder),
    evaluations: readEvaluations(folder),
    rollouts: readRollouts(folder),
  };
}
