import { tf } from '../engine/tensorflow';
import { ropeTheta } from './config';

/**
 * Returns the cosines and sines of the rotary angles for positions from..from+count-1, [count, D] flat. Each value
 * stands twice in its row, once for each half of D.
 */
export function rotaryAngles(
  from: number,
  count: number,
  headDim: number,
): { cos: Float32Array; sin: Float32Array } {
  const cos = new Float32Array(count * headDim);
  const sin = new Float32Array(count * headDim);
  const half = headDim / 2;
  for (let p = 0; p < count; p++)
    for (let i = 0; i < half; i++) {
      const angle = (from + p) / ropeTheta ** (i / half);
      const at = p * headDim + i;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at] = sin[at + half] = Math.sin(angle);
    }
  return { cos, sin };
}

/**
 * Applies the rotary position embedding in the half-split form of Hugging Face's Llama, `x cos + rotateHalf(x) sin`
 * with `rotateHalf([a, b]) = [-b, a]` (Su et al. 2021, https://arxiv.org/abs/2104.09864). The last dimension of x is
 * D; cos and sin broadcast against it.
 */
export function rotate(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const [a, b] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
  return tf.add(tf.mul(x, cos), tf.mul(tf.concat([tf.neg(b), a], -1), sin));
}
