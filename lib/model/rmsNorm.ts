import { customGradient } from '../engine/customGradient';
import { tf } from '../engine/tensorflow';

/**
 * Computes the root-mean-square norm over the last dimension, `y = gain x / sqrt(mean(x^2) + eps)`
 * (Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467). x [N, d], gain [d] -> [N, d].
 */
export const rmsNorm = (x: tf.Tensor, gain: tf.Tensor, epsilon: number): tf.Tensor =>
  customGradient(
    (x: tf.Tensor, gain: tf.Tensor) => {
      const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon)); // [N, 1]
      const normed = tf.mul(x, inverse); // [N, d]
      return { value: tf.mul(normed, gain), saved: [normed, inverse, gain] };
    },
    (dy, saved) => {
      const [normed, inverse, gain] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const dNormed = tf.mul(dy, gain);
      const along = tf.mul(normed, tf.mean(tf.mul(dNormed, normed), -1, true));
      return [tf.mul(inverse, tf.sub(dNormed, along)), tf.sum(tf.mul(dy, normed), 0)];
    },
  )(x, gain);
