/**
 * The reward model of the preference stage: Dev3 with a head that scores a whole answer, trained on pairs of which one
 * was preferred (DeepSeek-R1, section 3.1).
 */
import type { Row } from '../core/csv';
import { UserError } from '../core/errors';
import { progress, type Progress } from '../core/progress';
import { createRandom, hashText, shuffle } from '../core/random';
import { wilsonInterval, type Interval } from '../evaluation/metrics';
import { recordedShape, type ModelSize } from '../model/config';
import { cloneParameters, withScoreHead, type Model } from '../model/parameters';
import type { Run, RunInfo } from '../runs/run';
import {
  createScorer,
  pairBatch,
  pairGroups,
  rewardModelLoss,
  type Pair,
  type PairBatch,
} from '../training/rewardModel';
import { warmUpAndDecay } from '../training/schedule';
import { createTrainerState, Trainer } from '../training/trainer';
import { openRun, type TrainingOptions } from './loop/openRun';
import { local, saveModel, stageName } from './places';
import { bayesCeiling, pairOf, refuseOneLabel, type Preference } from './preferences';
import { rewardModelSettings, type RewardModelSettings } from './settings';
import { trainingLoop } from './loop/trainingLoop';

export interface RewardModelOptions extends TrainingOptions<RewardModelSettings> {
  readonly stage?: string;
  /** the model to start from, and its name for the record */
  readonly from: Model;
  readonly fromName: string;
  readonly preferences: readonly Preference[];
  /** in milliseconds: when the pairs were begun to be sampled; default now */
  readonly startedAt?: number;
}

/** How often the reward model agrees with labels it was not trained on. */
export interface Agreement {
  readonly n: number;
  readonly accuracy: number;
  readonly interval: Interval;
  /** what the annotator's carelessness allows at best */
  readonly ceiling: number;
}

export interface RewardModelResult {
  readonly model: Model;
  readonly agreement: Readonly<Record<string, Agreement>>;
  readonly info: RunInfo;
}

/** Pairs of every fifth prompt are kept back to measure on. */
const isKeptBack = ({ prompt }: Preference): boolean => hashText(`pair ${prompt}`) % 5 === 0;

/** The pairs of one update, and the pass over the data that they belong to. */
interface PairStep {
  readonly epoch: number;
  readonly part: readonly Pair[];
}

/** A run in progress: what all of its steps share. */
interface RunningRewardModel {
  readonly options: RewardModelOptions;
  readonly settings: RewardModelSettings;
  readonly run: Run;
  readonly trainer: Trainer<PairBatch>;
  readonly steps: readonly PairStep[];
  readonly bar: Progress;
}

/**
 * Trains a reward model. It takes seconds, so an interrupted run starts again. Returns null when the person stopped it.
 * Throws a UserError for preferences that teach nothing.
 */
export async function trainRewardModel(
  options: RewardModelOptions,
): Promise<RewardModelResult | null> {
  const { size, stage = 'reward-model', from, fromName } = options;
  const settings = rewardModelSettings(size, options.settings);
  const learned = options.preferences.filter((p) => !isKeptBack(p));
  const keptBack = options.preferences.filter(isKeptBack);
  if (learned.length === 0) throw new UserError('no preference to learn from: label some pairs');
  refuseOneLabel(learned, 'the preference data');
  const about = {
    from: fromName,
    model: recordedShape(from.config),
    ...settings,
    pairs: learned.length,
  };
  const data = { learned, keptBack };
  return openRun({ ...options, stage }, about, ({ run }) =>
    trainOpened(options, settings, run, data),
  );
}

/** Preferences to learn from, and those to measure on. */
interface PreferenceData {
  readonly learned: readonly Preference[];
  readonly keptBack: readonly Preference[];
}

async function trainOpened(
  options: RewardModelOptions,
  settings: RewardModelSettings,
  run: Run,
  { learned, keptBack }: PreferenceData,
): Promise<RewardModelResult | null> {
  const { size, seed, stage = 'reward-model', from, place = local } = options;
  const { config } = from;
  const state = createTrainerState(withScoreHead(from.parameters), settings.optimizer);
  const trainer = new Trainer(rewardModelLoss(config), settings.optimizer, state);
  const steps = pairSteps(learned.map(pairOf), settings, seed);
  const name = stageName(size, stage, seed);
  const bar = progress(name, steps.length);
  const running = { options, settings, run, trainer, steps, bar };
  try {
    const all = { run, trainer, from: 0, to: steps.length, resumable: false };
    const { step, stopped } = await trainingLoop(all, (at) => oneStep(running, at));
    bar.end(stopped ? 'stopped; run it again to start over' : undefined);
    if (stopped) return null;
    const model = { config, parameters: cloneParameters(trainer.state.parameters) };
    saveModel(place, name, model);
    const agreement = agreementByTask(model, keptBack);
    const info = run.finish(step, { agreement });
    return { model, agreement, info };
  } finally {
    trainer.dispose();
  }
}

