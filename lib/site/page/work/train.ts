/** R1-Zero in the page: the loop of the library, with its run on the page's disk. */
import type { Row } from '../../../core/csv';
import { disposeTree } from '../../../engine/tree';
import type { ModelSize } from '../../../model/config';
import type { Model } from '../../../model/parameters';
import type { FinishedRun } from '../../../runs/finishedRun';
import {
  readEvaluations,
  readInspection,
  readMetrics,
  readRollouts,
  readRunInfo,
  type RolloutRecord,
} from '../../../runs/run';
import { evaluationRow } from '../../../stages/evaluateLevel';
import { checkpointFolder, local, runFolder, stageName } from '../../../stages/places';
import { trainRL } from '../../../stages/rl';
import type { RLSettings } from '../../../stages/settings';
import { inspectorData, type InspectorData } from '../../../workbook/inspectorData';
import {
  addWish,
  ordersOf,
  type PanelState,
  type Wish,
  type Wishes,
} from '../../../workbook/panelState';
import { filesIn } from '../node/fs';
import { forget, keep } from './keep';

/** What is trained: R1-Zero of a size, from the base of that size and seed 0. */
export interface Training {
  readonly size: ModelSize;
  readonly seed: number;
  readonly steps: number;
}

/** Who is told how the run goes on. */
export interface Watcher {
  /** the panel before each step */
  panel(state: PanelState): void;
  /** a row of `metrics.csv`, and what was kept of the rollouts */
  step(row: Row, kept: readonly RolloutRecord[]): void;
  /** the browser does not keep the run any longer */
  notKept(): void;
  /** rows of `evaluations.csv` */
  evaluated(rows: readonly Row[]): void;
}

/** Less than the recorded runs do between their steps, so that a page is not kept waiting. */
const settings: Partial<RLSettings> = {
  evaluateEvery: 25,
  evaluationProblems: 50,
  finalProblems: 150,
  finalGeneralPrompts: 0,
  inspect: { everySteps: 20, problems: 4 },
};

const wishes: Wishes = { now: {} };

/** Hands a person's wish to the run that goes on. */
export const wish = (added: Wish): void => addWish(wishes, added);

export const nameOfRun = ({ size, seed }: Training): string => stageName(size, 'r1-zero', seed);
const folderOf = (training: Training): string => runFolder(local, nameOfRun(training));

/**
 * Trains, or goes on with a run that was kept, until it is finished or the person stops it. `base` is the model that it starts from; its weights stay the caller's.
 */
export async function train(training: Training, base: Model, watcher: Watcher): Promise<void> {
  const { size, seed, steps } = training;
  const folder = folderOf(training);
  wishes.now = {};
  const made = await trainRL({
    ...{ size, seed, from: base, fromName: stageName(size, 'base', 0) },
    settings: { ...settings, steps },
    saveEvery: 3,
    steering: { before: (standing) => ordersOf(standing, wishes, (state) => watcher.panel(state)) },
    async onStep(row, _, kept) {
      watcher.step(row, kept ?? []);
      if (!(await keep(folder))) watcher.notKept();
    },
    onEvaluation: (step, evaluations) =>
      watcher.evaluated(evaluations.map((one) => evaluationRow(step, one))),
  }).finally(() => keep(folder));
  if (!made) return;
  disposeTree(made.model.parameters);
  await keep(checkpointFolder(local, nameOfRun(training)));
}

/** What the page shows of a run that was kept, finished or not. */
export type KeptRun = Omit<FinishedRun, 'name'>;

/** A run that was kept, as far as it has come, or null. */
export function keptRun(training: Training): KeptRun | null {
  const folder = folderOf(training);
  const info = readRunInfo(folder);
  if (!info) return null;
  const [metrics, evaluations] = [readMetrics(folder), readEvaluations(folder)];
  return { info, metrics, evaluations, rollouts: readRollouts(folder) };
}

/** The files of the run, and of its checkpoint where it is finished, by their paths below `data/local`. */
export function filesOf(training: Training): Map<string, Uint8Array> {
  const name = nameOfRun(training);
  const of = (kind: string, folder: string) =>
    [...filesIn(folder)].map(([file, bytes]) => [`${kind}/${name}/${file}`, bytes] as const);
  return new Map([
    ...of('runs', folderOf(training)),
    ...of('checkpoints', checkpointFolder(local, name)),
  ]);
}

/** The groups that were inspected, or null before the first. */
export function inspected(training: Training): InspectorData | null {
  const lines = readInspection(folderOf(training));
  return lines.length > 0 ? inspectorData(nameOfRun(training), lines) : null;
}

/** Forgets a run and its checkpoint. */
export async function forgetRun(training: Training): Promise<void> {
  await forget(folderOf(training));
  await forget(checkpointFolder(local, nameOfRun(training)));
}
