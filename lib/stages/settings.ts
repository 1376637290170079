/** The settings of each kind of stage: their defaults follow from the size of the model, and each can be overridden. */
import { UserError } from '../core/errors';
import { defaultOptimizer, type OptimizerConfig } from '../training/optimizer';
import { defaultGrpo, type GrpoConfig } from '../training/grpo';
import type { BatchShape } from '../training/packing';
import type { EvaluationSpec } from '../evaluation/evaluate';
import type { ModelSize } from '../model/config';
import type { LoraConfig } from '../model/lora';
import { defaultRewardWeights, type RewardWeights } from '../rewards/reward';
import { defaultCap } from '../sampling/cap';
import { planOf, type PlanEntry } from '../tasks/plan';

/** Where the settings of a stage come from. Each layer overrides, value by value, those that stand above it here. */
export interface SettingsLayers<T> {
  /** what follows from the size of the model, for every stage of the kind */
  readonly defaults: T;
  /** in what this stage differs from others of its kind */
  readonly stage?: Partial<T>;
  /** what the preset changes in this stage */
  readonly preset?: Partial<T>;
  /** what the person who starts the stage asks for */
  readonly caller?: Partial<T>;
}

/** The one rule by which every stage gets its settings: defaults < stage < preset < caller. */
export const settingsFrom = <T extends object>(layers: SettingsLayers<T>): T => ({
  ...layers.defaults,
  ...layers.stage,
  ...layers.preset,
  ...layers.caller,
});

/** What a model is asked, and how often, to make the completions of a data set. */
export interface SamplingSettings {
  readonly plan: readonly PlanEntry[];
  /** completions of each prompt */
  readonly samples: number;
  /** tokens of a completion at most */
  readonly maxNewTokens: number;
}

/** How the updates of a stage change the weights. Every stage that learns has these settings. */
export interface LearningSettings {
  /** AdamW's rate at the end of the warm-up; Muon's is a multiple of it */
  readonly learningRate: number;
  /** the steps in which the learning rate rises from zero */
  readonly warmUpSteps: number;
  readonly optimizer: OptimizerConfig;
}

/** How the completions of a trained model are measured at the end of its stage. */
export interface HeldOutSettings {
  /** the tasks and levels of the held-out problems */
  readonly evaluated: readonly EvaluationSpec[];
  /** problems per task and level; reinforcement learning measures them before its first step too, to compare */
  readonly finalProblems: number;
  /** completions of each of these problems; default 8 */
  readonly evaluationSamples?: number;
  /** held-out general prompts, for models that know their words */
  readonly finalGeneralPrompts: number;
  /** tokens of a completion at most, in training too */
  readonly maxNewTokens: number;
}

/** Pre-training. */
export interface BaseSettings extends LearningSettings {
  /** one of `corpora`, or the name of a reader's own task */
  readonly corpus: string;
  /** tokens to train on before the gate */
  readonly tokens: number;
  /** the rows of one step: first a few for long documents, then those for the others */
  readonly batches: readonly BatchShape[];
  /** problems of each task that the gate is measured on */
  readonly gateProblems: number;
  /** while the gate is not passed, training goes on by this many tokens … */
  readonly extensionTokens: number;
  /** … at most so many times */
  readonly maxExtensions: number;
}

/** Adapters that learn in place of a model's weights. */
export interface LoraSettings extends LoraConfig {
  /** compute the blocks again on the way back: for less memory, and half as long again */
  readonly recompute: boolean;
}

