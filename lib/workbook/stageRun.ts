/** A stage in a notebook: trained now under a live chart, or read back from the run that is there. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Row } from '../core/csv';
import { Stopped, UserError } from '../core/errors';
import { formatSeconds } from '../core/format';
import { disposeTree } from '../engine/tree';
import { loadCheckpoint } from '../model/checkpoint';
import type { Model } from '../model/parameters';
import { liveChart } from '../plots/show';
import type { Chart } from '../plots/theme';
import { placeOfTask } from '../recipe/ownTask';
import { readFinishedRun, type FinishedRun } from '../runs/finishedRun';
import { readMetrics, readRunInfo, type RolloutRecord } from '../runs/run';
import { checkpointFolder, local, recorded, runFolder, shortPath } from '../stages/places';
import type { FoundModel, Place } from '../stages/places';
import type { Workbook } from './openWorkbook';

/** A finished run, whether it was made just now or before. */
export interface DrawnRun extends FinishedRun {
  /** of the run */
  readonly folder: string;
  readonly origin: FoundModel['origin'];
}

/** A finished stage with its model. */
export interface StageRun extends DrawnRun {
  readonly model: Model;
}

/** Where runs are: what of a workbook is needed to find or make one. */
export interface RunPlaces extends Pick<Workbook, 'mode' | 'place'> {
  /** what is replayed; default: what the project ships */
  readonly recordedPlace?: Place;
  /** what has to be told `forget` beside the name; default: nothing */
  readonly data?: string;
}

/** What a training calls after each step. */
export type OnStep = (row: Row, steps: number, kept?: readonly RolloutRecord[]) => void;

/** How a stage is drawn while it trains, and how it is trained. */
export interface DrawnTraining {
  /** the chart of the rows so far; `steps` is how many there will be */
  readonly draw: (rows: readonly Row[], steps: number) => Chart;
  /** trains and reports each step; null when the person stopped it */
  readonly train: (onStep: OnStep) => Promise<{ readonly model: Model } | null>;
  /** gets the rollouts that are kept of each step */
  readonly read?: (kept: readonly RolloutRecord[]) => void;
  /** frees the trained model, which is read back from its folder; default: all of it */
  readonly free?: (model: Model) => void;
  /** at the end the live chart gives way to a sentence: for a run that another chart shows */
  readonly inWords?: boolean;
}

/** Returns a stage with its model: see `runDrawn`. */
export async function stageDrawn(
  book: RunPlaces,
  name: string,
  drawn: DrawnTraining,
): Promise<StageRun> {
  const run = await runDrawn(book, name, drawn);
  const place = path.resolve(run.folder, '../..');
  return { ...run, model: loadCheckpoint(checkpointFolder(place, name)) };
}

/**
 * Returns the run of that name: the one that is there, or one that is trained now under a live chart. Throws `Stopped`
 * where the person stopped the training, and a UserError where a run is to be replayed that is not recorded.
 */
export async function runDrawn(
  book: RunPlaces,
  name: string,
  { draw, train, read, free = freeAll, inWords = false }: DrawnTraining,
): Promise<DrawnRun> {
  const chart = liveChart();
  const there = existing(book, name);
  if (!there) {
    const redraw = drawnOnceASecond(chart, draw);
    const result = await train((row, steps, kept = []) => {
      redraw(row, steps);
      read?.(kept);
    });
    if (!result) throw new Stopped('run the cell again to go on from here');
    free(result.model);
  }
  const run = there ?? readRun(book.place, 'yours', name);
  if (there) read?.(there.rollouts.filter(({ split }) => split === 'train'));
  chart.update(draw(run.metrics, run.info.steps));
  await chart.end(inWords);
  return run;
}

const freeAll = ({ parameters }: Model): void => disposeTree(parameters);

/** Returns a run that is there already, in replay mode the recorded one, or null where it has to be made. */
function existing(
  { mode, place, recordedPlace = recorded, data }: RunPlaces,
  name: string,
): DrawnRun | null {
  const isReplay = mode === 'replay';
  if (!isReplay && !readRunInfo(runFolder(place, name))?.finished) return null;
  const run = isReplay ? readRun(recordedPlace, 'recorded', name) : readRun(place, 'yours', name);
  const told = data === undefined ? `'${name}'` : `'${name}', '${data}'`;
  const { seconds, commit } = run.info;
  console.log(
    mode === 'replay'
      ? `replaying the recorded run ${name} (${formatSeconds(seconds)}, commit ${commit})`
      : `${name} is trained already (${formatSeconds(seconds)}). To train it anew, run this before:\n` +
          `  import { forget } from './lib/workbook/index'; forget(${told});`,
  );
  return run;
}

function readRun(place: Place, origin: DrawnRun['origin'], name: string): DrawnRun {
  const folder = runFolder(place, name);
  const run = readFinishedRun(folder);
  if (!run) throw new UserError(`no finished run at ${shortPath(folder)}: train it first`);
  return { ...run, folder, origin };
}

/** Collects rows and redraws about once a second: the drawing shares the processor with the training. */
function drawnOnceASecond(
  chart: ReturnType<typeof liveChart>,
  draw: DrawnTraining['draw'],
): (row: Row, steps: number) => void {
  const rows: Row[] = [];
  let drawnAt = 0;
  return (row, steps) => {
    rows.push(row);
    if (rows.length < 2 || Date.now() - drawnAt < 1000) return;
    chart.update(draw(rows, steps));
    drawnAt = Date.now();
  };
}

/**
 * Removes the reader's own run and checkpoint of that name, so that it can be trained anew; of a language model those on
 * some data.
 */
export function forget(name: string, data?: string): void {
  const place = data === undefined ? local : placeOfTask(data);
  fs.rmSync(runFolder(place, name), { recursive: true, force: true });
  fs.rmSync(checkpointFolder(place, name), { recursive: true, force: true });
}

/** The rows of `metrics.csv` of the run that made a checkpoint. */
export function metricsOf({ folder }: Pick<FoundModel, 'folder'>): Row[] {
  return readMetrics(path.join(folder, '../../runs', path.basename(folder)));
}
