import { tf } from '../engine/tensorflow';
import type { ModelConfig } from '../model/config';
import { decoderLogits } from '../model/decoder';
import type { Parameters } from '../model/parameters';
import { tokenLogprobs } from '../model/tokenLogprobs';
import type { LossOutputs } from './gradients';
import { crossEntropyLoss } from './losses';
import { fillRows, packRows, type BatchShape, type PackedBatch, type Sequence } from './packing';

/** A packed batch for next-token training, as pre-training and SFT use it. */
export type TextBatch = PackedBatch<'weights'>;

/** Log-probability of each target of a packed batch under the model, or under the model at a temperature: [N]. */
export function batchLogprobs(
  config: ModelConfig,
  parameters: Parameters,
  batch: { readonly ids: tf.Tensor; readonly starts: tf.Tensor; readonly targets: tf.Tensor },
  inverseTemperature?: tf.Tensor | number,
): tf.Tensor {
  const logits = decoderLogits(config, parameters, batch.ids, batch.starts); // [N, V]
  const tempered = inverseTemperature === undefined ? logits : tf.mul(logits, inverseTemperature);
  return tokenLogprobs(tempered, batch.targets);
}

/** The loss function of a trainer: mean cross-entropy over the predicted tokens. */
export function nextTokenLoss(
  config: ModelConfig,
): (parameters: Parameters, batch: TextBatch) => LossOutputs {
  return (parameters, batch) => ({
    loss: crossEntropyLoss(batchLogprobs(config, parameters, batch), batch.channels.weights),
  });
}

/** The loss function of a trainer whose step takes several batches of different shapes: one graph computes them all. */
export function documentLoss(
  config: ModelConfig,
): (parameters: Parameters, batches: readonly TextBatch[]) => LossOutputs {
  const lossOf = nextTokenLoss(config);
  return (parameters, batches) => ({
    loss: tf.addN(batches.map((batch) => lossOf(parameters, batch).loss)),
  });
}

/**
 * Whole documents for one step, with a mean over their tokens. `next` gives one random document after another; it is
 * asked until the rows are about full. A step must hold a random mixture of documents: steps of one length only cost
 * accuracy and, above all, the verdicts. Short rows for most documents and a few long ones (the first shape has to
 * hold the longest document) halve the work of attention.
 */
export function documentBatches(
  next: () => readonly number[],
  shapes: readonly BatchShape[],
): { batches: TextBatch[]; tokens: number } {
  const rowLengths = shapes.flatMap(({ rows, rowLength }) => Array<number>(rows).fill(rowLength));
  const places = rowLengths.reduce((sum, length) => sum + length, 0);
  // Longest-first packing fills the rows to the last few places, but not beyond them: leave the longest
  // document's room.
  const wanted = places - shapes[0]!.rowLength;
  const documents: (readonly number[])[] = [];
  let tokens = 0;
  while (tokens < wanted) {
    const ids = next();
    documents.push(ids);
    tokens += ids.length - 1;
  }
  const lengths = documents.map((ids) => ids.length - 1);
  let { rows, left } = fillRows(lengths, rowLengths);
  // A few steps in a hundred have a long document too many: they do without the one drawn last.
  while (left.length > 0) {
    tokens -= lengths.pop()!;
    ({ rows, left } = fillRows(lengths, rowLengths));
  }
  const sequences = documents.map((ids): Sequence<'weights'> => ({
    ids,
    channels: { weights: Array<number>(ids.length - 1).fill(1 / tokens) },
  }));
  let from = 0;
  const batches = shapes.map((shape) => {
    const own = rows.slice(from, (from += shape.rows));
    return packRows(sequences, own, shape, ['weights']);
  });
  return { batches, tokens };
}
