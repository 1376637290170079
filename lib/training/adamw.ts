import { tf } from '../engine/tensorflow';

export interface AdamWConfig {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** applied to matrices, not to norm gains and biases */
  readonly weightDecay: number;
}

/** The running means of the gradients and of their squares. */
export type AdamWState = { readonly means: tf.Tensor[]; readonly squares: tf.Tensor[] };

/** Weights with their gradients and running means, in one order. */
export interface AdamWInputs {
  readonly weights: readonly tf.Tensor[];
  readonly gradients: readonly tf.Tensor[];
  readonly state: AdamWState;
}

/**
 * One update of AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101) as a pure function:
 * `m = b1 m + (1-b1) g`, `v = b2 v + (1-b2) g^2`, `w = w - rate (c1 m / (sqrt(c2 v) + eps) + decay w)`
 * with `c = 1 / (1 - b^update)`.
 */
export function adamW(
  { beta1, beta2, epsilon, weightDecay }: AdamWConfig,
  { weights, gradients, state }: AdamWInputs,
  { rate, c1, c2 }: { rate: tf.Tensor; c1: tf.Tensor; c2: tf.Tensor },
): { weights: tf.Tensor[]; state: AdamWState } {
  const updated = weights.map((weight, i) => {
    const gradient = gradients[i]!;
    const mean = tf.add(tf.mul(state.means[i]!, beta1), tf.mul(gradient, 1 - beta1));
    const square = tf.add(tf.mul(state.squares[i]!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
    const direction = tf.div(tf.mul(mean, c1), tf.add(tf.sqrt(tf.mul(square, c2)), epsilon));
    const decayed =
      weightDecay > 0 && weight.rank > 1
        ? tf.add(direction, tf.mul(weight, weightDecay))
        : direction;
    return { weight: tf.sub(weight, tf.mul(decayed, rate)), mean, square };
  });
  return {
    weights: updated.map((u) => u.weight),
    state: { means: updated.map((u) => u.mean), squares: updated.map((u) => u.square) },
  };
}
