import * as path from 'node:path';
import type { Row } from '../../core/csv';
import { UserError } from '../../core/errors';
import { removeHalfWritten } from '../../core/files';
import { startEngine } from '../../engine/tensorflow';
import type { ModelSize } from '../../model/config';
import { RunHeld } from '../../runs/lock';
import { logKindNamed } from '../../runs/log';
import {
  readRunInfo,
  Run,
  type OpenedRun,
  type RolloutRecord,
  type RunInfo,
  type RunPlan,
} from '../../runs/run';
import { checkpointFolder, local, runFolder, stageName, type Place } from '../places';

/** Whose run it is, and where it goes. */
export interface RunOf {
  readonly stage: string;
  readonly size: string;
  readonly seed: number;
  /** default: what the reader makes */
  readonly place?: Place;
  /** in milliseconds: when the stage began, which may be before its run is opened; default now */
  readonly startedAt?: number;
}

/** What every stage that trains is asked. `Settings` are those of its kind. */
export interface TrainingOptions<Settings, Size extends string = ModelSize> {
  readonly size: Size;
  readonly seed: number;
  /** default: what the reader makes */
  readonly place?: Place;
  /** what differs from the defaults of the model's size */
  readonly settings?: Partial<Settings>;
  /** called after each step with its row of `metrics.csv`, the number of all steps, and the rollouts that were kept of it */
  readonly onStep?: (
    row: Row,
    steps: number,
    kept?: readonly RolloutRecord[],
  ) => void | Promise<void>;
}

/** Milliseconds between two looks at a run that another process is making. */
const lookEvery = 1000;

/**
 * Opens the run of a stage and does the work of the stage on it: a new run, or an interrupted one with the same settings,
 * whose saved state is given. However the work ends, the run is given back then. The run records the settings, the
 * versions and the machine; a line is printed where an interrupted run goes on with others. Throws a UserError where the
 * folder holds a finished run, or one with other settings, or one that another process is making. With R1_WAIT=1 it
 * waits for the other process; R1_LOG names a log that is written beside the run's own files.
 */
export async function openRun<T>(
  { stage, size, seed, place = local, startedAt }: RunOf,
  config: RunInfo['config'],
  work: (opened: OpenedRun) => Promise<T>,
): Promise<T> {
  const { tensorflow, device, cpu, threads, node } = await startEngine();
  const versions = { node, tensorflow, device, cpu, threads: String(threads) };
  const name = stageName(size, stage, seed);
  const plan = { stage, size, seed, config, versions };
  const { R1_LOG: log } = process.env;
  const kind = log ? logKindNamed(log) : null;
  const opened = await openInTurn(runFolder(place, name), plan, startedAt);
  if (kind) opened.run.logTo(kind);
  try {
    removeHalfWritten(checkpointFolder(place, name));
    for (const data of ['traces', 'preferences'])
      removeHalfWritten(path.join(place, data), `${name}.`);
    if (opened.changed !== '')
      console.log(
        `${name} goes on, but not as it began (${opened.changed}): the last digits of its numbers may differ`,
      );
    return await work(opened);
  } finally {
    opened.run.close();
  }
}

/** Opens a run. Where another process is making it, this waits until that has ended, if R1_WAIT=1 asks for it. */
async function openInTurn(folder: string, plan: RunPlan, startedAt?: number): Promise<OpenedRun> {
  for (let waited = false; ; waited = true) {
    try {
      return Run.open(folder, plan, startedAt);
    } catch (error) {
      if (waited && readRunInfo(folder)?.finished)
        throw new UserError(`${folder} was finished meanwhile: run the same again to read it`);
      if (!(error instanceof RunHeld) || process.env.R1_WAIT !== '1') throw error;
      if (!waited) console.log(`waiting: ${error.message}`);
      await new Promise((resolve) => setTimeout(resolve, lookEvery));
    }
  }
}
