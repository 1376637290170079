/**
 * The stages that notebooks train. Each is trained now with a live chart, or is the run that is there. Their settings
 * follow the one rule: what a cell asks for wins over the preset of the mode.
 */
import type { Model } from '../model/parameters';
import { baseChart, rlChart } from '../plots/fromRun';
import { knownStage, type StageName } from '../recipe/graph';
import type { RewardFunction } from '../rewards/reward';
import { trainBase } from '../stages/base';
import { stageName } from '../stages/places';
import type { Preference } from '../stages/preferences';
import { trainRewardModel } from '../stages/rewardModel';
import { trainRL } from '../stages/rl';
import type { Judge } from '../stages/rollouts';
import { baseSettings, rlSettings, settingsFrom, sftSettings } from '../stages/settings';
import type { BaseSettings, RLSettings, SftSettings } from '../stages/settings';
import { trainSft } from '../stages/sft';
import type { Steering } from '../stages/loop/steering';
import type { Trace } from '../stages/traces';
import type { Workbook } from './openWorkbook';
import { stageDrawn, type StageRun } from './stageRun';

/** The base model of this workbook: pre-trained now with a live loss curve, or what is there. */
export async function runBase(
  book: Workbook,
  { stage = 'base', settings: caller = {} as Partial<BaseSettings> } = {},
): Promise<StageRun> {
  const { size, seed, place, preset } = book;
  const name = stageName(size, stage, seed);
  const heading = { title: `Pre-training ${name}`, subtitle: 'mean of 50 steps' };
  const gated = preset.gated && stage === 'base';
  const settings = settingsFrom({ defaults: baseSettings(size, preset.base), caller });
  return stageDrawn(book, name, {
    draw: (rows) => baseChart(heading, rows),
    train: (onStep) => trainBase({ size, seed, stage, place, settings, gated, onStep }),
  });
}

export interface RunRLOptions {
  /** a stage of the recipe, or a name of one's own; default `r1-zero` */
  readonly stage?: string;
  /** the stage that `from` is, for the record; default: the one that this stage starts from in the recipe, else `base` */
  readonly fromStage?: string;
  readonly settings?: Partial<RLSettings>;
  readonly title?: string;
  /** another reward than the rules', or a reward model beside them */
  readonly rewardFn?: RewardFunction;
  readonly judge?: Judge;
  /** changes settings on the way: `trainingPanel()`, or a log that is replayed */
  readonly steering?: Steering;
  /** at the end the live chart gives way to a sentence: for a run that another chart shows */
  readonly inWords?: boolean;
}

/** Reinforcement learning that starts from a model, such as R1-Zero from a base: now with live curves, or what is there. */
export async function runRL(
  book: Workbook,
  from: { readonly model: Model },
  options: RunRLOptions = {},
): Promise<StageRun> {
  const { size, seed, place, preset } = book;
  const { stage = 'r1-zero', title = 'R1-Zero', rewardFn, judge, steering, inWords } = options;
  const name = stageName(size, stage, seed);
  const subtitle = `${name}: rollouts on training problems, mean of five steps`;
  const fromStage = options.fromStage ?? knownStage(stage)?.needs[0] ?? 'base';
  const fromName = stageName(size, fromStage, seed);
  const defaults = rlSettings(size, preset.rl);
  const settings = settingsFrom({ defaults, caller: options.settings });
  const job = { size, seed, stage, place, from: from.model, fromName, settings };
  return stageDrawn(book, name, {
    draw: (rows, steps) => rlChart({ title, subtitle }, rows, steps),
    train: (onStep) => trainRL({ ...job, rewardFn, judge, steering, onStep }),
    inWords,
  });
}

export interface RunSftOptions {
  /** default `dev1` */
  readonly stage?: string;
  /** kept in `run.json` */
  readonly about?: Record<string, unknown>;
  readonly title?: string;
  readonly settings?: Partial<SftSettings>;
}

/** Fine-tuning of a model on traces, now with a live loss curve, or what is there. */
export async function runSft(
  book: Workbook,
  from: { readonly model: Model },
  traces: readonly Trace[],
  options: RunSftOptions = {},
): Promise<StageRun> {
  const { size, seed, place, preset } = book;
  const { stage = 'dev1', about, title = 'Cold start' } = options;
  const name = stageName(size, stage, seed);
  const heading = { title, subtitle: `${name}: loss on the traces, mean of ten steps` };
  const fromName = stageName(size, 'base', seed);
  const defaults = sftSettings(size, preset.sft);
  const settings = settingsFrom({ defaults, caller: options.settings });
  const job = { size, seed, stage, place, from: from.model, fromName, traces, about, settings };
  return stageDrawn(book, name, {
    draw: (rows) => baseChart(heading, rows, 10),
    train: (onStep) => trainSft({ ...job, onStep }),
  });
}

/** A reward model from preferences, now with a live loss curve, or what is there. */
export async function runRewardModel(
  book: Workbook,
  from: { readonly model: Model },
  preferences: readonly Preference[],
): Promise<StageRun> {
  const { size, seed, place } = book;
  const stage: StageName = 'reward-model';
  const name = stageName(size, stage, seed);
  const heading = { title: 'Reward model', subtitle: `${name}: loss on the pairs, mean of ten steps` }; // prettier-ignore
  const fromName = stageName(size, 'dev3', seed);
  const job = { size, seed, stage, place, from: from.model, fromName, preferences };
  return stageDrawn(book, name, {
    draw: (rows) => baseChart(heading, rows, 10),
    train: (onStep) => trainRewardModel({ ...job, onStep }),
    inWords: true,
  });
}
