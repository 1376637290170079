/**
 * Losses as pure functions of vectors over the predictions of a packed batch, from simple to complex. `weights`
 * says how much each prediction counts: 0 for prompts and padding, and 1 / (number of counted tokens) for a mean
 * over tokens.
 */
import { tf } from '../engine/tensorflow';

/** Next-token cross-entropy, `-sum(weights logprobs)`. All [N] -> scalar. */
export function crossEntropyLoss(logprobs: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  return tf.neg(tf.sum(tf.mul(weights, logprobs)));
}

/**
 * Schulman's k3 estimator of KL(policy || reference) per token, `exp(ref - logp) - (ref - logp) - 1`: never negative
 * and unbiased (DeepSeekMath, equation 4, https://arxiv.org/abs/2402.03300). [N], [N] -> [N].
 */
export function tokenKl(logprobs: tf.Tensor, referenceLogprobs: tf.Tensor): tf.Tensor {
  const difference = tf.sub(referenceLogprobs, logprobs);
  return tf.sub(tf.sub(tf.exp(difference), difference), 1);
}

export interface GrpoLossConfig {
  /** the ratio is clipped to 1 - low .. 1 + high */
  readonly clipEpsilonLow: number;
  readonly clipEpsilonHigh: number;
  /** weight of the KL term, beta in the paper */
  readonly klCoef: number;
}

export type GrpoLossInputs = {
  /** under the policy that is being trained; the only input with a gradient */
  readonly logprobs: tf.Tensor;
  /** under the policy that sampled the completion */
  readonly oldLogprobs: tf.Tensor;
  /** under the frozen reference policy */
  readonly referenceLogprobs: tf.Tensor;
  readonly advantages: tf.Tensor;
  readonly weights: tf.Tensor;
};

export type GrpoLossOutputs = { loss: tf.Tensor; clipFraction: tf.Tensor; kl: tf.Tensor };

/**
 * GRPO's objective (DeepSeek-R1, equations 1 and 2, https://arxiv.org/abs/2501.12948), as a loss:
 * `-sum(weights (min(ratio A, clip(ratio, 1 - low, 1 + high) A) - beta KL))` with `ratio = exp(logp - old)`.
 * All inputs [N] -> scalars. `clipFraction`, the share of tokens whose gradient the clip cuts off, and `kl` are weighted
 * like the loss: they are means where the weights sum to 1.
 */
export function grpoLoss(
  { logprobs, oldLogprobs, referenceLogprobs, advantages, weights }: GrpoLossInputs,
  { clipEpsilonLow, clipEpsilonHigh, klCoef }: GrpoLossConfig,
): GrpoLossOutputs {
  const counted = tf.cast(tf.greater(weights, 0), 'float32');
  const ratio = tf.exp(tf.mul(tf.sub(logprobs, oldLogprobs), counted)); // 1 where nothing counts
  const plain = tf.mul(ratio, advantages);
  const clipped = tf.mul(
    tf.clipByValue(ratio, 1 - clipEpsilonLow, 1 + clipEpsilonHigh),
    advantages,
  );
  const kl = tokenKl(tf.mul(logprobs, counted), tf.mul(referenceLogprobs, counted));
  const objective = tf.sub(tf.minimum(plain, clipped), tf.mul(kl, klCoef));
  return {
    loss: tf.neg(tf.sum(tf.mul(weights, objective))),
    clipFraction: weightedSum(tf.cast(tf.less(clipped, plain), 'float32'), weights),
    kl: weightedSum(kl, weights),
  };
}

function weightedSum(values: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(values, weights));
}