/** Cuts the pairs into updates, in another random order in every epoch. */
const pairSteps = (
  pairs: readonly Pair[],
  { epochs, batch, pairsPerStep }: RewardModelSettings,
  seed: number,
): PairStep[] =>
  Array.from({ length: epochs }, (_, epoch) => {
    const order = shuffle(pairs, createRandom(seed, 'pairs', epoch));
    return pairGroups(order, batch, pairsPerStep).map((part) => ({ epoch, part }));
  }).flat();

/** One step: a batch of pairs, an update, and its row of `metrics.csv`. */
async function oneStep(running: RunningRewardModel, step: number): Promise<void> {
  const { options, settings, run, trainer, steps, bar } = running;
  const { epoch, part } = steps[step]!;
  const batch = pairBatch(part, settings.batch, settings.pairsPerStep);
  const decay = warmUpAndDecay(step, steps.length, settings.warmUpSteps, 0.1);
  const learningRate = settings.learningRate * decay;
  const { loss, accuracy, gradientNorm } = trainer.step([batch], learningRate);
  run.tokens += part.reduce((sum, { a, b }) => sum + a.length + b.length, 0);
  const row: Row = {
    step,
    seconds: run.seconds,
    tokens: run.tokens,
    epoch,
    'loss/policy': loss!,
    'loss/gradientNorm': gradientNorm!,
    'pairs/accuracy': accuracy!,
    learningRate,
  };
  run.metrics.push(row);
  bar.update(step + 1, `loss ${loss!.toFixed(3)}`);
  await options.onStep?.(row, steps.length);
}

/** Passes over a handful of pairs when a reward model is adjusted. */
const adjustments = 20;

/**
 * Returns a copy of a reward model that has passed some times over a few more pairs, for example those that a person has
 * just labelled. They are so few that the copy learns them by heart.
 */
export function adjustRewardModel(
  { config, parameters }: Model,
  preferences: readonly Preference[],
  size: ModelSize,
): Model {
  if (preferences.length === 0)
    throw new UserError('no preference to learn from: label some pairs');
  const { optimizer, learningRate, batch: shape, pairsPerStep: most } = rewardModelSettings(size);
  const state = createTrainerState(cloneParameters(parameters), optimizer);
  const trainer = new Trainer(rewardModelLoss(config), optimizer, state);
  const pairs = preferences.map(pairOf);
  for (let pass = 0; pass < adjustments; pass++)
    for (const part of pairGroups(pairs, shape, most))
      trainer.step([pairBatch(part, shape, most)], 0.2 * learningRate);
  const adjusted = cloneParameters(trainer.state.parameters);
  trainer.dispose();
  return { config, parameters: adjusted };
}

/** How often the model prefers the preferred answer: for each task, and over all of them. Ties count for nothing. */
function agreementByTask(
  model: Model,
  preferences: readonly Preference[],
): Record<string, Agreement> {
  const decided = preferences.filter(({ label }) => label !== 0.5);
  const scorer = createScorer(model);
  const texts = decided.map(pairOf).flatMap(({ a, b }: Pair) => [a, b]);
  const scores = scorer.scores(texts);
  scorer.dispose();
  const agrees = decided.map(({ label }, i) => scores[2 * i]! > scores[2 * i + 1]! === label > 0.5);
  const tasks = ['all', ...new Set(decided.map(({ task }) => task))];
  return Object.fromEntries(
    tasks.flatMap((task) => {
      const own = decided.flatMap((p, i) => (task === 'all' || p.task === task ? [i] : []));
      if (own.length === 0) return [];
      const right = own.filter((i) => agrees[i]).length;
      const ceiling = bayesCeiling(own.map((i) => decided[i]!));
      const interval = wilsonInterval(right, own.length);
      return [[task, { n: own.length, accuracy: right / own.length, interval, ceiling }]];
    }),
  );
}
