/**
 * Proximal Policy Optimization with a critic (Schulman et al. 2017, https://arxiv.org/abs/1707.06347), beside which
 * the paper sets GRPO: the advantage of a token comes from a second network that learns what a state is worth, not from
 * the other completions of the group. Where it departs from the original:
 *
 * 1. No discount, one reward at the end of a completion, advantages normalised over the batch.
 * 2. The critic is a decoder of its own with a head for one number, not a second head on the policy.
 */
import { deviation, mean } from '../core/statistics';
import { tf } from '../engine/tensorflow';
import type { ModelConfig } from '../model/config';
import { decoderStates } from '../model/decoder';
import type { Parameters } from '../model/parameters';
import type { LossOutputs } from './gradients';
import { overSequences, policyUpdate, type Learner, type ScoredCompletion } from './grpo';
import type { BatchShape, PackedBatch, Sequence } from './packing';
import { packBatches } from './packing';
import type { StepStats, Trainer } from './trainer';

export type CriticBatch = PackedBatch<'weights' | 'returns'>;

/** What each place of a packed batch is worth to the critic: [N]. */
export function placeValues(
  config: ModelConfig,
  parameters: Parameters,
  { ids, starts }: { readonly ids: tf.Tensor; readonly starts: tf.Tensor },
): tf.Tensor {
  const states = decoderStates(config, parameters, ids, starts); // [N, d]
  return tf.reshape(tf.matMul(states, parameters.scoreHead as tf.Tensor2D), [-1]); // [N]
}

/** The loss function of the critic's trainer: half the mean squared error of its values. */
export function criticLoss(
  config: ModelConfig,
): (parameters: Parameters, batch: CriticBatch) => LossOutputs {
  return (parameters, batch) => {
    const { weights, returns } = batch.channels;
    const error = tf.square(tf.sub(placeValues(config, parameters, batch), returns));
    return { loss: tf.mul(tf.sum(tf.mul(weights, error)), 0.5) };
  };
}

/**
 * Generalised advantage estimation (Schulman et al. 2015, https://arxiv.org/abs/1506.02438) without discount: `values`
 * before each token, one reward after the last. `delta_t = r_t + V_{t+1} - V_t`, `A_t = delta_t + lambda A_{t+1}`.
 */
export function generalisedAdvantages(
  values: ArrayLike<number>,
  reward: number,
  lambda: number,
): number[] {
  const advantages = Array<number>(values.length).fill(0);
  let next = 0;
  for (let t = values.length - 1; t >= 0; t--) {
    const last = t === values.length - 1;
    const delta = last ? reward - values[t]! : values[t + 1]! - values[t]!;
    next = delta + lambda * next;
    advantages[t] = next;
  }
  return advantages;
}

export interface PpoOptions {
  readonly lambda: number;
  readonly updatesPerBatch: number;
  readonly learningRate: number;
  readonly criticRate: number;
  readonly shapes: readonly BatchShape[];
  readonly seed: readonly (number | string)[];
  /** that the completions were sampled at; default 1 */
  readonly temperature?: number;
}

/** A policy and its critic, both decoders of one shape. */
export interface ActorCritic {
  readonly config: ModelConfig;
  readonly policy: Learner;
  readonly critic: Trainer<CriticBatch>;
}

/** The updates of policy and critic from one batch of rollouts, both on the same parts of the completions. */
export function ppoUpdates(
  { config, policy, critic }: ActorCritic,
  completions: readonly ScoredCompletion[],
  options: PpoOptions,
): { stats: StepStats[]; valueLoss: number; padding: number } {
  const { lambda, shapes } = options;
  const forward = (p: Parameters, batch: PackedBatch<never>): tf.Tensor =>
    placeValues(config, p, batch);
  const ids = completions.map((c) => [...c.promptIds, ...c.completionIds]);
  const valuesOf = overSequences(forward, critic.state.parameters, ids, shapes[0]!);
  const estimated = completions.map((c, i) => {
    const values = Array.from(valuesOf(ids[i]!)).slice(c.promptIds.length - 1);
    const advantages = generalisedAdvantages(values, c.reward, lambda);
    return { advantages, returns: advantages.map((a, t) => a + values[t]!) };
  });
  const all = estimated.flatMap(({ advantages }) => advantages);
  const [middle, spread] = [mean(all), deviation(all) + 1e-8];
  const normalised = estimated.map(({ advantages }) =>
    advantages.map((a) => (a - middle) / spread),
  );
  const { stats, padding } = policyUpdate(policy, completions, normalised, options);
  const tokens = all.length;
  const sequences = completions.map((c, i): Sequence<'weights' | 'returns'> => {
    const before = Array<number>(c.promptIds.length - 1).fill(0);
    const weights = [...before, ...estimated[i]!.returns.map(() => 1 / tokens)];
    return { ids: ids[i]!, channels: { weights, returns: [...before, ...estimated[i]!.returns] } };
  });
  const batches = packBatches(sequences, shapes, ['weights', 'returns']);
  const { loss } = critic.step(batches, options.criticRate);
  return { stats, valueLoss: loss!, padding };
}
