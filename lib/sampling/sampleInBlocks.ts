import { tf } from '../engine/tensorflow';

/** Tokens whose probabilities are summed up together. */
const block = 256;

/**
 * Samples one token per row as `sampleTokens` does, from a large vocabulary: logits [n, V], uniform [n]. A sum over all of
 * it would lose the last digits that decide, so it is made in blocks: first one of them is drawn, then a token in it.
 */
export function sampleInBlocks(
  logits: tf.Tensor,
  uniform: tf.Tensor,
): { ids: tf.Tensor; logprobs: tf.Tensor; entropies: tf.Tensor } {
  const allLogprobs = tf.logSoftmax(logits);
  const probabilities = tf.exp(allLogprobs);
  const ids = drawFromBlocks(probabilities, uniform);
  const chosen = tf.gather(allLogprobs, tf.expandDims(ids, 1), 1, 1); // [n, 1]
  return {
    ids,
    logprobs: tf.reshape(chosen, [-1]),
    entropies: tf.neg(tf.sum(tf.mul(probabilities, allLogprobs), 1)),
  };
}

/** Draws a token of each row: probabilities [n, V], uniform [n] -> [n] int32. */
function drawFromBlocks(probabilities: tf.Tensor, uniform: tf.Tensor): tf.Tensor {
  const [n, V] = probabilities.shape as [number, number];
  const blocks = Math.ceil(V / block);
  const padded = tf.pad(probabilities as tf.Tensor2D, [
    [0, 0],
    [0, blocks * block - V],
  ]);
  const inBlocks = tf.reshape(padded, [n, blocks, block]);
  const outer = place(tf.sum(inBlocks, 2), tf.reshape(uniform, [n, 1]));
  const chosen = tf.gather(inBlocks, outer.index, 1, 1); // [n, block]
  const inner = place(chosen, outer.rest);
  return tf.add(tf.mul(outer.index, tf.scalar(block, 'int32')), inner.index);
}

/** Just under 1: a number drawn lies below the sum of all parts, whatever their rounding. */
const belowOne = 1 - 1e-6;

/**
 * Returns which of the parts [n, K] of a whole a number falls into, and where in it: `at` [n, 1] below the sum of the parts
 * -> index [n] int32, rest [n, 1].
 */
function place(parts: tf.Tensor, at: tf.Tensor): { index: tf.Tensor; rest: tf.Tensor } {
  const ends = tf.cumsum(parts, 1); // [n, K]
  const total = tf.max(ends, 1, true); // [n, 1]
  const inside = tf.minimum(at, tf.mul(total, belowOne));
  const passed = tf.lessEqual(ends, inside); // [n, K]
  const counted = tf.cast(passed, 'float32');
  const index = tf.cast(tf.sum(counted, 1), 'int32'); // [n]
  return { index, rest: tf.sub(inside, tf.max(tf.mul(ends, counted), 1, true)) };
}