/** Reinforcement learning with verifiable rewards. */
export interface RLSettings extends LearningSettings, HeldOutSettings {
  readonly steps: number;
  /** the mixture of a rollout batch */
  readonly plan: readonly PlanEntry[];
  /** another mixture, or another limit, from a later step on */
  readonly late?: {
    readonly from: number;
    readonly plan?: readonly PlanEntry[];
    readonly maxNewTokens?: number;
  };
  readonly groupSize: number;
  /** of the policy, in the rollouts and in the loss alike; default 1 */
  readonly temperature?: number;
  readonly grpo: GrpoConfig;
  readonly rewards: RewardWeights;
  /** the shapes of an update's batches, from long rows to short ones */
  readonly batches: readonly BatchShape[];
  /** steps between two evaluations; the first is before step 0, the last at the end */
  readonly evaluateEvery: number;
  /** problems per task and level in the evaluations between the first and the last */
  readonly evaluationProblems: number;
  /** learn adapters beside the model's weights, and not the weights; default: the weights */
  readonly lora?: LoraSettings;
  /** keeps the whole groups of a few held-out problems, token by token, for the rollout inspector; default: none */
  readonly inspect?: InspectSettings;
}

/**
 * What the rollout inspector is to see. Each problem's group is sampled before step 0, then regularly, and at the end.
 * `{ everySteps: 20, problems: 4 }` keeps half a megabyte of a run of 100 steps.
 */
export interface InspectSettings {
  readonly everySteps: number;
  /** in turn of each evaluated level, and in both languages */
  readonly problems: number;
}

/** A reward model. */
export interface RewardModelSettings extends LearningSettings {
  readonly epochs: number;
  readonly batch: BatchShape;
  /** at most */
  readonly pairsPerStep: number;
}

/** Supervised fine-tuning on traces. */
export interface SftSettings extends LearningSettings, HeldOutSettings {
  /** learn adapters beside the model's weights, and not the weights; default: the weights */
  readonly lora?: LoraSettings;
  readonly epochs: number;
  readonly tracesPerStep: number;
  /** the shapes of a step's batches, from long rows to short ones */
  readonly batches: readonly BatchShape[];
}

/** 32 prompts: both levels of countdown, programs with a few hard ones, and units as the control. */
export const mixture = planOf({
  countdown: { 3: 8, 5: 8 },
  programs: { 2: 8, 3: 2 },
  units: { 0: 6 },
});

/** Reasoning RL adds the share of words in the asked language (DeepSeek-R1, section 3). */
export const reasoningRewardWeights: RewardWeights = { ...defaultRewardWeights, language: 0.3 };

/**
 * Preference RL: the rules as before, and the reward model for general prompts, which no rule can mark. Its scores
 * differ by several points between answers, so they are weighted down.
 */
export const preferenceRewardWeights: RewardWeights = {
  ...reasoningRewardWeights,
  preference: 0.3,
};

const pretrainingRate: Record<ModelSize, number> = {
  tiny: 1e-2,
  mini: 1e-2,
  small: 1e-2,
  base: 7e-3,
  large: 5e-3,
};

/**
 * Muon's learning rate in pre-training: its updates have one size whatever the width. The settings keep it as a multiple
 * of AdamW's rate, because one schedule, with its warm-up and decay, drives both, and because recorded runs keep it so.
 */
const muonRate = 0.015;

const policyRate: Record<ModelSize, number> = {
  tiny: 1.5e-4,
  mini: 1.5e-4,
  small: 1.5e-4,
  base: 1e-4,
  large: 5e-5,
};

export function baseSettings(size: ModelSize, overrides: Partial<BaseSettings> = {}): BaseSettings {
  return {
    corpus: 'default',
    tokens: 6e6,
    batches: [
      { rows: 4, rowLength: 176 },
      { rows: 27, rowLength: 88 },
    ],
    learningRate: pretrainingRate[size],
    warmUpSteps: 100,
    optimizer: {
      ...defaultOptimizer,
      beta2: 0.98,
      weightDecay: 0.02,
      muon: { rateFactor: muonRate / pretrainingRate[size], momentum: 0.9, weightDecay: 0.3 },
    },
    gateProblems: 150,
    extensionTokens: 1e6,
    maxExtensions: 2,
    ...overrides,
  };
}

export function sftSettings(size: ModelSize, overrides: Partial<SftSettings> = {}): SftSettings {
  const { batches, evaluated, finalProblems, finalGeneralPrompts, maxNewTokens } = rlSettings(size);
  return {
    epochs: 4,
    tracesPerStep: 16,
    learningRate: 0.2 * pretrainingRate[size],
    warmUpSteps: 10,
    optimizer: baseSettings(size).optimizer,
    batches,
    evaluated,
    finalProblems,
    finalGeneralPrompts,
    maxNewTokens,
    ...overrides,
  };
}

