/**
 * What the notebooks share: the mode they run in, and stages that train live with a chart, or replay a recorded run.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Row } from '../core/csv';
import { Stopped, UserError } from '../core/errors';
import { formatSeconds } from '../core/progress';
import { disposeTree } from '../engine/tree';
import { startEngine } from '../engine/tensorflow';
import type { ModelSize } from '../model/config';
import type { Model } from '../model/parameters';
import { baseChart, rlChart } from '../plots/fromRun';
import { liveChart } from '../plots/show';
import type { Chart } from '../plots/theme';
import { loadCheckpoint } from '../model/checkpoint';
import {
  readEvaluations,
  readMetrics,
  readRollouts,
  readRunInfo,
  type RolloutRecord,
  type RunInfo,
} from '../runs/run';
import { trainBase } from '../stages/base';
import type { StageName } from '../recipe/graph';
import {
  checkpointFolder,
  findCheckpoint,
  local,
  recorded,
  runFolder,
  shortPath,
  stageName,
  type FoundModel,
  type Place,
} from '../stages/places';
import { mixtureWithGeneral } from '../stages/preferenceRL';
import { presets, type Preset } from '../recipe/presets';
import { runStage } from '../recipe/runStage';
import type { BaseSettings, SftSettings, RLSettings } from '../stages/settings';
import type { Preference } from '../stages/preferences';
import { trainRewardModel } from '../stages/rewardModel';
import type { RewardFunction } from '../rewards/reward';
import type { Judge } from '../stages/rollouts';
import { trainSft } from '../stages/sft';
import type { Steering } from '../stages/steering';
import { readTraces, traceFile, type Trace } from '../stages/traces';
import { trainRL } from '../stages/rl';

/**
 * `live` trains the small model here and now, `full` the base model; `replay` draws the recorded runs; `smoke` runs
 * every cell in seconds on a tiny model, for tests.
 */
export type Mode = 'smoke' | 'replay' | 'live' | 'full';

export interface Workbook {
  readonly mode: Mode;
  readonly size: ModelSize;
  readonly seed: number;
  /** where this notebook's runs go */
  readonly place: Place;
  readonly preset: Preset;
}

const modes: readonly Mode[] = ['smoke', 'replay', 'live', 'full'];

/** In the notebooks evaluations are short; the recorded runs use 300 problems. */
const shortEvaluations = { evaluateEvery: 50, evaluationProblems: 40, finalProblems: 100 };

/** What `live` does less of than the recorded runs, so that a notebook takes five minutes. */
const livePreset: Preset = {
  ...presets.quick,
  rl: { ...presets.quick.rl, ...shortEvaluations },
  sft: { finalProblems: shortEvaluations.finalProblems },
  preferenceRL: { steps: 34, late: { from: 16, plan: mixtureWithGeneral } },
};

/**
 * Starts the engine, says what it runs on, and fixes mode, model size and seed. R1_MODE in the environment wins over the
 * mode that a cell asks for. Throws a UserError for an unknown mode.
 */
export async function openWorkbook({
  mode: asked = 'live' as Mode,
  seed = 0,
} = {}): Promise<Workbook> {
  const mode = (process.env.R1_MODE ?? asked) as Mode;
  if (!modes.includes(mode)) throw new UserError(`unknown mode ${mode}: use ${modes.join(', ')}`);
  const { tensorflow, device, cpu, threads, node } = await startEngine();
  const preset: Preset =
    mode === 'smoke' ? presets.smoke : mode === 'full' ? presets.full : livePreset;
  console.log(
    [
      `TensorFlow ${tensorflow} on the ${device} (${cpu}, ${threads} threads), Node ${node}`,
      `mode ${mode}, model ${preset.size}, seed ${seed}`,
    ].join('\n'),
  );
  const place = mode === 'smoke' ? smokePlace() : local;
  return { mode, size: preset.size, seed, place, preset };
}

/** A folder for the runs of a test: a given one, which several notebooks share, or one of this process's own. */
function smokePlace(): Place {
  const shared = process.env.R1_SMOKE_PLACE;
  if (shared) return shared;
  const own = path.join(os.tmpdir(), `r1-smoke-${process.pid}`);
  process.on('exit', () => fs.rmSync(own, { recursive: true, force: true }));
  return own;
}

