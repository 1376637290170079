import { tf } from '../engine/tensorflow';
import { flatten, treeShape, unflatten } from '../engine/tree';
import type { Parameters } from '../model/parameters';

export interface AdamWConfig {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** applied to matrices, not to norm gains and biases */
  readonly weightDecay: number;
  /** largest allowed global norm of the gradient */
  readonly maxGradientNorm: number;
}

export const defaultAdamW: AdamWConfig = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradientNorm: 1,
};

/** The running means of the gradient and of its square, as trees like the weights, and the number of updates. */
export type AdamWState = { readonly mean: Parameters; readonly square: Parameters };

export function initAdamW(parameters: Parameters): AdamWState {
  const zeros = (): Parameters =>
    unflatten(
      treeShape(parameters),
      flatten(parameters).map((t) => tf.zeros(t.shape)),
    ) as Parameters;
  return { mean: zeros(), square: zeros() };
}

/** What changes from update to update and so has to be an input of the recorded graph: [rate, c1, c2]. */
export function adamWInputs(learningRate: number, update: number, config: AdamWConfig): tf.Tensor {
  return tf.tensor1d([
    learningRate,
    1 / (1 - config.beta1 ** update),
    1 / (1 - config.beta2 ** update),
  ]);
}

/**
 * One update of AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101) as a pure function, after the
 * gradient is scaled down to the largest allowed global norm:
 * `m = b1 m + (1-b1) g`, `v = b2 v + (1-b2) g^2`, `w = w - rate (c1 m / (sqrt(c2 v) + eps) + decay w)`
 * with `c = 1 / (1 - b^update)`. `inputs` come from `adamWInputs`.
 */
export function adamW(
  config: AdamWConfig,
  parameters: Parameters,
  gradients: Parameters,
  state: AdamWState,
  inputs: tf.Tensor,
): { parameters: Parameters; state: AdamWState; gradientNorm: tf.Tensor } {
  const { beta1, beta2, epsilon, weightDecay, maxGradientNorm } = config;
  const [rate, c1, c2] = tf.unstack(inputs) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const gradientList = flatten(gradients);
  const gradientNorm = tf.sqrt(tf.addN(gradientList.map((g) => tf.sum(tf.square(g)))));
  const clip = tf.minimum(1, tf.div(maxGradientNorm, tf.add(gradientNorm, 1e-6)));
  const means = flatten(state.mean);
  const squares = flatten(state.square);
  const updated = flatten(parameters).map((weight, i) => {
    const gradient = tf.mul(gradientList[i]!, clip);
    const mean = tf.add(tf.mul(means[i]!, beta1), tf.mul(gradient, 1 - beta1));
    const square = tf.add(tf.mul(squares[i]!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
    const direction = tf.div(tf.mul(mean, c1), tf.add(tf.sqrt(tf.mul(square, c2)), epsilon));
    const decayed =
      weightDecay > 0 && weight.rank > 1
        ? tf.add(direction, tf.mul(weight, weightDecay))
        : direction;
    return { weight: tf.sub(weight, tf.mul(decayed, rate)), mean, square };
  });
  const shape = treeShape(parameters);
  const tree = (tensors: tf.Tensor[]): Parameters => unflatten(shape, tensors) as Parameters;
  return {
    parameters: tree(updated.map((u) => u.weight)),
    state: { mean: tree(updated.map((u) => u.mean)), square: tree(updated.map((u) => u.square)) },
    gradientNorm,
  };
}
