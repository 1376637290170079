import { tf } from '../engine/tensorflow';
import { flatten, treeShape, unflatten, type TensorTree } from '../engine/tree';

/** What a loss function returns: the scalar to differentiate, and scalars to look at. */
export type LossOutputs = { loss: tf.Tensor } & Record<string, tf.Tensor>;

export type LossAndGradients<P extends TensorTree> = { outputs: LossOutputs; gradients: P };

/**
 * The loss, the scalars beside it, and the loss's gradient as a tree like the weights. tfjs disposes what is
 * computed inside a gradient, so the scalars are kept by hand until they are copied.
 */
export function lossAndGradients<P extends TensorTree>(
  lossFn: (parameters: P) => LossOutputs,
  parameters: P,
): LossAndGradients<P> {
  const shape = treeShape(parameters);
  let kept: LossOutputs | undefined;
  const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
    kept = lossFn(unflatten(shape, tensors) as P);
    for (const [name, tensor] of Object.entries(kept)) if (name !== 'loss') tf.keep(tensor);
    return kept.loss as tf.Scalar;
  })(flatten(parameters));
  const outputs: LossOutputs = { loss: value };
  for (const [name, tensor] of Object.entries(kept!))
    if (name !== 'loss') {
      outputs[name] = tf.clone(tensor);
      tensor.dispose();
    }
  return { outputs, gradients: unflatten(shape, grads) as P };
}
