import { tf } from '../engine/tensorflow';
import { flatten, treeShape, unflatten } from '../engine/tree';
import type { Parameters } from '../model/parameters';

/** The value of a scalar function of the weights, and its gradient as a tree like the weights. */
export function valueAndGradients(
  loss: (parameters: Parameters) => tf.Tensor,
  parameters: Parameters,
): { value: tf.Tensor; gradients: Parameters } {
  const shape = treeShape(parameters);
  const { value, grads } = tf.valueAndGrads(
    (...tensors: tf.Tensor[]) => loss(unflatten(shape, tensors) as Parameters) as tf.Scalar,
  )(flatten(parameters));
  return { value, gradients: unflatten(shape, grads) as Parameters };
}
