/** A stage in a notebook: trained now under a live chart, or read back from the run that is there. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Row } from '../core/csv';
import { Stopped, UserError } from '../core/errors';
import { formatSeconds } from '../core/progress';
import { disposeTree } from '../engine/tree';
import { loadCheckpoint } from '../model/checkpoint';
import type { Model } from '../model/parameters';
import { liveChart } from '../plots/show';
import type { Chart } from '../plots/theme';
import { readFinishedRun, type FinishedRun } from '../runs/finishedRun';
import { readMetrics, readRunInfo } from '../runs/run';
import { checkpointFolder, local, recorded, runFolder, shortPath } from '../stages/places';
import type { FoundModel, Place } from '../stages/places';
import type { Workbook } from './openWorkbook';

/** A finished stage, whether it ran just now or before. */
export interface StageRun extends FinishedRun {
  /** of the run */
  readonly folder: string;
  readonly model: Model;
  readonly origin: FoundModel['origin'];
}

/** How a stage is drawn while it trains, and how it is trained. */
export interface DrawnTraining {
  /** the chart of the rows so far; `steps` is how many there will be */
  readonly draw: (rows: readonly Row[], steps: number) => Chart;
  /** trains and reports each step; null when the person stopped it */
  readonly train: (
    onStep: (row: Row, steps: number) => void,
  ) => Promise<{ readonly model: Model } | null>;
  /** at the end the live chart gives way to a sentence: for a run that another chart shows */
  readonly inWords?: boolean;
}

/**
 * Returns the run of that name: the one that is there, or one that is trained now under a live chart. Throws `Stopped`
 * where the person stopped the training, and a UserError where a run is to be replayed that is not recorded.
 */
export async function runDrawn(
  book: Workbook,
  name: string,
  { draw, train, inWords = false }: DrawnTraining,
): Promise<StageRun> {
  const chart = liveChart();
  const there = existing(book, name);
  if (!there) {
    const result = await train(drawnOnceASecond(chart, draw));
    if (!result) throw new Stopped('run the cell again to go on from here');
    disposeTree(result.model.parameters); // the run is read back from its folder
  }
  const run = there ?? readStage(book.place, name);
  chart.update(draw(run.metrics, run.info.steps));
  await chart.end(inWords);
  return run;
}

/** Returns a stage that is there already, in replay mode the recorded one, or null where it has to be trained. */
function existing({ mode, place }: Workbook, name: string): StageRun | null {
  const from = mode === 'replay' ? recorded : place;
  if (mode !== 'replay' && !readRunInfo(runFolder(from, name))?.finished) return null;
  const run = readStage(from, name);
  const { seconds, commit } = run.info;
  console.log(
    mode === 'replay'
      ? `replaying the recorded run ${name} (${formatSeconds(seconds)}, commit ${commit})`
      : `${name} is trained already (${formatSeconds(seconds)}). To train it anew, run this before:\n` +
          `  import { forget } from './lib/workbook/index'; forget('${name}');`,
  );
  return run;
}

function readStage(place: Place, name: string): StageRun {
  const folder = runFolder(place, name);
  const run = readFinishedRun(folder);
  if (!run) throw new UserError(`no finished run at ${shortPath(folder)}: train it first`);
  const model = loadCheckpoint(checkpointFolder(place, name));
  return { ...run, folder, model, origin: place === recorded ? 'recorded' : 'yours' };
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

/** Removes the reader's own run and checkpoint of that name, so that it can be trained anew. */
export function forget(name: string): void {
  fs.rmSync(runFolder(local, name), { recursive: true, force: true });
  fs.rmSync(checkpointFolder(local, name), { recursive: true, force: true });
}

/** The rows of `metrics.csv` of the run that made a checkpoint. */
export function metricsOf({ folder }: Pick<FoundModel, 'folder'>): Row[] {
  return readMetrics(path.join(folder, '../../runs', path.basename(folder)));
}
