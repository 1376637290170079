/**
 * Supervised fine-tuning on traces: next-token training on the completions alone. The stages of R1 that imitate
 * (cold start, Dev3, distillation) differ only in the model they start from and in their traces.
 */
import type { Row } from '../core/csv';
import { UserError } from '../core/errors';
import { progress, type Progress } from '../core/progress';
import { createRandom, shuffle } from '../core/random';
import { generalOf } from '../evaluation/general';
import { problemsOf } from '../evaluation/evaluate';
import type { Evaluation } from '../evaluation/score';
import { recordedShape } from '../model/config';
import { cloneParameters, type Model } from '../model/parameters';
import { defaultRewardWeights } from '../rewards/reward';
import type { OpenedRun, Run, RunInfo } from '../runs/run';
import { nextTokenLoss, type TextBatch } from '../training/nextToken';
import { packBatches } from '../training/packing';
import { warmUpAndDecay } from '../training/schedule';
import { createSoftLabelTrainer } from '../training/softLabels';
import { createTrainerState, Trainer } from '../training/trainer';
import { decodeTrainerState, encodeTrainerState } from '../training/trainerState';
import { evaluateLevel } from './evaluateLevel';
import { openRun, type TrainingOptions } from './loop/openRun';
import { local, samplerFor, saveModel, stageName } from './places';
import { sftSettings, type SftSettings } from './settings';
import { traceSequence, type Trace } from './traces';
import { trainingLoop } from './loop/trainingLoop';

export interface SftOptions extends TrainingOptions<SftSettings> {
  readonly stage: string;
  /** the model to start from, and its name for the record */
  readonly from: Model;
  readonly fromName: string;
  readonly traces: readonly Trace[];
  /** learn this model's distributions over the traces instead of the traces' tokens */
  readonly softLabels?: Model;
  /** kept in `run.json`: where the traces come from and how many were filtered out */
  readonly about?: Readonly<Record<string, unknown>>;
  /** in milliseconds: when the traces were begun to be collected; default now */
  readonly startedAt?: number;
}

export interface SftResult {
  readonly model: Model;
  /** on held-out problems, one for each task and level */
  readonly evaluations: readonly Evaluation[];
  readonly info: RunInfo;
}

/** A run in progress: what all of its steps share. */
interface RunningSft {
  readonly options: SftOptions;
  readonly name: string;
  readonly settings: SftSettings;
  readonly run: Run;
  readonly trainer: Pick<Trainer<TextBatch>, 'step' | 'state' | 'dispose'>;
  readonly stepsPerEpoch: number;
  readonly steps: number;
  readonly bar: Progress;
}

/**
 * Trains on the traces, or goes on with an interrupted run of the same settings. Returns null when the person stopped
 * it: the run has saved itself then and goes on with the next call. Throws a UserError where there is no trace.
 */
export async function trainSft(options: SftOptions): Promise<SftResult | null> {
  const { size, stage, from, fromName, traces } = options;
  if (traces.length === 0)
    throw new UserError(`no trace to learn from in ${stage}: sample more, or from a better model`);
  const settings = sftSettings(size, options.settings);
  const about = {
    from: fromName,
    model: recordedShape(from.config),
    ...settings,
    traces: traces.length,
  };
  return openRun(options, about, (opened) => trainOpened(options, settings, opened));
}

async function trainOpened(
  options: SftOptions,
  settings: SftSettings,
  opened: OpenedRun,
): Promise<SftResult | null> {
  const { running, firstStep } = startSft(options, settings, opened);
  const { run, trainer, steps, bar } = running;
  try {
    const all = { run, trainer, from: firstStep, to: steps };
    const { step, stopped } = await trainingLoop(all, (at) => oneStep(running, at));
    if (!stopped) return await finishSft(running, step);
    bar.end(`stopped after step ${step}; run it again to go on`);
    run.save(step, encodeTrainerState(trainer.state));
    return null;
  } finally {
    trainer.dispose();
  }
}

/** Makes the trainer of a new run, or of an interrupted one where it stands. */
function startSft(
  options: SftOptions,
  settings: SftSettings,
  { run, saved }: OpenedRun,
): { running: RunningSft; firstStep: number } {
  const { size, seed, stage, from, traces, softLabels: teacher } = options;
  const { config } = from;
  const state = saved
    ? decodeTrainerState(config, settings.optimizer, saved.state, run.folder)
    : createTrainerState(cloneParameters(from.parameters), settings.optimizer);
  const trainer = teacher
    ? createSoftLabelTrainer(teacher, config, settings.optimizer, state)
    : new Trainer(nextTokenLoss(config), settings.optimizer, state);
  const stepsPerEpoch = Math.ceil(traces.length / settings.tracesPerStep);
  const steps = settings.epochs * stepsPerEpoch;
  const name = stageName(size, stage, seed);
  const bar = progress(name, steps, { from: saved?.step });
  const running = { options, name, settings, run, trainer, stepsPerEpoch, steps, bar };
  return { running, firstStep: saved?.step ?? 0 };
}

/** One step: the next traces of the epoch's random order, an update, and its row of `metrics.csv`. */
async function oneStep(running: RunningSft, step: number): Promise<void> {
  const { options, settings, run, trainer, stepsPerEpoch, steps, bar } = running;
  const epoch = Math.floor(step / stepsPerEpoch);
  const order = shuffle(options.traces, createRandom(options.seed, 'sft', epoch));
  const first = (step % stepsPerEpoch) * settings.tracesPerStep;
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
  await options.onStep?.(row, steps);
}

/** Measures the trained model, saves it as a checkpoint, and closes the run. */
async function finishSft(running: RunningSft, step: number): Promise<SftResult> {
  const { options, name, settings, run, trainer, bar } = running;
  const { seed, about = {}, place = local } = options;
  const { config } = options.from;
  const { evaluated, finalProblems, finalGeneralPrompts, maxNewTokens } = settings;
  const sampler = samplerFor(config);
  try {
    const evaluations: Evaluation[] = [];
    const report = (note: string): void => bar.update(step, note);
    const rewarded = { maxNewTokens, rewards: defaultRewardWeights };
    for (const spec of evaluated) {
      const at = { set: problemsOf(spec, finalProblems), step, seed, settings: rewarded, report };
      evaluations.push(await evaluateLevel(run, trainer.state.parameters, sampler, at));
    }
    bar.end();
    const model = { config, parameters: cloneParameters(trainer.state.parameters) };
    const general = await generalOf(model, sampler, finalGeneralPrompts, seed);
    saveModel(place, name, model);
    return { model, evaluations, info: run.finish(step, { ...about, evaluations, ...general }) };
  } finally {
    sampler.dispose();
  }
}

/** The batches of one step. Their losses add up to a mean over the completions' tokens. */
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
