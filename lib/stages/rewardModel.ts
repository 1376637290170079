/**
 * The reward model of the preference stage: Dev3 with a head that scores a whole answer, trained on pairs of which one
 * was preferred (DeepSeek-R1, section 3.1).
 */
import type { Row } from '../core/csv';
import { UserError } from '../core/errors';
import { loop } from '../core/loop';
import { progress } from '../core/progress';
import { createRandom, hashText, shuffle } from '../core/random';
import { stopNearTensorLimit } from '../engine/memory';
import { wilsonInterval, type Interval } from '../evaluation/metrics';
import type { ModelSize } from '../model/config';
import { cloneParameters, withScoreHead, type Model } from '../model/parameters';
import { Run, type RunInfo } from '../runs/run';
import {
  createScorer,
  pairBatch,
  pairGroups,
  rewardModelLoss,
  type Pair,
} from '../training/rewardModel';
import { warmUpAndDecay } from '../training/schedule';
import { createTrainerState, Trainer } from '../training/trainer';
import { local, runFolder, saveModel, stageName, type Place } from './places';
import { bayesCeiling, pairOf, refuseOneLabel, type Preference } from './preferences';
import { rewardModelSettings, type RewardModelSettings } from './settings';
import { versions } from './versions';

export interface RewardModelOptions {
  size: ModelSize;
  seed: number;
  stage?: string;
  from: Model;
  fromName: string;
  preferences: readonly Preference[];
  place?: Place;
  /** in milliseconds: when the pairs were begun to be sampled; default now */
  startedAt?: number;
  settings?: Partial<RewardModelSettings>;
  onStep?: (row: Row, steps: number) => void | Promise<void>;
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

/** Trains a reward model. It takes seconds, so an interrupted one starts again. Stopped by the person it returns null. */
export async function trainRewardModel(
  options: RewardModelOptions,
): Promise<RewardModelResult | null> {
  const { size, seed, stage = 'reward-model', from, fromName, place = local } = options;
  const settings = rewardModelSettings(size, options.settings);
  const { config } = from;
  const learned = options.preferences.filter((p) => !isKeptBack(p));
  const keptBack = options.preferences.filter(isKeptBack);
  if (learned.length === 0) throw new UserError('no preference to learn from: label some pairs');
  refuseOneLabel(learned, 'the preference data');
  const name = stageName(size, stage, seed);
  const { run } = Run.open(
    runFolder(place, name),
    {
      stage,
      size,
      seed,
      config: { from: fromName, model: config, ...settings, pairs: learned.length },
      versions: await versions(),
    },
    options.startedAt,
  );
  const state = createTrainerState(withScoreHead(from.parameters), settings.optimizer);
  const trainer = new Trainer(rewardModelLoss(config), settings.optimizer, state);
  const pairs = learned.map(pairOf);
  const { batch: shape, pairsPerStep: most } = settings;
  const groups = Array.from({ length: settings.epochs }, (_, epoch) => {
    const order = shuffle(pairs, createRandom(seed, 'pairs', epoch));
    return pairGroups(order, shape, most).map((part) => ({ epoch, part }));
  }).flat();
  const steps = groups.length;
  const bar = progress(name, steps);
  const oneStep = async (step: number): Promise<void> => {
    const { epoch, part } = groups[step]!;
    const batch = pairBatch(part, shape, most);
    const rate = settings.learningRate * warmUpAndDecay(step, steps, settings.warmUpSteps, 0.1);
    const { loss, accuracy, gradientNorm } = trainer.step([batch], rate);
    run.tokens += part.reduce((sum, { a, b }) => sum + a.length + b.length, 0);
    const row: Row = {
      step,
      seconds: run.seconds,
      tokens: run.tokens,
      epoch,
      'loss/policy': loss!,
      'loss/gradientNorm': gradientNorm!,
      'pairs/accuracy': accuracy!,
      learningRate: rate,
    };
    run.metrics.push(row);
    bar.update(step + 1, `loss ${loss!.toFixed(3)}`);
    await options.onStep?.(row, steps);
    stopNearTensorLimit();
  };
  try {
    const { step, stopped } = await loop(0, steps, oneStep);
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

/** Passes over a handful of pairs when a reward model is adjusted. */
const adjustments = 20;

/**
 * The same reward model after some passes over a few more pairs, for example those that a person has just labelled:
 * so few that they are learned by heart.
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

/** For each task and over all of them; ties count for nothing. */
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