/** Sizes of students, which no gate is asked of: they learn the verdict late or never, which is part of their story. */
export const tooSmallForTheGate: readonly ModelSize[] = ['tiny', 'mini'];

/** How a student on a teacher's traces differs from the other stages that imitate: it has more traces, so larger steps. */
export const imitationSettings: Partial<SftSettings> = {
  epochs: 6,
  tracesPerStep: 32,
  learningRate: 4e-3,
  warmUpSteps: 50,
  finalGeneralPrompts: 0,
};

/** Settings of a student that imitates. */
export const studentSettings = (size: ModelSize): SftSettings =>
  sftSettings(size, imitationSettings);

/** Steps of a student's reinforcement learning: at least five times what imitation costs it. */
const studentSteps: Record<ModelSize, number> = {
  tiny: 700,
  mini: 600,
  small: 550,
  base: 450,
  large: 450,
};

/** How the reinforcement learning of a student differs from that of the other models. */
export function studentRLSettings(size: ModelSize): Partial<RLSettings> {
  return { steps: studentSteps[size], learningRate: 1.5e-4, evaluateEvery: 100 };
}

export function rewardModelSettings(
  size: ModelSize,
  overrides: Partial<RewardModelSettings> = {},
): RewardModelSettings {
  return {
    epochs: 4,
    batch: { rows: 16, rowLength: 176 },
    pairsPerStep: 64,
    learningRate: 0.5 * pretrainingRate[size],
    warmUpSteps: 10,
    optimizer: baseSettings(size).optimizer,
    ...overrides,
  };
}

/** Rows of an update's batch: of `large` half as many, so that what they keep for the gradient fits into memory. */
const updateRows = (size: ModelSize, rows: number): number => (size === 'large' ? rows / 2 : rows);

/** Returns the settings in force at `step`: from step `late.from` on, those of `late` override the run's own. */
export function settingsAt(step: number, settings: RLSettings): RLSettings {
  const { late } = settings;
  if (!late || step < late.from) return settings;
  const { plan, maxNewTokens } = { ...settings, ...late };
  return { ...settings, plan, maxNewTokens };
}

export function rlSettings(size: ModelSize, overrides: Partial<RLSettings> = {}): RLSettings {
  return {
    steps: 100,
    plan: mixture,
    groupSize: 16,
    maxNewTokens: defaultCap,
    learningRate: policyRate[size],
    warmUpSteps: 10,
    grpo: defaultGrpo,
    rewards: defaultRewardWeights,
    optimizer: defaultOptimizer,
    batches: [
      { rows: updateRows(size, 8), rowLength: 176 },
      { rows: updateRows(size, 12), rowLength: 120 },
    ],
    evaluated: [
      { task: 'countdown', level: 3 },
      { task: 'countdown', level: 5 },
      { task: 'programs', level: 2 },
      { task: 'units', level: 0 },
    ],
    evaluateEvery: 25,
    evaluationProblems: 100,
    finalProblems: 300,
    finalGeneralPrompts: 300,
    ...overrides,
  };
}

/**
 * Throws a UserError for settings with which the stage `name` could not do its work: groups of one completion, later
 * settings that would hold from the first step on or never, and an inspection without problems to inspect.
 */
export function refuseUseless(name: string, settings: RLSettings): void {
  const { steps, groupSize, late, inspect, evaluated } = settings;
  if (groupSize < 2)
    throw new UserError(`invalid group size: ${groupSize}: GRPO compares, use 2 or more`);
  if (late && (late.from < 1 || late.from >= steps))
    throw new UserError(
      `${name} changes its settings at step ${late.from} of ${steps}: use ${Math.max(2, late.from + 1)} steps or more`,
    );
  if (inspect && evaluated.length === 0)
    throw new UserError(
      `${name} inspects problems of the evaluated levels, and evaluated is empty: name a level, or leave out inspect`,
    );
}
