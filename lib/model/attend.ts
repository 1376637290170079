import { customGradient } from '../engine/customGradient';
import { tf } from '../engine/tensorflow';

/**
 * Computes `softmax(q k^T + bias) v` with queries that are scaled already. q [B, K, S, D], k and v [B, K, T, D],
 * bias [B, 1, T, T] -> [B, K, S, D]. S = g T: the g query heads that share a key/value head stand one after another.
 * The gradient uses `rowsum(dP P) = rowsum(dO O)`, which replaces two passes over the large [S, T] matrices by one over
 * [S, D] (Dao et al. 2022, https://arxiv.org/abs/2205.14135, appendix B). The bias gets no gradient.
 */
export function attend(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const [B, K, S] = q.shape as [number, number, number, number];
  const T = k.shape[2]!;
  return customGradient(
    (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => {
      const scores = tf.reshape(tf.matMul(q, k, false, true), [B, (K * S) / T, T, T]);
      const weights = tf.reshape(tf.softmax(tf.add(scores, bias)), [B, K, S, T]);
      const value = tf.matMul(weights, v);
      return { value, saved: [q, k, v, weights, value] };
    },
    (dy, saved) => {
      const [q, k, v, weights, value] = saved as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const dWeights = tf.matMul(dy, v, false, true); // [B, K, S, T]
      const along = tf.sum(tf.mul(dy, value), -1, true); // [B, K, S, 1]
      const dScores = tf.mul(weights, tf.sub(dWeights, along));
      return [tf.matMul(dScores, k), tf.matMul(dScores, q, true), tf.matMul(weights, dy, true)];
    },
  )(q, k, v);
}
