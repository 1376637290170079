/**
 * Group Relative Policy Optimization (DeepSeekMath, https://arxiv.org/abs/2402.03300; DeepSeek-R1, section 2.1).
 * Where it departs from the paper:
 *
 * 1. The loss is a mean over all tokens of an update, not first over each completion: dividing by a completion's own
 *    length makes long wrong answers cheap (Dr. GRPO, https://arxiv.org/abs/2503.20783).
 * 2. Groups whose rewards are all equal have no advantage and are left out of the update.
 * 3. No KL term by default (the paper: 0.001), and the reference is the model that the run started from.
 * 4. A rollout batch is one group of 512 completions and two updates; the paper has 8,192 completions and 16 updates.
 *
 * The policy of a run at temperature T is the tempered one, softmax(logits / T), in its rollouts and in its loss. The
 * sampler's log-probabilities are those of that distribution; were the loss to take them at temperature 1, the ratio of
 * the two would be far from 1 before any update, and the clip would cut where nothing has moved.
 */
import { createRandom, shuffle } from '../core/random';
import { jit } from '../engine/jit';
import { tf } from '../engine/tensorflow';
import { disposeTree } from '../engine/tree';
import type { ModelConfig } from '../model/config';
import type { Model, Parameters } from '../model/parameters';
import type { LossOutputs } from './gradients';
import { grpoLoss, type GrpoLossConfig } from './losses';
import { batchLogprobs } from './nextToken';
import {
  assignRows,
  packBatches,
  packRows,
  type BatchShape,
  type PackedBatch,
  type Sequence,
} from './packing';
import type { PromptedSequence } from './sharedPacking';
import type { StepStats, Trainer } from './trainer';
import { meanOverTokens, type TokenWeights, type Variant } from './variants';

/** The names of the numbers that each token of a batch has. */
export type GrpoChannel = 'weights' | 'advantages' | 'oldLogprobs' | 'referenceLogprobs';
export const grpoChannels: readonly GrpoChannel[] = [
  'weights',
  'advantages',
  'oldLogprobs',
  'referenceLogprobs',
];
/** A batch of completions that were sampled at temperature 1. */
export type PlainBatch = PackedBatch<GrpoChannel>;
/** The scalar 1 / temperature is there where it is not 1: what runs at 1 is spared a pass over the logits. */
export type GrpoBatch = PlainBatch | (PlainBatch & { readonly inverseTemperature: tf.Tensor });

export interface GrpoConfig extends GrpoLossConfig {
  /** updates made from one batch of rollouts, each on its own part of the completions */
  readonly updatesPerBatch: number;
}

export const defaultGrpo: GrpoConfig = {
  clipEpsilonLow: 0.2,
  clipEpsilonHigh: 0.2,
  klCoef: 0,
  updatesPerBatch: 2,
};

/** A completion as the updates of a policy take it. */
export interface ScoredCompletion {
  readonly promptIds: readonly number[];
  readonly completionIds: readonly number[];
  /** log-probability of each completion token when it was sampled */
  readonly logprobs: readonly number[];
  readonly reward: number;
}

/** The loss function of a GRPO trainer. */
export function grpoBatchLoss(
  config: ModelConfig,
  lossConfig: GrpoLossConfig,
): (parameters: Parameters, batch: GrpoBatch) => LossOutputs {
  return (parameters, batch) => {
    const inverse = 'inverseTemperature' in batch ? batch.inverseTemperature : undefined;
    const logprobs = batchLogprobs(config, parameters, batch, inverse);
    return grpoLoss({ logprobs, ...batch.channels }, lossConfig);
  };
}

/** How the sequences of one update are packed and learned from. */
export interface LearnOptions {
  readonly learningRate: number;
  /** the shapes of an update's batches, from long rows to short ones */
  readonly shapes: readonly BatchShape[];
  /** that the completions were sampled at */
  readonly temperature: number;
}

/** What the updates change: a model's weights, or adapters beside them. */
export interface Learner {
  /** makes one update with all sequences; `computed` counts the places of its batches, padding too */
  update(
    sequences: readonly PromptedSequence<GrpoChannel>[],
    options: LearnOptions,
  ): { readonly stats: StepStats; readonly computed: number };
}

/** The learner whose trainer has all weights of a model. */
export const wholeModel = (trainer: Trainer<GrpoBatch>): Learner => ({
  update(sequences, { shapes, temperature, learningRate }) {
    const plain = [...packBatches(sequences, shapes, grpoChannels)];
    const batches = temperature === 1 ? plain : plain.map((b) => tempered(b, temperature));
    const computed = batches.reduce((sum, { ids }) => sum + ids.size, 0);
    return { stats: trainer.step(batches, learningRate), computed };
  },
});

export interface UpdateOptions {
  readonly updatesPerBatch: number;
  readonly learningRate: number;
  /** the shapes of an update's batches, from long rows to short ones */
  readonly shapes: readonly BatchShape[];
  /** orders the completions */
  readonly seed: readonly (number | string)[];
  readonly tokenWeights?: TokenWeights;
  readonly reference?: Reference;
  /** that the completions were sampled at; default 1 */
  readonly temperature?: number;
}

/**
 * The updates from one batch of rollouts. `learningRate` holds for all of them; `seed` orders the completions.
 * Without any group that has unequal rewards nothing is updated and the result is empty.
 */
