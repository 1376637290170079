import { tf } from '../engine/tensorflow';
import type { ModelConfig } from '../model/config';
import { decoderLogits } from '../model/decoder';
import type { Parameters } from '../model/parameters';
import { tokenLogprobs } from '../model/tokenLogprobs';
import type { LossOutputs } from './gradients';
import { crossEntropyLoss } from './losses';
import { assignRows, packRows, type PackedBatch, type Sequence } from './packing';

/** A packed batch for next-token training, as pre-training and SFT use it. */
export type TextBatch = PackedBatch<'weights'>;

/** Log-probability of each target of a packed batch under the model: [N]. */
export function batchLogprobs(
  config: ModelConfig,
  parameters: Parameters,
  batch: { readonly ids: tf.Tensor; readonly starts: tf.Tensor; readonly targets: tf.Tensor },
): tf.Tensor {
  return tokenLogprobs(decoderLogits(config, parameters, batch.ids, batch.starts), batch.targets);
}

/** The loss function of a trainer: mean cross-entropy over the predicted tokens. */
export function nextTokenLoss(
  config: ModelConfig,
): (parameters: Parameters, batch: TextBatch) => LossOutputs {
  return (parameters, batch) => ({
    loss: crossEntropyLoss(batchLogprobs(config, parameters, batch), batch.channels.weights),
  });
}

/**
 * One batch of whole documents, `rows` rows of `rowLength` places, for a mean over their tokens. `next` gives one
 * random document after another; it is asked until the rows are about full. A step must hold a random mixture of
 * documents: steps of one length only cost accuracy and, above all, the verdicts.
 */
export function documentBatch(
  next: () => readonly number[],
  rows: number,
  rowLength: number,
): { batch: TextBatch; tokens: number } {
  // Longest-first packing fills the rows to the last few places, but not beyond them: leave the longest
  // document's room.
  const wanted = rows * rowLength - rowLength;
  const documents: (readonly number[])[] = [];
  let tokens = 0;
  while (tokens < wanted) {
    const ids = next();
    documents.push(ids);
    tokens += ids.length - 1;
  }
  const lengths = documents.map((ids) => ids.length - 1);
  let assigned = assignRows(lengths, rowLength);
  // A few batches in a thousand would need one more row: they do without the document drawn last.
  while (assigned.length > rows) {
    tokens -= lengths.pop()!;
    assigned = assignRows(lengths, rowLength);
  }
  const sequences = documents.map((ids): Sequence<'weights'> => ({
    ids,
    channels: { weights: Array<number>(ids.length - 1).fill(1 / tokens) },
  }));
  return {
    batch: packRows(sequences, assigned, rows, rowLength, ['weights']),
    tokens,
  };
}
