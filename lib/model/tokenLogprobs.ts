import { customGradient } from '../engine/customGradient';
import { nodeBackend, tf } from '../engine/tensorflow';

/**
 * Computes the log-probability of one token per row, `logits[target] - logsumexp(logits)`.
 * logits [N, V], targets [N] int32 -> [N]. The gradient is `dy (onehot - softmax)`.
 */
export function tokenLogprobs(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return customGradient(
    (x: tf.Tensor) => {
      const [crossEntropy, softmaxMinusOneHot] = crossEntropyWithGradient(x, targets);
      return { value: tf.neg(crossEntropy), saved: [softmaxMinusOneHot] };
    },
    (dy, [softmaxMinusOneHot]) => [tf.mul(tf.expandDims(tf.neg(dy), 1), softmaxMinusOneHot!)], // [N, V]
  )(logits);
}

/** Cross-entropy [N] and its gradient [N, V]: one fused op of TensorFlow, spelled out on other backends. */
export function crossEntropyWithGradient(
  logits: tf.Tensor,
  targets: tf.Tensor,
): [tf.Tensor, tf.Tensor] {
  if (tf.getBackend() === 'tensorflow') {
    const backend = nodeBackend();
    const { TF_ATTR_TYPE: type, TF_FLOAT, TF_INT32 } = backend.binding;
    const attributes = [
      { name: 'T', type, value: TF_FLOAT },
      { name: 'Tlabels', type, value: TF_INT32 },
    ];
    return backend.executeMultipleOutputs(
      'SparseSoftmaxCrossEntropyWithLogits',
      attributes,
      [logits, targets],
      2,
    ) as [tf.Tensor, tf.Tensor];
  }
  const oneHot = tf.oneHot(targets as tf.Tensor1D, logits.shape[1]!) as tf.Tensor;
  const logprobs = tf.logSoftmax(logits);
  return [tf.neg(tf.sum(tf.mul(logprobs, oneHot), 1)), tf.sub(tf.exp(logprobs), oneHot)];
}