/** A finished stage, whether it ran just now or before. */
export interface StageRun {
  /** of the run */
  readonly folder: string;
  readonly model: Model;
  readonly info: RunInfo;
  readonly metrics: readonly Row[];
  readonly evaluations: readonly Row[];
  readonly rollouts: readonly RolloutRecord[];
  readonly origin: FoundModel['origin'];
}

function readStage(place: Place, name: string): StageRun {
  const folder = runFolder(place, name);
  const info = readRunInfo(folder);
  if (!info?.finished)
    throw new UserError(`no finished run at ${shortPath(folder)}: train it first`);
  return {
    folder,
    model: loadCheckpoint(checkpointFolder(place, name)),
    info,
    metrics: readMetrics(folder),
    evaluations: readEvaluations(folder),
    rollouts: readRollouts(folder),
    origin: place === recorded ? 'recorded' : 'yours',
  };
}

/** A stage that is there already, or null when it has to be trained: the recorded one in replay mode. */
function existing({ mode, place }: Workbook, name: string): StageRun | null {
  const from = mode === 'replay' ? recorded : place;
  if (mode !== 'replay' && !readRunInfo(runFolder(from, name))?.finished) return null;
  const run = readStage(from, name);
  const { seconds, commit } = run.info;
  console.log(
    mode === 'replay'
      ? `replaying the recorded run ${name} (${formatSeconds(seconds)}, commit ${commit})`
      : `${name} is trained already (${formatSeconds(seconds)}). To train it anew, run this before:\n` +
          `  import { forget } from './lib/workbook/workbook'; forget('${name}');`,
  );
  return run;
}

/** Removes the reader's own run and checkpoint of that name, so that it can be trained anew. */
export function forget(name: string): void {
  fs.rmSync(runFolder(local, name), { recursive: true, force: true });
  fs.rmSync(checkpointFolder(local, name), { recursive: true, force: true });
}

