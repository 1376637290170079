/**
 * Supervised fine-tuning on traces: next-token training on the completions alone. The stages of R1 that imitate
 * (cold start, Dev3, distillation) differ only in the model they start from and in their traces.
 */
import type { Row } from '../core/csv';
import { UserError } from '../core/errors';
import { loop } from '../core/loop';
import { progress } from '../core/progress';
import { createRandom, shuffle } from '../core/random';
import { stopNearTensorLimit } from '../engine/memory';
import { generalOf } from '../evaluation/general';
import { problemsOf } from '../evaluation/evaluate';
import type { Evaluation } from '../evaluation/score';
import type { ModelSize } from '../model/config';
import { cloneParameters, type Model } from '../model/parameters';
import { defaultRewardWeights } from '../rewards/reward';
import { Run, type RunInfo } from '../runs/run';
import { nextTokenLoss, type TextBatch } from '../training/nextToken';
import { packBatches } from '../training/packing';
import { warmUpAndDecay } from '../training/schedule';
import { createSoftLabelTrainer } from '../training/softLabels';
import { createTrainerState, Trainer } from '../training/trainer';
import { decodeTrainerState, encodeTrainerState } from '../training/trainerState';
import { evaluateLevel } from './evaluateLevel';
import { local, runFolder, samplerFor, saveModel, stageName, type Place } from './places';
import { sftSettings, type SftSettings } from './settings';
import { traceSequence, type Trace } from './traces';
import { versions } from './versions';

export interface SftOptions {
  size: ModelSize;
  seed: number;
  stage: string;
  /** the model to start from, and its name for the record */
  from: Model;
  fromName: string;
  traces: readonly Trace[];
  /** learn this model's distributions over the traces instead of the traces' tokens */
  softLabels?: Model;
  /** kept in `run.json`: where the traces come from and how many were filtered out */
  about?: Readonly<Record<string, unknown>>;
  place?: Place;
  /** in milliseconds: when the traces were begun to be collected; default now */
  startedAt?: number;
  settings?: Partial<SftSettings>;
  /** called after each step with its row of `metrics.csv` */
  onStep?: (row: Row, steps: number) => void | Promise<void>;
}

export interface SftResult {
  readonly model: Model;
  /** on held-out problems, one for each task and level */
  readonly evaluations: readonly Evaluation[];
  readonly info: RunInfo;
}

/** Trains on the traces, or goes on with an interrupted run. Stopped by the person, it saves itself and returns null. */
export async function trainSft(options: SftOptions): Promise<SftResult | null> {
  const { size, seed, stage, from, fromName, traces, about = {}, place = local, onStep } = options;
  if (traces.length === 0)
    throw new UserError(`no trace to learn from in ${stage}: sample more, or from a better model`);
  const settings = sftSettings(size, options.settings);
  const { config } = from;
  const name = stageName(size, stage, seed);
  const { run, saved } = Run.open(
    runFolder(place, name),
    {
      stage,
      size,
      seed,
      config: { from: fromName, model: config, ...settings, traces: traces.length },
      versions: await versions(),
    },
    options.startedAt,
  );
  const state = saved
    ? decodeTrainerState(config, settings.optimizer, saved.state, run.folder)
    : createTrainerState(cloneParameters(from.parameters), settings.optimizer);
  const trainer = options.softLabels
    ? createSoftLabelTrainer(options.softLabels, config, settings.optimizer, state)
    : new Trainer(nextTokenLoss(config), settings.optimizer, state);
  const sampler = samplerFor(config);
  const perEpoch = Math.ceil(traces.length / settings.tracesPerStep);
  const steps = settings.epochs * perEpoch;
  const bar = progress(name, steps, { from: saved?.step });

  const oneStep = async (step: number): Promise<void> => {
    const epoch = Math.floor(step / perEpoch);
    const order = shuffle(traces, createRandom(seed, 'sft', epoch));
    const first = (step % perEpoch) * settings.tracesPerStep;
    const part = order.slice(first, first + settings.tracesPerStep);
    const { batches, tokens } = traceBatches(part, settings);
    const learningRate =
      settings.learningRate * warmUpAndDecay(step, steps, settings.warmUpSteps, 0.1);
    const { loss, gradientNorm } = trainer.step(batches, learningRate);
    run.tokens += tokens;
    const row: Row = {
      step,
      seconds: run.seconds,
      tokens: run.tokens,
      epoch,
      'loss/policy': loss!,
      'loss/gradientNorm': gradientNorm!,
      learningRate,
    };
    run.metrics.push(row);
    bar.update(step + 1, `loss ${loss!.toFixed(3)}`);
    await onStep?.(row, steps);
    stopNearTensorLimit();
  };

  try {
    const { step, stopped } = await loop(saved?.step ?? 0, steps, oneStep);
    if (stopped) {
      bar.end(`stopped after step ${step}; run it again to go on`);
      run.save(step, encodeTrainerState(trainer.state));
      return null;
    }
    const evaluations: Evaluation[] = [];
    const report = (note: string): void => bar.update(step, note);
    for (const spec of settings.evaluated) {
      const set = problemsOf(spec, settings.finalProblems);
      const { maxNewTokens } = settings;
      const at = { set, step, seed, settings: { maxNewTokens, rewards: defaultRewardWeights }, report }; // prettier-ignore
      evaluations.push(await evaluateLevel(run, trainer.state.parameters, sampler, at));
    }
    bar.end();
    const model = { config, parameters: cloneParameters(trainer.state.parameters) };
    const general = await generalOf(model, sampler, settings.finalGeneralPrompts, seed);
    saveModel(place, name, model);
    const info = run.finish(step, { ...about, evaluations, ...general });
    return { model, evaluations, info };
  } finally {
    sampler.dispose();
    trainer.dispose();
  }
}

/** The batches of one step, with a mean over the completions' tokens. */
function traceBatches(
  traces: readonly Trace[],
  { batches }: SftSettings,
): { batches: Generator<TextBatch>; tokens: number } {
  const sequences = traces.map(traceSequence);
  const learned = sequences.map(({ channels }) => channels.weights as number[]);
  const tokens = learned.flat().filter((weight) => weight > 0).length;
  const scaled = sequences.map(({ ids }, i) => ({
    ids,
    channels: { weights: learned[i]!.map((weight) => weight / tokens) },
  }));
  return { batches: packBatches(scaled, batches, ['weights']), tokens };
}
