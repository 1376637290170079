/**
 * Reinforcement learning with rewards: the loop of R1-Zero (DeepSeek-R1, section 2), which Dev2, R1, the students and
 * the comparisons share. A step samples a group of completions for each prompt, rewards them, and updates the policy.
 * The model is told neither to think longer nor to check itself.
 */
import type { Row } from '../core/csv';
import { progress, type Progress } from '../core/progress';
import { tensorsMade } from '../engine/memory';
import { problemsOf } from '../evaluation/evaluate';
import { generalOf } from '../evaluation/general';
import type { Evaluation } from '../evaluation/score';
import { recordedShape, type ModelSize } from '../model/config';
import type { Model } from '../model/parameters';
import type { RewardFunction } from '../rewards/reward';
import type { OpenedRun, RolloutRecord, Run, RunInfo } from '../runs/run';
import type { Sampler } from '../sampling/sampler';
import {
  grpoUpdates,
  referenceOf,
  type Learner,
  type ScoredCompletion,
  type UpdateOptions,
} from '../training/grpo';
import { warmUp } from '../training/schedule';
import type { StepStats } from '../training/trainer';
import { encodeTrainerState } from '../training/trainerState';
import { workbookVariant } from '../training/variants';
import { evaluateLevel } from './evaluateLevel';
import { inspect } from './inspection';
import { openRun, type TrainingOptions } from './loop/openRun';
import { startPolicy, type Policy } from './loop/policy';
import { local, samplerFor, stageName, type Place } from './places';
import {
  rolloutMetrics,
  rolloutRecord,
  sampleStep,
  type Judge,
  type ScoredRollout,
} from './rollouts';
import { needsOf, refuseWithoutMemory } from './language/memory';
import { languageRLSettings } from './language/settings';
import { refuseUseless, rlSettings, settingsAt, type RLSettings } from './settings';
import { changesOf, steered, type Steering } from './loop/steering';
import { trainingLoop } from './loop/trainingLoop';

/** How a policy learns from scored groups: by GRPO, or by what an experiment puts in its place. */
export type Updates = (
  learner: Learner,
  groups: readonly (readonly ScoredCompletion[])[],
  options: UpdateOptions,
) => { stats: StepStats[]; padding: number; zeroVarianceShare?: number; valueLoss?: number };

export interface RLOptions extends TrainingOptions<RLSettings, string> {
  /** the model to start from, and its name for the record */
  readonly from: Model;
  readonly fromName: string;
  /** the stage's name in file names; default `r1-zero` */
  readonly stage?: string;
  readonly rewardFn?: RewardFunction;
  /** a reward model beside the rules */
  readonly judge?: Judge;
  readonly updates?: Updates;
  /** false for what learns with more than the policy's weights: an interrupted run starts again */
  readonly resumable?: boolean;
  /** steps between two saved states, from which an interrupted run goes on; default 25 */
  readonly saveEvery?: number;
  /** changes settings while the run goes on, or makes it wait or stop */
  readonly steering?: Steering;
  /** called after each evaluation round */
  readonly onEvaluation?: (
    step: number,
    evaluations: readonly Evaluation[],
  ) => void | Promise<void>;
}

export interface RLResult {
  readonly model: Model;
  /** on the final held-out problems, one for each task and level */
  readonly evaluations: readonly Evaluation[];
  readonly info: RunInfo;
}

/** A run in progress: what all of its steps share. */
interface RunningRL {
  readonly options: RLOptions;
  readonly run: Run;
  readonly policy: Policy;
  readonly sampler: Sampler;
  readonly bar: Progress;
  /** the settings that the run was started with */
  readonly settings: RLSettings;
  /** the same settings with the steering changes made so far */
  now: RLSettings;
}

/**
 * Trains a policy, or goes on with an interrupted run of the same settings. Returns null when the person stopped it: the
 * run has saved itself then and goes on with the next call.
 */
export async function trainRL(options: RLOptions): Promise<RLResult | null> {
  const { stage = 'r1-zero', from, fromName } = options;
  const settings = settingsOf(options);
  refuseUseless(stage, settings);
  if (settings.lora) console.log(refuseWithoutMemory(needsOf(from, settings, settings.lora)));
  const about = { from: fromName, model: recordedShape(from.config), ...settings };
  return openRun({ ...options, stage }, about, (opened) => trainOpened(options, settings, opened));
}