export function grpoUpdates(
  learner: Learner,
  groups: readonly (readonly ScoredCompletion[])[],
  { advantages, tokenWeights }: Variant,
  options: UpdateOptions,
): { stats: StepStats[]; zeroVarianceShare: number; padding: number } {
  const estimated = advantages(groups.map((group) => group.map((c) => c.reward)));
  const used = [...groups.keys()].filter((g) => estimated[g]!.some((a) => Math.abs(a) >= 1e-9));
  const completions = used.flatMap((g) => groups[g]!);
  const ofTokens = used
    .flatMap((g) => estimated[g]!)
    .map((advantage, i) => completions[i]!.completionIds.map(() => advantage));
  const updated = policyUpdate(learner, completions, ofTokens, { tokenWeights, ...options });
  return { ...updated, zeroVarianceShare: 1 - used.length / groups.length };
}

/**
 * Updates of a policy from completions, in `updatesPerBatch` random parts. `advantages[i]` are those of the tokens of
 * completion i.
 */
export function policyUpdate(
  learner: Learner,
  completions: readonly ScoredCompletion[],
  advantages: readonly (readonly number[])[],
  options: UpdateOptions,
): { stats: StepStats[]; padding: number } {
  const { updatesPerBatch, learningRate, shapes, seed, reference } = options;
  const { tokenWeights = meanOverTokens, temperature = 1 } = options;
  const order = shuffle([...completions.keys()], createRandom(...seed, 'updates'));
  const perUpdate = Math.ceil(order.length / updatesPerBatch);
  const stats: StepStats[] = [];
  let useful = 0;
  let computed = 0;
  for (let from = 0; from < order.length; from += perUpdate) {
    const part = order.slice(from, from + perUpdate);
    const lengths = part.map((i) => completions[i]!.completionIds.length);
    const weights = tokenWeights(lengths);
    const sequences = part.map((i, place) =>
      toSequence(completions[i]!, advantages[i]!, weights[place]!, reference),
    );
    const made = learner.update(sequences, { learningRate, shapes, temperature });
    useful += sequences.reduce((sum, s) => sum + s.ids.length - 1, 0);
    computed += made.computed;
    stats.push(asMeans(made.stats, lengths, weights));
  }
  return { stats, padding: useful > 0 ? computed / useful : 1 };
}

/**
 * Divides `clipFraction` and `kl`, which are sums weighted like the loss, by the sum of the weights of all tokens. The sum
 * is 1 for losses that are a mean, and something else for Dr. GRPO.
 */
function asMeans(
  stats: StepStats,
  lengths: readonly number[],
  weights: readonly number[],
): StepStats {
  const total = lengths.reduce((sum, length, i) => sum + length * weights[i]!, 0);
  if (Math.abs(total - 1) < 1e-6) return stats; // 1 but for rounding
  const { clipFraction, kl } = stats;
  return { ...stats, clipFraction: clipFraction! / total, kl: kl! / total };
}

/** Adds the scalar 1 / temperature to a batch. */
export const tempered = <Batch extends object>(
  batch: Batch,
  temperature: number,
): Batch & { readonly inverseTemperature: tf.Tensor } => ({
  ...batch,
  inverseTemperature: tf.scalar(1 / temperature),
});

/** A completion as the loss takes it: its prompt counts for nothing. */
function toSequence(
  { promptIds, completionIds, logprobs }: ScoredCompletion,
  advantages: readonly number[],
  weight: number,
  reference?: Reference,
): PromptedSequence<GrpoChannel> {
  const ids = [...promptIds, ...completionIds];
  const before = Array<number>(promptIds.length - 1).fill(0);
  const oldLogprobs = [...before, ...logprobs];
  return {
    ids,
    promptLength: promptIds.length,
    channels: {
      weights: [...before, ...completionIds.map(() => weight)],
      advantages: [...before, ...advantages],
      oldLogprobs,
      referenceLogprobs: reference ? reference(ids) : oldLogprobs,
    },
  };
}

/** Looks up the reference policy's log-probabilities of a sequence. */
export type Reference = (ids: readonly number[]) => ArrayLike<number>;

/** Log-probability of every token after the first of each sequence under some weights, as a table to look up. */
export function referenceOf(
  { config, parameters }: Model,
  sequences: readonly (readonly number[])[],
  shape: BatchShape,
  temperature = 1,
): Reference {
  const inverse = temperature === 1 ? undefined : 1 / temperature;
  const forward = (p: Parameters, batch: PackedBatch<never>): tf.Tensor =>
    batchLogprobs(config, p, batch, inverse);
  return overSequences(forward, parameters, sequences, shape);
}

/** One number for every place but the last of each sequence, computed in packed batches, as a table to look up. */
export function overSequences(
  numbers: (parameters: Parameters, batch: PackedBatch<never>) => tf.Tensor,
  parameters: Parameters,
  sequences: readonly (readonly number[])[],
  shape: BatchShape,
): (ids: readonly number[]) => ArrayLike<number> {
  const table = new Map<string, Float32Array>();
  const forward = jit(numbers);
  const packed = sequences.map((ids): Sequence<never> => ({ ids, channels: {} }));
  const rows = assignRows(
    packed.map((s) => s.ids.length - 1),
    shape.rowLength,
  );
  for (let r = 0; r < rows.length; r += shape.rows) {
    const part = rows.slice(r, r + shape.rows);
    const batch = packRows(packed, part, shape, []);
    const result = forward(parameters, batch);
    const values = result.dataSync() as Float32Array;
    part.forEach((members, row) => {
      let place = row * shape.rowLength;
      for (const member of members) {
        const { ids } = packed[member]!;
        table.set(ids.join(), values.slice(place, place + ids.length - 1));
        place += ids.length - 1;
      }
    });
    disposeTree(batch, result);
  }
  forward.dispose();
  return (ids) => table.get(ids.join())!;
}
