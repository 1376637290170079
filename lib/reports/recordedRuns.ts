/** Recorded runs for figures. One that is missing is an error that says how to make it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { weightsOf, type ModelConfig } from '../model/config';
import type { RecordedRun } from '../plots/paper/ours';
import { readEvaluations, readMetrics, readRollouts, readRunInfo } from '../runs/run';
import { recorded, runFolder, stageName } from '../stages/places';

/** The one error that a figure may be left out for. */
export class NoRunError extends UserError {}

/** Everything that a finished run left, of seed 0 unless another is named. */
export function recordedRun(size: string, stage: string, seed = 0): RecordedRun {
  const name = stageName(size, stage, seed);
  const folder = runFolder(recorded, name);
  const info = readRunInfo(folder);
  if (!info?.finished)
    throw new NoRunError(
      `no recorded run ${name}: npm run recipe -- ${optionsOf(size, stage, seed)}`,
    );
  return {
    name,
    weights: weightsOf(info.config.model as ModelConfig),
    info,
    metrics: readMetrics(folder),
    evaluations: readEvaluations(folder),
    rollouts: readRollouts(folder),
  };
}

/** Whether there is a finished run of this stage. */
export const isRecorded = (size: string, stage: string, seed = 0): boolean =>
  readRunInfo(runFolder(recorded, stageName(size, stage, seed)))?.finished === true;

/** The finished runs of a stage, seed 0 first: the others where they are recorded. */
export function recordedSeeds(size: string, stage: string): RecordedRun[] {
  const first = recordedRun(size, stage);
  const others = fs
    .readdirSync(path.join(recorded, 'runs'))
    .map((name) => /^(.*)-s([1-9]\d*)$/.exec(name))
    .filter((match) => match?.[1] === `${size}-${stage}`)
    .map((match) => Number(match![2]))
    .filter((seed) => isRecorded(size, stage, seed))
    .sort((a, b) => a - b);
  return [first, ...others.map((seed) => recordedRun(size, stage, seed))];
}

/** What makes a run: students and the larger models belong to the full preset. */
function optionsOf(size: string, stage: string, seed: number): string {
  const isQuick = size === 'small' && !/^(distilled|student)/.test(stage);
  return [
    ...(isQuick ? [] : ['--preset full --size', size]),
    ...['--stage', stage],
    ...(seed === 0 ? [] : ['--seed', seed]),
    '--recorded',
  ].join(' ');
}