/** The defaults of a language model, or of a size of the workbook's own, with what the caller asks for. */
const settingsOf = ({ size, from, settings }: RLOptions): RLSettings =>
  from.tokenizer ? languageRLSettings(settings) : rlSettings(size as ModelSize, settings);

async function trainOpened(
  options: RLOptions,
  settings: RLSettings,
  opened: OpenedRun,
): Promise<RLResult | null> {
  const { run } = opened;
  const { size, seed, stage = 'r1-zero', place = local, resumable = true, steering } = options;
  const name = stageName(size, stage, seed);
  const { optimizer } = settings;
  const start = { ...options, optimizer, saved: opened.saved, where: run.folder };
  const policy = startPolicy(start, settings);
  const firstStep = opened.saved?.step ?? 0;
  const sampler = samplerFor(options.from.config, options.from.tokenizer);
  const bar = progress(name, settings.steps, { from: firstStep });
  const now = steered(settings, run.changes);
  const running: RunningRL = { options, run, policy, sampler, bar, settings, now };
  try {
    const body = (step: number): Promise<void> => oneStep(running, step);
    const goesOn = steering && ((step: number) => steer(running, steering, step));
    const steps = { run, trainer: policy, from: firstStep, to: settings.steps, resumable, goesOn };
    const { step, stopped } = await trainingLoop(steps, body);
    const again = resumable ? 'run it again to go on' : 'run again it starts over';
    bar.end(stopped ? `stopped after step ${step}; ${again}` : undefined);
    if (!stopped) return await finish(running, step, name, place);
    if (resumable) run.save(step, encodeTrainerState(policy.state));
    return null;
  } finally {
    steering?.end?.();
    sampler.dispose();
    policy.dispose();
  }
}

/** One step of the run: evaluate where it is due, sample, reward, update, and record all of it. */
async function oneStep(running: RunningRL, step: number): Promise<void> {
  const { options, run, policy, sampler, bar, settings, now } = running;
  const { seed, rewardFn, judge, resumable = true, saveEvery = 25 } = options;
  const { evaluateEvery, evaluationProblems, finalProblems } = now;
  if (step % evaluateEvery === 0)
    await evaluateAll(running, step, step === 0 ? finalProblems : evaluationProblems);
  await inspectAt(running, step);
  const started = Date.now();
  const tensorsBefore = tensorsMade();
  const sampling = { ...settingsAt(step, now), seed, step, rewardFn, judge };
  const groups = await sampleStep(policy.weights(), sampler, sampling);
  const row: Row = { step, seconds: 0, tokens: 0, ...rolloutMetrics(groups) };
  Object.assign(row, update(running, groups, step));
  const tokens = groups.flat().reduce((sum, s) => sum + s.rollout.completionIds.length, 0);
  run.tokens += tokens;
  const { seconds } = run;
  Object.assign(row, { seconds, tokens: run.tokens, ...costs(tokens, started, tensorsBefore) });
  run.metrics.push(row);
  const kept = keepRollouts(running, groups, step);
  bar.update(step + 1, stepText(row));
  await options.onStep?.(row, settings.steps, kept);
  if (resumable && step % saveEvery === saveEvery - 1)
    run.save(step + 1, encodeTrainerState(policy.state));
}

/** Evaluates the policy on held-out problems of every task and level that the settings name. */
async function evaluateAll(
  { options, run, policy, sampler, bar, settings, now }: RunningRL,
  step: number,
  problems: number,
): Promise<Evaluation[]> {
  const evaluations: Evaluation[] = [];
  const report = (note: string): void => bar.update(step, note);
  for (const spec of settings.evaluated) {
    const at = { step, seed: options.seed, settings: settingsAt(step, now), report };
    const set = problemsOf(spec, problems);
    evaluations.push(await evaluateLevel(run, policy.weights(), sampler, { set, ...at }));
  }
  await options.onEvaluation?.(step, evaluations);
  return evaluations;
}

/** Keeps whole groups for the rollout inspector, where the settings ask for them at this step. */
function inspectAt({ options, run, policy, sampler, now }: RunningRL, step: number): Promise<void> {
  const { seed, rewardFn, judge } = options;
  const asked = { ...settingsAt(step, now), seed, rewardFn, judge };
  return inspect({ run, parameters: policy.weights(), sampler }, step, asked);
}

