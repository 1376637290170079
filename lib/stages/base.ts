/**
 * The base model: next-token training from random weights on the corpus, a random sample of documents in each step,
 * until the gate says that reinforcement learning has something to work with. The counterpart of DeepSeek-V3-Base,
 * which the paper takes as given.
 */
import type { Row } from '../core/csv';
import { progress, type Progress } from '../core/progress';
import { createRandom } from '../core/random';
import { drillAccuracy } from '../evaluation/drillAccuracy';
import { gateText, measureGate, measureTaskGate, type GateResult } from '../evaluation/gate';
import { modelConfig, recordedShape, type ModelConfig } from '../model/config';
import { cloneParameters, initParameters, type Model } from '../model/parameters';
import type { OpenedRun, Run, RunInfo } from '../runs/run';
import type { Sampler } from '../sampling/sampler';
import { corpusDocument, type Corpus } from '../tasks/corpus';
import { taskVocabularySize } from '../tokenizer/vocabulary';
import { documentBatches, documentLoss, type TextBatch } from '../training/nextToken';
import { warmUpAndDecay } from '../training/schedule';
import { createTrainerState, Trainer } from '../training/trainer';
import { decodeTrainerState, encodeTrainerState } from '../training/trainerState';
import { corpusNamed, isOfWorkbook } from './corpora';
import { openRun, type TrainingOptions } from './loop/openRun';
import { local, samplerFor, saveModel, stageName } from './places';
import { baseSettings, type BaseSettings } from './settings';
import { trainingLoop } from './loop/trainingLoop';

export interface BaseOptions extends TrainingOptions<BaseSettings> {
  /** name of the stage in file names; `base` unless it is a control */
  readonly stage?: string;
  /** measure the gate and train on while it fails; default true, false for the controls */
  readonly gated?: boolean;
}

export interface BaseResult {
  readonly model: Model;
  readonly gate: GateResult;
  readonly info: RunInfo;
}

/** A run in progress: what all of its steps share. */
interface RunningBase {
  readonly options: BaseOptions;
  readonly name: string;
  readonly settings: BaseSettings;
  readonly config: ModelConfig;
  readonly corpus: Corpus;
  readonly run: Run;
  readonly trainer: Trainer<readonly TextBatch[]>;
  /** before the gate is measured for the first time */
  readonly plannedSteps: number;
  /** added each time that it fails */
  readonly extensionSteps: number;
}

/**
 * Trains a base model, or goes on with an interrupted run of the same settings. Returns null when the person stopped it:
 * the run has saved itself then and goes on with the next call. Throws a UserError for an unknown size or corpus.
 */
export async function trainBase(options: BaseOptions): Promise<BaseResult | null> {
  const { size, stage = 'base', gated = true } = options;
  const settings = baseSettings(size, options.settings);
  const config = modelConfig(size, taskVocabularySize);
  const about = { model: recordedShape(config), ...settings, gated };
  return openRun({ ...options, stage }, about, (opened) => trainOpened(options, settings, opened));
}

async function trainOpened(
  options: BaseOptions,
  given: BaseSettings,
  opened: OpenedRun,
): Promise<BaseResult | null> {
  const { running, firstStep } = startBase(options, given, opened);
  const { settings, config, trainer, plannedSteps, extensionSteps } = running;
  const sampler = samplerFor(config);
  try {
    let done = firstStep;
    for (let extensions = 0; ; extensions++) {
      const wanted = plannedSteps + extensions * extensionSteps;
      if (done < wanted && !(await trainUntil(running, done, wanted))) return null;
      done = Math.max(done, wanted);
      const gate = await gateOf(modelOf(running), sampler, settings);
      console.log(gateText(gate));
      if (!(options.gated ?? true) || gate.passed || extensions === settings.maxExtensions)
        return finishBase(running, done, gate, extensions);
      console.log(`the gate is not passed: training on for ${settings.extensionTokens} tokens`);
    }
  } finally {
    sampler.dispose();
    trainer.dispose();
  }
}

