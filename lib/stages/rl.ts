/**
 * R1-Zero: reinforcement learning straight from the base model, with rewards from rules alone (DeepSeek-R1,
 * section 2). The model is told neither to think longer nor to check itself.
 */
import type { Row } from '../core/csv';
import { UserError } from '../core/errors';
import { loop } from '../core/loop';
import { progress } from '../core/progress';
import { stopNearTensorLimit, tensorsMade } from '../engine/memory';
import { generalOf } from '../evaluation/general';
import { problemsOf } from '../evaluation/evaluate';
import type { Evaluation } from '../evaluation/score';
import type { ModelSize } from '../model/config';
import { cloneParameters, type Model } from '../model/parameters';
import { Run, type RunInfo } from '../runs/run';
import {
  grpoBatchLoss,
  grpoUpdates,
  referenceOf,
  type GrpoBatch,
  type ScoredCompletion,
  type UpdateOptions,
} from '../training/grpo';
import { warmUp } from '../training/schedule';
import { createTrainerState, Trainer, type StepStats } from '../training/trainer';
import { decodeTrainerState, encodeTrainerState } from '../training/trainerState';
import { workbookVariant } from '../training/variants';
import { evaluateLevel } from './evaluateLevel';
import { inspect } from './inspection';
import { local, runFolder, samplerFor, saveModel, stageName, type Place } from './places';
import {
  rolloutMetrics,
  rolloutRecord,
  sampleStep,
  type Judge,
  type RewardFunction,
  type ScoredRollout,
} from './rollouts';
import { settingsAt, rlSettings, type RLSettings } from './settings';
import { changesOf, steered, type Steering } from './steering';
import { versions } from './versions';

/** How a policy learns from scored groups: GRPO, or what an experiment puts in its place. */
export type Updates = (
  trainer: Trainer<GrpoBatch>,
  groups: readonly (readonly ScoredCompletion[])[],
  options: UpdateOptions,
) => { stats: StepStats[]; padding: number; zeroVarianceShare?: number; valueLoss?: number };

export interface RLOptions {
  size: ModelSize;
  seed: number;
  /** the model to start from, and its name for the record */
  from: Model;
  fromName: string;
  /** name of the stage in file names; `r1-zero` unless it is a control */
  stage?: string;
  place?: Place;
  settings?: Partial<RLSettings>;
  rewardFn?: RewardFunction;
  /** a reward model beside the rules */
  judge?: Judge;
  updates?: Updates;
  /** false for what learns with more than the policy's weights: an interrupted run starts again */
  resumable?: boolean;
  /** changes settings while the run goes on, or makes it wait or stop */
  steering?: Steering;
  /** called after each step with its row of `metrics.csv` */
  onStep?: (row: Row, steps: number) => void | Promise<void>;
  /** called after each evaluation round */
  onEvaluation?: (step: number, evaluations: readonly Evaluation[]) => void | Promise<void>;
}

export interface RLResult {
  readonly model: Model;
  /** on the final held-out problems, one for each task and level */
  readonly evaluations: readonly Evaluation[];
  readonly info: RunInfo;
}

/** Trains R1-Zero, or goes on with an interrupted run. Stopped by the person, it saves itself and returns null. */
export async function trainRL(options: RLOptions): Promise<RLResult | null> {
  const { size, seed, from, stage = 'r1-zero', place = local } = options;
  const settings = rlSettings(size, options.settings);
  const { updates = workbookUpdates, resumable = true, steering, rewardFn, judge } = options;
  if (settings.groupSize < 2)
    throw new UserError(`invalid group size: ${settings.groupSize}: GRPO compares, use 2 or more`);
  const { config } = from;
  const name = stageName(size, stage, seed);
  const { run, trainer, firstStep } = await openRun(runFolder(place, name), options, settings);
  const sampler = samplerFor(config);
  const bar = progress(name, settings.steps, { from: firstStep });
  /** the settings with the changes made up to here */
  let now = steered(settings, run.changes);
  const due = (step: number): RLSettings => settingsAt(step, now);

  const evaluateAll = async (step: number, problems: number): Promise<Evaluation[]> => {
    const evaluations: Evaluation[] = [];
    for (const spec of settings.evaluated) {
      const report = (note: string): void => bar.update(step, note);
      const at = { step, seed, settings: due(step), report };
      const set = problemsOf(spec, problems);
      evaluations.push(await evaluateLevel(run, trainer.state.parameters, sampler, { set, ...at }));
    }
    await options.onEvaluation?.(step, evaluations);
    return evaluations;
  };

  const goesOn = async (step: number): Promise<boolean> => {
    const { metrics, changes } = run;
    const standing = { step, settings: now, metrics, changes };
    const orders = await steering!.before(standing);
    changes.push(...changesOf(standing, orders));
    now = steered(settings, changes);
    return !orders.stop;
  };

  const inspectAt = (step: number): Promise<void> =>
    inspect(run, trainer.state.parameters, sampler, step, { ...due(step), seed, rewardFn, judge });

  const oneStep = async (step: number): Promise<void> => {
    const { evaluateEvery, evaluationProblems, finalProblems } = now;
    if (step % evaluateEvery === 0)
      await evaluateAll(step, step === 0 ? finalProblems : evaluationProblems);
    await inspectAt(step);
    const started = Date.now();
    const tensorsBefore = tensorsMade();
    const sampling = { ...due(step), seed, step, rewardFn, judge };
    const groups = await sampleStep(trainer.state.parameters, sampler, sampling);
    const row: Row = { step, seconds: 0, tokens: 0, ...rolloutMetrics(groups) };
    Object.assign(row, update(updates, trainer, groups, now, from, seed, step));
    const tokens = groups.flat().reduce((sum, s) => sum + s.rollout.completionIds.length, 0);
    run.tokens += tokens;
    const { seconds } = run;
    Object.assign(row, { seconds, tokens: run.tokens, ...costs(tokens, started, tensorsBefore) });
    run.metrics.push(row);
    // One completion of each group now and then: enough to read, small enough to keep.
    if (step % keptEvery === 0 || step === settings.steps - 1)
      run.rollouts.push(...groups.map((group) => rolloutRecord(group[0]!, step, 'train')));
    bar.update(step + 1, stepText(row));
    await options.onStep?.(row, settings.steps);
    if (resumable && step % 25 === 24) run.save(step + 1, encodeTrainerState(trainer.state));
    stopNearTensorLimit();
  };

  const keptEvery = Math.max(10, Math.ceil(settings.steps / 20));
  const again = resumable ? 'run it again to go on' : 'run again it starts over';
  try {
    const { steps } = settings;
    const { step, stopped } = await loop(firstStep, steps, oneStep, steering && goesOn);
    bar.end(stopped ? `stopped after step ${step}; ${again}` : undefined);
    if (stopped) {
      if (resumable) run.save(step, encodeTrainerState(trainer.state));
      return null;
    }
    const evaluations = await evaluateAll(step, settings.finalProblems);
    await inspectAt(step);
    const model = { config, parameters: cloneParameters(trainer.state.parameters) };
    const general = await generalOf(model, sampler, settings.finalGeneralPrompts, seed);
    saveModel(place, name, model);
    const info = run.finish(step, { evaluations, ...general });
    return { model, evaluations, info };
  } finally {
    steering?.end?.();
    sampler.dispose();
    trainer.dispose();
  }
}