/** Asks the steering what changes from this step on. False ends the run before the step. */
async function steer(running: RunningRL, steering: Steering, step: number): Promise<boolean> {
  const { run, settings, now } = running;
  const standing = { step, settings: now, metrics: run.metrics, changes: run.changes };
  const orders = await steering.before(standing);
  run.changes.push(...changesOf(standing, orders));
  running.now = steered(settings, run.changes);
  return !orders.stop;
}

/** Makes the updates of one step and returns their columns of `metrics.csv`. */
function update(
  { options, policy, now }: RunningRL,
  groups: readonly (readonly ScoredRollout[])[],
  step: number,
): Row {
  const { from, seed, updates = grpo } = options;
  const { temperature, batches: shapes } = now;
  const completions = groups.map((group) =>
    group.map(({ rollout, reward }) => ({ ...rollout, reward: reward.total })),
  );
  const texts = completions.flat().map((c) => [...c.promptIds, ...c.completionIds]);
  const reference =
    now.grpo.klCoef > 0 ? referenceOf(from, texts, shapes[0]!, temperature) : undefined;
  const { stats, padding, zeroVarianceShare, valueLoss } = updates(policy.learner, completions, {
    updatesPerBatch: now.grpo.updatesPerBatch,
    learningRate: now.learningRate * warmUp(step, now.warmUpSteps),
    shapes,
    seed: [seed, step],
    reference,
    temperature,
  });
  const mean = (key: string): number | null =>
    stats.length > 0 ? stats.reduce((sum, s) => sum + s[key]!, 0) / stats.length : null;
  return {
    'policy/kl': mean('kl'),
    'policy/clipFraction': mean('clipFraction'),
    'loss/policy': mean('loss'),
    'loss/gradientNorm': mean('gradientNorm'),
    ...(zeroVarianceShare !== undefined && { 'batch/zeroVarianceShare': zeroVarianceShare }),
    ...(valueLoss !== undefined && { 'loss/value': valueLoss }),
    'batch/padding': padding,
  };
}

/** The updates of this workbook's GRPO. */
const grpo: Updates = (learner, groups, options) =>
  grpoUpdates(learner, groups, workbookVariant, options);

/** Returns the columns of `metrics.csv` that say what a step has cost: seconds, and memory. */
function costs(tokens: number, started: number, tensorsBefore: number): Row {
  const secondsPerStep = (Date.now() - started) / 1000;
  return {
    'speed/secondsPerStep': secondsPerStep,
    'speed/tokensPerSecond': tokens / secondsPerStep,
    'memory/tensorIds': tensorsMade() - tensorsBefore,
    'memory/residentMB': Math.round(process.memoryUsage.rss() / 2 ** 20),
  };
}

/**
 * Keeps one completion of each group now and then, of a language model's few steps each: enough to read, small enough to
 * keep.
 */
function keepRollouts(
  { options, run, settings: { steps } }: RunningRL,
  groups: readonly (readonly ScoredRollout[])[],
  step: number,
): RolloutRecord[] {
  const every = Math.max(options.from.tokenizer ? 1 : 10, Math.ceil(steps / 20));
  const isDue = step % every === 0 || step === steps - 1;
  const kept = isDue ? groups.map((group) => rolloutRecord(group[0]!, step, 'train')) : [];
  run.rollouts.push(...kept);
  return kept;
}

const stepText = (row: Row): string =>
  `accuracy ${Number(row['reward/accuracy']).toFixed(2)}, length ${Math.round(Number(row['completion/length']))}`;

/** Measures the trained policy, saves it as a checkpoint, and closes the run. */
async function finish(
  running: RunningRL,
  step: number,
  name: string,
  place: Place,
): Promise<RLResult> {
  const { options, run, policy, sampler, settings } = running;
  const evaluations = await evaluateAll(running, step, settings.finalProblems);
  await inspectAt(running, step);
  const model = policy.model();
  const general = await generalOf(model, sampler, settings.finalGeneralPrompts, options.seed);
  policy.save(place, name);
  const info = run.finish(step, { evaluations, ...general });
  return { model, evaluations, info };
}
