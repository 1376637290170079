import { tf } from '../engine/tensorflow';
import { flatten, treeShape, unflatten } from '../engine/tree';
import type { Parameters } from '../model/parameters';

/** What a loss function returns: the scalar to differentiate, and scalars to look at. */
export type LossOutputs = { loss: tf.Tensor } & Record<string, tf.Tensor>;

export type LossAndGradients = { outputs: LossOutputs; gradients: Parameters };

/**
 * The loss, the scalars beside it, and the loss's gradient as a tree like the weights. tfjs disposes what is
 * computed inside a gradient, so the scalars are kept by hand until they are copied.
 */
export function lossAndGradients(
  lossFn: (parameters: Parameters) => LossOutputs,
  parameters: Parameters,
): LossAndGradients {
  const shape = treeShape(parameters);
  let kept: LossOutputs | undefined;
  const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
    kept = lossFn(unflatten(shape, tensors) as Parameters);
    for (const [name, tensor] of Object.entries(kept)) if (name !== 'loss') tf.keep(tensor);
    return kept.loss as tf.Scalar;
  })(flatten(parameters));
  const outputs: LossOutputs = { loss: value };
  for (const [name, tensor] of Object.entries(kept!))
    if (name !== 'loss') {
      outputs[name] = tf.clone(tensor);
      tensor.dispose();
    }
  return { outputs, gradients: unflatten(shape, grads) as Parameters };
}
