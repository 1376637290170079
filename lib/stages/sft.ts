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
import { recordedShape, type ModelSize } from '../model/config';
import type { Model } from '../model/parameters';
import { defaultRewardWeights } from '../rewards/reward';
import type { OpenedRun, Run, RunInfo } from '../runs/run';
import type { TextTokenizer } from '../tokenizer/textTokenizer';
import { warmUpAndDecay } from '../training/schedule';
import type { PromptedSequence } from '../training/sharedPacking';
import { encodeTrainerState } from '../training/trainerState';
import { evaluateLevel } from './evaluateLevel';
import { languageSftSettings } from './language/settings';
import { openRun, type TrainingOptions } from './loop/openRun';
import { startPupil, type Pupil } from './loop/pupil';
import { trainingLoop } from './loop/trainingLoop';
import { local, samplerFor, stageName } from './places';
import { sftSettings, type SftSettings } from './settings';
import { traceSequence, type Trace } from './traces';

export interface SftOptions extends TrainingOptions<SftSettings, string> {
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
  readonly pupil: Pupil;
  readonly stepsPerEpoch: number;
  readonly steps: number;
  readonly bar: Progress;
}

/**
 * Trains on the traces, or goes on with an interrupted run of the same settings. Returns null when the person stopped
 * it: the run has saved itself then and goes on with the next call. Throws a UserError where there is no trace.
 */
export async function trainSft(options: SftOptions): Promise<SftResult | null> {
  const { stage, from, fromName, traces } = options;
  if (traces.length === 0)
    throw new UserError(`no trace to learn from in ${stage}: sample more, or from a better model`);
  const settings = settingsOf(options);
  const about = {
    from: fromName,
    model: recordedShape(from.config),
    ...settings,
    traces: traces.length,
  };
  return openRun(options, about, (opened) => trainOpened(options, settings, opened));
}

/** The defaults of a language model, or of a size of the workbook's own, with what the caller asks for. */
const settingsOf = ({ size, from, settings }: SftOptions): SftSettings =>
  from.tokenizer ? languageSftSettings(settings) : sftSettings(size as ModelSize, settings);

async function trainOpened(
  options: SftOptions,
  settings: SftSettings,
  opened: OpenedRun,
): Promise<SftResult | null> {
  const { running, firstStep } = startSft(options, settings, opened);
  const { run, pupil, steps, bar } = running;
  try {
    const all = { run, trainer: pupil, from: firstStep, to: steps };
    const { step, stopped } = await trainingLoop(all, (at) => oneStep(running, at));
    if (!stopped) return await finishSft(running, step);
    bar.end(`stopped after step ${step}; run it again to go on`);
    run.save(step, encodeTrainerState(pupil.state));
    return null;
  } finally {
    pupil.dispose();
  }
}

/** Starts a new run, or an interrupted one where it stands. */
function startSft(
  options: SftOptions,
  settings: SftSettings,
  { run, saved }: OpenedRun,
): { running: RunningSft; firstStep: number } {
  const { size, seed, stage, traces, softLabels } = options;
  const { optimizer } = settings;
  const start = { ...options, optimizer, saved, where: run.folder };
  const pupil = startPupil(start, settings, softLabels);
  const stepsPerEpoch = Math.ceil(traces.length / settings.tracesPerStep);
  const steps = settings.epochs * stepsPerEpoch;
  const name = stageName(size, stage, seed);
  const bar = progress(name, steps, { from: saved?.step });
  const running = { options, name, settings, run, pupil, stepsPerEpoch, steps, bar };
  return { running, firstStep: saved?.step ?? 0 };
}

/** One step: the next traces of the epoch's random order, an update, and its row of `metrics.csv`. */
async function oneStep(running: RunningSft, step: number): Promise<void> {
  const { options, settings, run, pupil, stepsPerEpoch, steps, bar } = running;
  const epoch = Math.floor(step / stepsPerEpoch);
  const order = shuffle(options.traces, createRandom(options.seed, 'sft', epoch));
  const first = (step % stepsPerEpoch) * settings.tracesPerStep;
  const part = order.slice(first, first + settings.tracesPerStep);
  const { sequences, tokens } = learnedSequences(part, options.from.tokenizer);
  const learningRate =
    settings.learningRate * warmUpAndDecay(step, steps, settings.warmUpSteps, 0.1);
  const { loss, gradientNorm } = pupil.learn(sequences, learningRate);
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
  const { options, name, settings, run, pupil, bar } = running;
  const { seed, about = {}, place = local } = options;
  const { config, tokenizer } = options.from;
  const { evaluated, finalProblems, finalGeneralPrompts } = settings;
  const sampler = samplerFor(config, tokenizer);
  try {
    const evaluations: Evaluation[] = [];
    const report = (note: string): void => bar.update(step, note);
    const rewarded = { ...settings, rewards: defaultRewardWeights };
    for (const spec of evaluated) {
      const at = { set: problemsOf(spec, finalProblems), step, seed, settings: rewarded, report };
      evaluations.push(await evaluateLevel(run, pupil.weights(), sampler, at));
    }
    bar.end();
    const model = pupil.model();
    const general = await generalOf(model, sampler, finalGeneralPrompts, seed);
    pupil.save(place, name);
    return { model, evaluations, info: run.finish(step, { ...about, evaluations, ...general }) };
  } finally {
    sampler.dispose();
  }
}

/** The sequences of one step, whose weights add up to 1, and the number of tokens that are learned. */
function learnedSequences(
  traces: readonly Trace[],
  tokenizer?: TextTokenizer,
): { sequences: PromptedSequence<'weights'>[]; tokens: number } {
  const sequences = traces.map((trace) => traceSequence(trace, tokenizer));
  const learned = sequences.map(({ channels }) => channels.weights as number[]);
  const tokens = learned.flat().filter((weight) => weight > 0).length;
  const scaled = sequences.map((sequence, i) => ({
    ...sequence,
    channels: { weights: learned[i]!.map((weight) => weight / tokens) },
  }));
  return { sequences: scaled, tokens };
}