/** The run of that name with its live chart: what is there, or `train` now. At the end the chart, or a sentence. */
export async function runDrawn(
  book: Workbook,
  name: string,
  draw: (rows: readonly Row[], steps: number) => Chart,
  train: (onStep: (row: Row, steps: number) => void) => Promise<{ readonly model: Model } | null>,
  inWords = false,
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

/** The base model of this workbook: pre-trained now with a live loss curve, or what is there. */
export async function runBase(
  book: Workbook,
  { stage = 'base', settings = {} }: { stage?: string; settings?: Partial<BaseSettings> } = {},
): Promise<StageRun> {
  const { size, seed, place, preset } = book;
  const name = stageName(size, stage, seed);
  const heading = { title: `Pre-training ${name}`, subtitle: 'mean of 50 steps' };
  return runDrawn(
    book,
    name,
    (rows) => baseChart(heading, rows),
    (onStep) => {
      const all = { ...preset.base, ...settings };
      const gated = preset.gated && stage === 'base';
      return trainBase({ size, seed, stage, place, settings: all, gated, onStep });
    },
  );
}

/** R1-Zero from a base model, now with live curves, or what is there. */
export async function runRL(
  book: Workbook,
  from: Pick<FoundModel, 'model'>,
  options: {
    /** a stage of the recipe, or a name of one's own */
    stage?: string;
    /** the stage that `from` is; default: the base that belongs to this stage */
    fromStage?: string;
    settings?: Partial<RLSettings>;
    title?: string;
    /** another reward than the rules', or a reward model beside them */
    rewardFn?: RewardFunction;
    judge?: Judge;
    /** changes settings on the way: `trainingPanel()`, or a log that is replayed */
    steering?: Steering;
    /** at the end the live chart gives way to a sentence: for a run that another chart shows */
    inWords?: boolean;
  } = {},
): Promise<StageRun> {
  const { size, seed, place, preset } = book;
  const { stage = 'r1-zero', fromStage, title = 'R1-Zero', rewardFn, judge, steering } = options;
  const name = stageName(size, stage, seed);
  const subtitle = `${name}: rollouts on training problems, mean of five steps`;
  return runDrawn(
    book,
    name,
    (rows, steps) => rlChart({ title, subtitle }, rows, steps),
    (onStep) => {
      const settings = { ...preset.rl, ...options.settings };
      const fromName = stageName(size, fromStage ?? stage.replace('r1-zero', 'base'), seed);
      const job = { size, seed, stage, place, from: from.model, fromName };
      return trainRL({ ...job, settings, rewardFn, judge, steering, onStep });
    },
    options.inWords,
  );
}

/** Fine-tuning of a model on traces, now with a live loss curve, or what is there. */
export async function runSft(
  book: Workbook,
  from: Pick<FoundModel, 'model'>,
  traces: readonly Trace[],
  options: {
    stage?: string;
    about?: Record<string, unknown>;
    title?: string;
    settings?: Partial<SftSettings>;
  } = {},
): Promise<StageRun> {
  const { size, seed, place, preset } = book;
  const { stage = 'dev1', about, title = 'Cold start' } = options;
  const name = stageName(size, stage, seed);
  const heading = { title, subtitle: `${name}: loss on the traces, mean of ten steps` };
  return runDrawn(
    book,
    name,
    (rows) => baseChart(heading, rows, 10),
    (onStep) => {
      const fromName = stageName(size, 'base', seed);
      const job = { size, seed, stage, place, from: from.model, fromName, traces, about };
      return trainSft({ ...job, settings: { ...preset.sft, ...options.settings }, onStep });
    },
  );
}

/** A reward model from preferences, now with a live loss curve, or what is there. */
export async function runRewardModel(
  book: Workbook,
  from: Pick<FoundModel, 'model'>,
  preferences: readonly Preference[],
): Promise<StageRun> {
  const { size, seed, place } = book;
  const stage: StageName = 'reward-model';
  const name = stageName(size, stage, seed);
  const subtitle = `${name}: loss on the pairs, mean of ten steps`;
  return runDrawn(
    book,
    name,
    (rows) => baseChart({ title: 'Reward model', subtitle }, rows, 10),
    (onStep) => {
      const fromName = stageName(size, 'dev3', seed);
      const job = { size, seed, stage, place, from: from.model, fromName, preferences };
      return trainRewardModel({ ...job, onStep });
    },
    true,
  );
}

/** The steps of the run that made a checkpoint. */
export function metricsOf({ folder }: FoundModel): Row[] {
  return readMetrics(path.join(folder, '../../runs', path.basename(folder)));
}

/** Collects rows and redraws about once a second: the drawing shares the processor with the training. */
function drawnOnceASecond(
  chart: ReturnType<typeof liveChart>,
  draw: (rows: readonly Row[], steps: number) => Chart,
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
 * The model a notebook starts from: the reader's own where there is one, else the recorded one. In smoke mode it is
 * trained on the spot.
 */
export async function startingPoint(
  { mode, size, seed, place, preset }: Workbook,
  stage: StageName,
): Promise<FoundModel> {
  const name = stageName(size, stage, seed);
  if (mode === 'smoke') {
    await runStage(stage, preset, seed, place);
    const folder = checkpointFolder(place, name);
    return { model: loadCheckpoint(folder), folder, origin: 'yours' };
  }
  const found = findCheckpoint(name);
  const whose = found.origin === 'yours' ? 'your own' : 'the recorded';
  console.log(`${whose} ${name} (${shortPath(found.folder)})`);
  return found;
}

/** R1's traces to learn from: the reader's own data set where there is one, else the recorded one. */
export async function teacherTraces({ mode, seed, place, preset }: Workbook): Promise<Trace[]> {
  const { teacher: size } = mode === 'smoke' ? preset : presets.full;
  if (mode === 'smoke') await runStage('distillation-data', preset, seed, place);
  const name = stageName(size, 'distillation-data', 0);
  const own = traceFile(place, name);
  const file = fs.existsSync(own) ? own : traceFile(recorded, name);
  console.log(`the data set ${name} (${shortPath(file)})`);
  return readTraces(file);
}
