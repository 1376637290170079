/**
 * The base model: next-token training from random weights on the corpus, a random sample of documents in each step,
 * until the gate says that reinforcement learning has something to work with. The counterpart of DeepSeek-V3-Base,
 * which the paper takes as given.
 */
import type { Row } from '../core/csv';
import { loop } from '../core/loop';
import { progress } from '../core/progress';
import { createRandom } from '../core/random';
import { drillAccuracy } from '../evaluation/drillAccuracy';
import { stopNearTensorLimit } from '../engine/memory';
import { gateText, measureGate, measureTaskGate, type GateResult } from '../evaluation/gate';
import { modelConfig, type ModelSize } from '../model/config';
import { cloneParameters, initParameters, type Model } from '../model/parameters';
import { Run, type RunInfo } from '../runs/run';
import type { Sampler } from '../sampling/sampler';
import { corpusDocument } from '../tasks/corpus';
import { taskVocabularySize } from '../tokenizer/vocabulary';
import { documentBatches, documentLoss } from '../training/nextToken';
import { warmUpAndDecay } from '../training/schedule';
import { createTrainerState, Trainer } from '../training/trainer';
import { decodeTrainerState, encodeTrainerState } from '../training/trainerState';
import { corpusNamed, isOfWorkbook } from './corpora';
import { local, runFolder, samplerFor, saveModel, stageName, type Place } from './places';
import { baseSettings, type BaseSettings } from './settings';
import { versions } from './versions';

export interface BaseOptions {
  size: ModelSize;
  seed: number;
  /** name of the stage in file names; `base` unless it is a control */
  stage?: string;
  place?: Place;
  settings?: Partial<BaseSettings>;
  /** called after each step with its row of `metrics.csv` */
  onStep?: (row: Row, steps: number) => void | Promise<void>;
  /** measure the gate and train on while it fails; default true, false for the controls */
  gated?: boolean;
}

export interface BaseResult {
  readonly model: Model;
  readonly gate: GateResult;
  readonly info: RunInfo;
}

/** Trains a base model, or goes on with an interrupted one. Stopped by the person, it saves itself and returns null. */
export async function trainBase(options: BaseOptions): Promise<BaseResult | null> {
  const { size, seed, stage = 'base', place = local, gated = true, onStep } = options;
  const settings = baseSettings(size, options.settings);
  const config = modelConfig(size, taskVocabularySize);
  const name = stageName(size, stage, seed);
  const { run, saved } = Run.open(runFolder(place, name), {
    stage,
    size,
    seed,
    config: { model: config, ...settings, gated },
    versions: await versions(),
  });
  const state = saved
    ? decodeTrainerState(config, settings.optimizer, saved.state, run.folder)
    : createTrainerState(initParameters(config, seed), settings.optimizer);
  const trainer = new Trainer(documentLoss(config), settings.optimizer, state);
  const model = (): Model => ({ config, parameters: trainer.state.parameters });
  const corpus = corpusNamed(settings.corpus);
  const places = settings.batches.reduce((sum, { rows, rowLength }) => sum + rows * rowLength, 0);
  const tokensPerStep = 0.95 * places;
  const stepsFor = (tokens: number): number => Math.max(1, Math.round(tokens / tokensPerStep));
  const planned = stepsFor(settings.tokens);
  const extension = stepsFor(settings.extensionTokens);

  const oneStep = async (step: number, bar: ReturnType<typeof progress>): Promise<void> => {
    const random = createRandom(seed, 'documents', step);
    const next = (): number[] => corpusDocument(corpus, random).ids;
    const { batches, tokens } = documentBatches(next, settings.batches);
    const learningRate = settings.learningRate * rateAt(step, planned, extension, settings);
    const { loss, gradientNorm } = trainer.step([batches], learningRate);
    run.tokens += tokens;
    const row: Row = {
      step,
      seconds: run.seconds,
      tokens: run.tokens,
      'loss/policy': loss!,
      'loss/gradientNorm': gradientNorm!,
      learningRate,
      'eval/drillAccuracy': step % 250 === 249 ? drillAccuracy(model()) : null,
      'speed/tokensPerSecond': run.tokens / run.seconds,
    };
    run.metrics.push(row);
    bar.update(step + 1, `loss ${loss!.toFixed(3)}`);
    await onStep?.(row, planned);
    if (step % 1000 === 999) run.save(step + 1, encodeTrainerState(trainer.state));
    stopNearTensorLimit();
  };

  const sampler = samplerFor(config);
  try {
    let from = saved?.step ?? 0;
    for (let extensions = 0; ; extensions++) {
      const to = planned + extensions * extension;
      if (from < to) {
        const bar = progress(`pre-training ${name}`, to, { from });
        const { step, stopped } = await loop(from, to, (s) => oneStep(s, bar));
        bar.end(stopped ? `stopped after step ${step}; run it again to go on` : undefined);
        if (stopped) {
          run.save(step, encodeTrainerState(trainer.state));
          return null;
        }
        from = to;
      }
      const gate = await gateOf(model(), sampler, settings);
      console.log(gateText(gate));
      if (!gated || gate.passed || extensions === settings.maxExtensions) {
        const parameters = cloneParameters(trainer.state.parameters);
        saveModel(place, name, { config, parameters });
        const info = run.finish(from, {
          gate: gate.checks,
          evaluations: gate.evaluations,
          extensions,
        });
        return { model: { config, parameters }, gate, info };
      }
      console.log(`the gate is not passed: training on for ${settings.extensionTokens} tokens`);
    }
  } finally {
    sampler.dispose();
    trainer.dispose();
  }
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

/** Share of the full learning rate: a line down to a twentieth, and a lower one for each extension. */
function rateAt(
  step: number,
  planned: number,
  extension: number,
  { warmUpSteps }: BaseSettings,
): number {
  return step < planned
    ? warmUpAndDecay(step, planned, warmUpSteps)
    : 0.3 * warmUpAndDecay((step - planned) % extension, extension, 10);
}
