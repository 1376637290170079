/** Recorded runs for figures. One that is missing is an error that says how to make it. */
import { UserError } from '../core/errors';
import { weightsOf, type ModelConfig } from '../model/config';
import type { RecordedRun } from '../plots/paper/ours';
import { readFinishedRun } from '../runs/finishedRun';
import { readRunInfo } from '../runs/run';
import { knownStage } from '../recipe/graph';
import { presets, type PresetName } from '../recipe/presets';
import { recorded, runFolder, stageName } from '../stages/places';
import { finishedSeeds } from './finishedSeeds';

/** The one error that a figure may be left out for. */
export class NoRunError extends UserError {}

/** Everything that a finished run left, of seed 0 unless another is named. */
export function recordedRun(size: string, stage: string, seed = 0): RecordedRun {
  const name = stageName(size, stage, seed);
  const run = readFinishedRun(runFolder(recorded, name));
  if (!run)
    throw new NoRunError(
      `no recorded run ${name}: npm run recipe -- ${optionsOf(size, stage, seed)}`,
    );
  return { ...run, weights: weightsOf(run.info.config.model as ModelConfig) };
}

/** Whether there is a finished run of this stage. */
export const isRecorded = (size: string, stage: string, seed = 0): boolean =>
  readRunInfo(runFolder(recorded, stageName(size, stage, seed)))?.finished === true;

/** The finished runs of a stage, seed 0 first. Without one of seed 0 it is an error that says how to make it. */
export function recordedSeeds(size: string, stage: string): RecordedRun[] {
  const others = finishedSeeds(recorded, size, stage).filter((seed) => seed > 0);
  return [0, ...others].map((seed) => recordedRun(size, stage, seed));
}

/** The preset that recorded runs of a stage are made with: students and the models of other sizes belong to `full`. */
export const presetOfRecorded = (size: string, stage: string): PresetName =>
  size === presets.quick.size && !knownStage(stage)?.ofStudents ? 'quick' : 'full';

/** The options with which the command makes a recorded run. */
function optionsOf(size: string, stage: string, seed: number): string {
  const preset = presetOfRecorded(size, stage);
  return [
    ...(preset === 'quick' ? [] : ['--preset', preset, '--size', size]),
    ...['--stage', stage],
    ...(seed === 0 ? [] : ['--seed', seed]),
    '--recorded',
  ].join(' ');
}
