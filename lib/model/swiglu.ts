import { customGradient } from '../engine/customGradient';
import { tf } from '../engine/tensorflow';

/**
 * Computes SwiGLU's gate, `silu(gate) up` with `silu(x) = x sigmoid(x)` (Shazeer 2020,
 * https://arxiv.org/abs/2002.05202). gateUp [N, 2F] holds both halves side by side -> [N, F].
 */
export const swiglu = customGradient(
  (gateUp: tf.Tensor) => {
    const [gate, up] = tf.split(gateUp, 2, -1) as [tf.Tensor, tf.Tensor]; // 2 of [N, F]
    const sigmoid = tf.sigmoid(gate);
    const silu = tf.mul(gate, sigmoid);
    return { value: tf.mul(silu, up), saved: [sigmoid, silu, up] };
  },
  (dy, saved) => {
    const [sigmoid, silu, up] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
    const slope = tf.add(sigmoid, tf.sub(silu, tf.mul(silu, sigmoid))); // silu' = s + silu (1 - s)
    return [tf.concat([tf.mul(tf.mul(dy, up), slope), tf.mul(dy, silu)], -1)]; // [N, 2F]
  },
);
