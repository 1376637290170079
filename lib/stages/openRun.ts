import type { Row } from '../core/csv';
import { startEngine } from '../engine/tensorflow';
import type { ModelSize } from '../model/config';
import { Run, type RunInfo, type SavedState } from '../runs/run';
import { local, runFolder, stageName, type Place } from './places';

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
export interface TrainingOptions<Settings> {
  readonly size: ModelSize;
  readonly seed: number;
  /** default: what the reader makes */
  readonly place?: Place;
  /** what differs from the defaults of the model's size */
  readonly settings?: Partial<Settings>;
  /** called after each step with its row of `metrics.csv` and the number of all steps */
  readonly onStep?: (row: Row, steps: number) => void | Promise<void>;
}

/**
 * Opens the run of a stage: a new one, or an interrupted one with the same settings, whose saved state is returned. The
 * run records the settings, the versions and the machine. Throws a UserError where the folder holds a finished run, or
 * one with other settings.
 */
export async function openRun(
  { stage, size, seed, place = local, startedAt }: RunOf,
  config: RunInfo['config'],
): Promise<{ run: Run; saved: SavedState | null }> {
  const { tensorflow, device, cpu, threads, node } = await startEngine();
  const versions = { node, tensorflow, device, cpu, threads: String(threads) };
  const folder = runFolder(place, stageName(size, stage, seed));
  return Run.open(folder, { stage, size, seed, config, versions }, startedAt);
}
