import { customGradient } from '../engine/customGradient';
import { tf } from '../engine/tensorflow';
import { crossEntropyWithGradient } from './tokenLogprobs';

/** Rows whose logits are held at once: at 49,152 tokens 100 MB. */
const rowsAtOnce = 512;

/**
 * Computes the log-probability of one token for each state, over a large vocabulary whose weights do not learn: states
 * [N, d], output layer [V, d], targets [N] int32 -> [N]. The logits of a few hundred rows are there at a time.
 *
 * A state's log-probability has the gradient `W[target] - softmax(W state) W`, which is as wide as the state. It is
 * computed with the value, while the logits are there, so that neither logits nor softmax are kept for the backward pass.
 */
export function vocabularyLogprobs(
  states: tf.Tensor,
  output: tf.Tensor,
  targets: tf.Tensor,
  inverseTemperature?: tf.Tensor,
): tf.Tensor {
  const [N, d] = states.shape as [number, number];
  return customGradient(
    (x: tf.Tensor) => {
      const values: tf.Tensor[] = [];
      const slopes: tf.Tensor[] = [];
      for (let from = 0; from < N; from += rowsAtOnce) {
        const rows = Math.min(rowsAtOnce, N - from);
        const raw = tf.matMul(tf.slice(x, [from, 0], [rows, d]), output, false, true); // [rows, V]
        const logits = inverseTemperature ? tf.mul(raw, inverseTemperature) : raw;
        const [crossEntropy, softmaxMinusOneHot] = crossEntropyWithGradient(
          logits,
          tf.slice(targets, [from], [rows]),
        );
        values.push(tf.neg(crossEntropy));
        slopes.push(tf.matMul(softmaxMinusOneHot, output)); // [rows, d]
      }
      const slope = slopes.length === 1 ? slopes[0]! : tf.concat(slopes);
      const scaled = inverseTemperature ? tf.mul(slope, inverseTemperature) : slope;
      return { value: values.length === 1 ? values[0]! : tf.concat(values), saved: [scaled] };
    },
    (dy, [slope]) => [tf.mul(tf.expandDims(tf.neg(dy), 1), slope!)], // [N, d]
  )(states);
}