/** A new run, or an interrupted one where it stands, and its trainer. */
async function openRun(
  folder: string,
  { stage = 'r1-zero', size, seed, from, fromName }: RLOptions,
  settings: RLSettings,
): Promise<{ run: Run; trainer: Trainer<GrpoBatch>; firstStep: number }> {
  const { config } = from;
  const { run, saved } = Run.open(folder, {
    stage,
    size,
    seed,
    config: { from: fromName, model: config, ...settings },
    versions: await versions(),
  });
  const state = saved
    ? decodeTrainerState(config, settings.optimizer, saved.state, run.folder)
    : createTrainerState(cloneParameters(from.parameters), settings.optimizer);
  const trainer = new Trainer(grpoBatchLoss(config, settings.grpo), settings.optimizer, state);
  return { run, trainer, firstStep: saved?.step ?? 0 };
}

/** What a step has cost: time, and room. */
function costs(tokens: number, started: number, tensorsBefore: number): Row {
  const secondsPerStep = (Date.now() - started) / 1000;
  return {
    'speed/secondsPerStep': secondsPerStep,
    'speed/tokensPerSecond': tokens / secondsPerStep,
    'memory/tensorIds': tensorsMade() - tensorsBefore,
    'memory/residentMB': Math.round(process.memoryUsage.rss() / 2 ** 20),
  };
}

const workbookUpdates: Updates = (trainer, groups, options) =>
  grpoUpdates(trainer, groups, workbookVariant, options);

const stepText = (row: Row): string =>
  `accuracy ${Number(row['reward/accuracy']).toFixed(2)}, length ${Math.round(Number(row['completion/length']))}`;

/** The updates of one step; returns its columns of `metrics.csv`. */
function update(
  updates: Updates,
  trainer: Trainer<GrpoBatch>,
  groups: readonly (readonly ScoredRollout[])[],
  settings: RLSettings,
  from: Model,
  seed: number,
  step: number,
): Row {
  const completions = groups.map((group) =>
    group.map(({ rollout, reward }) => ({ ...rollout, reward: reward.total })),
  );
  const reference =
    settings.grpo.klCoef > 0
      ? referenceOf(
          from.config,
          from.parameters,
          completions.flat().map((c) => [...c.promptIds, ...c.completionIds]),
          settings.batches[0]!,
          settings.temperature,
        )
      : undefined;
  const { stats, padding, ...more } = updates(trainer, completions, {
    updatesPerBatch: settings.grpo.updatesPerBatch,
    learningRate: settings.learningRate * warmUp(step, settings.warmUpSteps),
    shapes: settings.batches,
    seed: [seed, step],
    reference,
    temperature: settings.temperature,
  });
  const mean = (key: string): number | null =>
    stats.length > 0 ? stats.reduce((sum, s) => sum + s[key]!, 0) / stats.length : null;
  return {
    'policy/kl': mean('kl'),
    'policy/clipFraction': mean('clipFraction'),
    'loss/policy': mean('loss'),
    'loss/gradientNorm': mean('gradientNorm'),
    ...('zeroVarianceShare' in more && { 'batch/zeroVarianceShare': more.zeroVarianceShare }),
    ...('valueLoss' in more && { 'loss/value': more.valueLoss }),
    'batch/padding': padding,
  };
}
