/** The work of this project that the bench times. Each piece is done once, with the settings of a real run. */
import { createRandom } from '../core/random';
import { tensorsMade } from '../engine/memory';
import { disposeTree } from '../engine/tree';
import { evaluate, heldOutProblems } from '../evaluation/evaluate';
import type { ModelSize } from '../model/config';
import { cloneParameters, type Model, type Parameters } from '../model/parameters';
import { reward } from '../rewards/reward';
import { createSampler, type Sampler } from '../sampling/sampler';
import { samplerFor } from '../stages/places';
import { rolloutMetrics, sampleStep } from '../stages/rollouts';
import { rlSettings, type RLSettings } from '../stages/settings';
import { promptIds } from '../tasks/index';
import { planOf, problemsOfPlan } from '../tasks/plan';
import { decode } from '../tokenizer/tokenizer';
import { tokenIds } from '../tokenizer/vocabulary';
import { defaultOptimizer } from '../training/optimizer';
import { grpoBatchLoss, grpoUpdates, wholeModel, type GrpoBatch } from '../training/grpo';
import { nextTokenLoss, type TextBatch } from '../training/nextToken';
import { packRows } from '../training/packing';
import { workbookVariant } from '../training/variants';
import { createTrainerState, Trainer } from '../training/trainer';
import type { Measurement } from './torch';

/** Rows and tokens of a training step, and the steps of a measurement. */
export const trainShape = { rows: 64, rowLength: 64, steps: 30 };

/**
 * The prompts of a step: 32 problems of countdown, whose prompts all have the same length. Groups of 16 make 512 rows.
 */
export const plan = planOf({ countdown: { 3: 16, 5: 16 } });
export const groupSize = 16;

/** Returns the prompts of the plan as token ids; they are the same in every call. */
export function benchPrompts(): number[][] {
  const random = createRandom('bench');
  return problemsOfPlan(plan, random).map((problem) => promptIds(problem, 'en'));
}

/** A GRPO step done once. */
export interface GrpoMeasurement extends Measurement {
  /** how many seconds each part took */
  readonly parts: Readonly<Record<string, number>>;
  /** tokens that the updates computed, divided by those that count in the loss */
  readonly padding: number;
  /** how many tensors the step made, including those inside the backend */
  readonly tensorIds: number;
}

/** The pieces of work that can be timed. Each returns its tokens and seconds. */
export interface Bench {
  /** does training steps on next tokens; default `trainShape.steps` */
  train(steps?: number): Measurement;
  /** samples completions up to their end token, or `newTokens` tokens, in several processes */
  decode(newTokens: number): Promise<Measurement>;
  /** samples completions up to their end token, or `newTokens` tokens, in this process alone */
  decodeAlone(newTokens: number): Measurement;
  /** does one step of R1-Zero */
  grpo(): Promise<GrpoMeasurement>;
  /** samples the completions of an evaluation and scores them */
  evaluate(): Promise<Measurement>;
  dispose(): void;
}

const now = (): number => performance.now() / 1000;

/** Returns a batch of random tokens for a training step. */
export function randomBatch(token: () => number): TextBatch {
  const { rows, rowLength } = trainShape;
  const sequences = Array.from({ length: rows }, () => ({
    ids: Array.from({ length: rowLength + 1 }, token),
    channels: { weights: Array<number>(rowLength).fill(1 / (rows * rowLength)) },
  }));
  const places = sequences.map((_, r) => [r]);
  return packRows(sequences, places, { rows, rowLength }, ['weights']);
}

const heldOut = heldOutProblems('countdown', 3, 64);

const count = (groups: readonly (readonly { completionIds: readonly number[] }[])[]): number =>
  groups.flat().reduce((sum, { completionIds }) => sum + completionIds.length, 0);

/**
 * Makes the bench of a model, which belongs to it from here on. `grpoTokens` is the largest number of new tokens in the
 * completions of a GRPO step.
 */
export function createBench(
  size: ModelSize,
  { config, parameters }: Model,
  grpoTokens = 150,
): Bench {
  const settings = { ...rlSettings(size), plan, groupSize, maxNewTokens: grpoTokens };
  const prompts = benchPrompts();
  const fresh = () => createTrainerState(cloneParameters(parameters), defaultOptimizer);
  let trainer: Trainer<TextBatch> | undefined; // made when it is needed: it has weights and optimizer of its own
  const policy = new Trainer(grpoBatchLoss(config, settings.grpo), settings.optimizer, fresh());
  const sampler = samplerFor(config);
  const alone = createSampler(config, { endTokens: [tokenIds.eos], decode });
  let step = 0;
  const options = (maxNewTokens: number) => ({ groupSize, maxNewTokens, seed: 0, step: step++ });
  return {
    train(steps = trainShape.steps) {
      const { rows, rowLength } = trainShape;
      const random = createRandom('bench', step++);
      trainer ??= new Trainer(nextTokenLoss(config), defaultOptimizer, fresh());
      const began = now();
      for (let i = 0; i < steps; i++)
        trainer.step([randomBatch(() => random.int(config.vocabSize))], 1e-6);
      return { tokens: steps * rows * rowLength, seconds: now() - began };
    },
    async decode(newTokens) {
      const began = now();
      const groups = await sampler.sample(parameters, prompts, options(newTokens));
      return { tokens: count(groups), seconds: now() - began };
    },
    decodeAlone(newTokens) {
      const began = now();
      const groups = alone.sample(parameters, prompts, options(newTokens));
      return { tokens: count(groups), seconds: now() - began };
    },
    grpo: () => measureGrpo(policy, sampler, parameters, { ...settings, step: step++ }),
    async evaluate() {
      const began = now();
      const { rollouts } = await evaluate(parameters, sampler, heldOut, { seed: step++ });
      return { tokens: count(rollouts), seconds: now() - began };
    },
    dispose() {
      for (const part of [trainer, policy, sampler, alone]) part?.dispose();
      disposeTree(parameters);
    },
  };
}

/** One step of R1-Zero: the completions of `parameters`, their rewards, and the updates of `policy`. */
async function measureGrpo(
  policy: Trainer<GrpoBatch>,
  sampler: Sampler,
  parameters: Parameters,
  settings: RLSettings & { readonly step: number },
): Promise<GrpoMeasurement> {
  const idsBefore = tensorsMade();
  const start = now();
  let sample = 0;
  // Every reward is computed as in a run, then replaced by 0 and 1 in turn, so that no group is left out.
  const rewardFn: typeof reward = (...about) => ({ ...reward(...about), total: sample++ % 2 });
  const groups = await sampleStep(parameters, sampler, { ...settings, seed: 0, rewardFn });
  const sampled = now();
  rolloutMetrics(groups);
  const measured = now();
  const completions = groups.map((group) =>
    group.map(({ rollout, reward }) => ({ ...rollout, reward: reward.total })),
  );
  const { padding } = grpoUpdates(wholeModel(policy), completions, workbookVariant, {
    updatesPerBatch: settings.grpo.updatesPerBatch,
    shapes: settings.batches,
    learningRate: 1e-6,
    seed: [settings.step],
  });
  const end = now();
  return {
    tokens: count(completions),
    seconds: end - start,
    padding,
    tensorIds: tensorsMade() - idsBefore,
    parts: {
      'sampling and rewards': sampled - start,
      metrics: measured - sampled,
      updates: end - measured,
    },
  };
}