/** Makes the trainer of a new run, or of an interrupted one where it stands. */
function startBase(
  options: BaseOptions,
  settings: BaseSettings,
  { run, saved }: OpenedRun,
): { running: RunningBase; firstStep: number } {
  const { size, seed, stage = 'base' } = options;
  const config = modelConfig(size, taskVocabularySize);
  const corpus = corpusNamed(settings.corpus);
  const state = saved
    ? decodeTrainerState(config, settings.optimizer, saved.state, run.folder)
    : createTrainerState(initParameters(config, seed), settings.optimizer);
  const trainer = new Trainer(documentLoss(config), settings.optimizer, state);
  const name = stageName(size, stage, seed);
  const plannedSteps = stepsFor(settings.tokens, settings);
  const extensionSteps = stepsFor(settings.extensionTokens, settings);
  const running = { options, name, settings, config, corpus, run, trainer, plannedSteps, extensionSteps }; // prettier-ignore
  return { running, firstStep: saved?.step ?? 0 };
}

/** Steps that see about so many tokens: documents fill 95 % of the places of a batch. */
function stepsFor(tokens: number, { batches }: BaseSettings): number {
  const places = batches.reduce((sum, { rows, rowLength }) => sum + rows * rowLength, 0);
  return Math.max(1, Math.round(tokens / (0.95 * places)));
}

const modelOf = ({ config, trainer }: RunningBase): Model => ({
  config,
  parameters: trainer.state.parameters,
});

/** Trains from step `from` to step `to`. False when the person stopped it, and the run has saved itself. */
async function trainUntil(running: RunningBase, from: number, to: number): Promise<boolean> {
  const { name, run, trainer } = running;
  const bar = progress(`pre-training ${name}`, to, { from });
  const steps = { run, trainer, from, to };
  const { step, stopped } = await trainingLoop(steps, (at) => oneStep(running, at, bar));
  bar.end(stopped ? `stopped after step ${step}; run it again to go on` : undefined);
  if (stopped) run.save(step, encodeTrainerState(trainer.state));
  return !stopped;
}

/** One step: documents of the corpus at random, an update, and its row of `metrics.csv`. */
async function oneStep(running: RunningBase, step: number, bar: Progress): Promise<void> {
  const { options, settings, corpus, run, trainer, plannedSteps } = running;
  const random = createRandom(options.seed, 'documents', step);
  const next = (): number[] => corpusDocument(corpus, random).ids;
  const { batches, tokens } = documentBatches(next, settings.batches);
  const learningRate = settings.learningRate * rateAt(step, running);
  const { loss, gradientNorm } = trainer.step([batches], learningRate);
  run.tokens += tokens;
  const { seconds } = run;
  const row: Row = {
    step,
    seconds,
    tokens: run.tokens,
    'loss/policy': loss!,
    'loss/gradientNorm': gradientNorm!,
    learningRate,
    'eval/drillAccuracy': step % 250 === 249 ? drillAccuracy(modelOf(running)) : null,
    'speed/tokensPerSecond': run.tokens / seconds,
  };
  run.metrics.push(row);
  bar.update(step + 1, `loss ${loss!.toFixed(3)}`);
  await options.onStep?.(row, plannedSteps);
  if (step % 1000 === 999) run.save(step + 1, encodeTrainerState(trainer.state));
}

/** Saves the trained model as a checkpoint, and closes the run. */
function finishBase(
  { options, name, config, run, trainer }: RunningBase,
  steps: number,
  gate: GateResult,
  extensions: number,
): BaseResult {
  const model = { config, parameters: cloneParameters(trainer.state.parameters) };
  saveModel(options.place ?? local, name, model);
  const { checks, evaluations } = gate;
  return { model, gate, info: run.finish(steps, { gate: checks, evaluations, extensions }) };
}

/** Measures the gate: of the workbook's three tasks, or of the reader's own task that the corpus is about. */
function gateOf(
  model: Model,
  sampler: Sampler,
  { corpus, gateProblems: problems }: BaseSettings,
): Promise<GateResult> {
  return isOfWorkbook(corpus)
    ? measureGate(model, sampler, { problems })
    : measureTaskGate(corpus, model, sampler, { problems });
}

/** The share of the full learning rate: a line down to a twentieth, and a lower one for each extension. */
function rateAt(
  step: number,
  { settings: { warmUpSteps }, plannedSteps, extensionSteps }: RunningBase,
): number {
  return step < plannedSteps
    ? warmUpAndDecay(step, plannedSteps, warmUpSteps)
    : 0.3 * warmUpAndDecay((step - plannedSteps) % extensionSteps, extensionSteps, 10);
}
