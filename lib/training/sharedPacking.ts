/** Completions packed into rows so that those of one prompt share it: the prompt is computed once and not for each. */
import { UserError } from '../core/errors';
import { tf } from '../engine/tensorflow';
import type { SharedPlaces, SharedRows } from '../model/sharedPrompt';
import type { BatchShape, Sequence } from './packing';

/** A sequence whose first tokens are a prompt, which nothing is learned from. */
export interface PromptedSequence<Channel extends string> extends Sequence<Channel> {
  readonly promptLength: number;
}

/** A packed batch as tensors: B rows of T places, and N = B T predictions. */
export type SharedBatch<Channel extends string> = SharedRows & {
  /** the place of B T whose state predicts; the last place of a prompt predicts once for each completion [N] int32 */
  readonly sources: tf.Tensor;
  /** the token to predict [N] int32 */
  readonly targets: tf.Tensor;
  /** one vector per channel, 0 where nothing is predicted [N] each */
  readonly channels: Readonly<Record<Channel, tf.Tensor>>;
};

/** The completions of one prompt that stand in one row. */
interface Piece<Channel extends string> {
  readonly promptIds: readonly number[];
  readonly completions: PromptedSequence<Channel>[];
}

/**
 * Fills rows in the order of the prompts. Where a row ends within a group, the prompt stands once more at the beginning of
 * the next one. A sequence that is longer than a row is a UserError.
 */
function fillRowsWithGroups<Channel extends string>(
  sequences: readonly PromptedSequence<Channel>[],
  rowLength: number,
): Piece<Channel>[][] {
  const groups = new Map<string, PromptedSequence<Channel>[]>();
  for (const sequence of sequences) {
    const key = sequence.ids.slice(0, sequence.promptLength).join();
    groups.set(key, [...(groups.get(key) ?? []), sequence]);
  }
  const rows: Piece<Channel>[][] = [];
  let [places, predictions] = [rowLength, rowLength]; // used in the last row, which is not there yet
  for (const group of groups.values()) {
    let piece: Piece<Channel> | undefined;
    for (const sequence of group) {
      const { ids, promptLength } = sequence;
      const added = ids.length - promptLength;
      if (ids.length - 1 > rowLength)
        throw new UserError(
          `a prompt and completion of ${ids.length} tokens do not fit into a row of ${rowLength}: allow fewer new tokens, or set batches to longer rows`,
        );
      const needed = (piece ? 0 : promptLength) + added - 1;
      if (places + needed > rowLength || predictions + added > rowLength) {
        rows.push([]);
        [places, predictions] = [0, 0];
        piece = undefined;
      }
      if (!piece) {
        piece = { promptIds: ids.slice(0, promptLength), completions: [] };
        rows[rows.length - 1]!.push(piece);
        places += promptLength;
      }
      piece.completions.push(sequence);
      places += added - 1;
      predictions += added;
    }
  }
  return rows;
}

/** Packs all sequences into as many batches of one shape as they need. */
export function* packShared<Channel extends string>(
  sequences: readonly PromptedSequence<Channel>[],
  shape: BatchShape,
  channels: readonly Channel[],
): Generator<SharedBatch<Channel>> {
  const rows = fillRowsWithGroups(sequences, shape.rowLength);
  for (let r = 0; r < rows.length; r += shape.rows)
    yield sharedBatch(rows.slice(r, r + shape.rows), shape, channels);
}

function sharedBatch<Channel extends string>(
  rows: readonly (readonly Piece<Channel>[])[],
  { rows: B, rowLength: T }: BatchShape,
  channels: readonly Channel[],
): SharedBatch<Channel> {
  const whole = (): Int32Array => new Int32Array(B * T);
  const real = (): Float32Array => new Float32Array(B * T);
  const [ids, positions, sources, targets] = [whole(), whole(), whole(), whole()];
  const [promptStarts, promptEnds, starts] = [real(), real(), real()];
  const values = channels.map(real);
  rows.forEach((pieces, r) => {
    let place = 0;
    let prediction = r * T;
    for (const { promptIds, completions } of pieces) {
      const [from, to] = [place, place + promptIds.length];
      const put = (id: number, position: number, start: number): void => {
        const at = r * T + place;
        ids[at] = id;
        positions[at] = position;
        starts[at] = start;
        promptStarts[at] = from;
        promptEnds[at] = start === from ? from : to; // a prompt's own places see it by `starts`
        place++;
      };
      promptIds.forEach((id, i) => put(id, i, from));
      for (const { ids: all, promptLength, channels: given } of completions) {
        const start = place;
        for (let i = promptLength; i < all.length; i++) {
          sources[prediction] = r * T + (i === promptLength ? to - 1 : place - 1);
          targets[prediction] = all[i]!;
          channels.forEach((channel, c) => (values[c]![prediction] = given[channel][i - 1]!));
          prediction++;
          if (i < all.length - 1) put(all[i]!, i, start);
        }
      }
    }
    starts.fill(place, r * T + place, (r + 1) * T);
  });
  const places: SharedPlaces = {
    positions: tf.tensor(positions, [B, T], 'int32'),
    promptStarts: tf.tensor(promptStarts, [B, T]),
    promptEnds: tf.tensor(promptEnds, [B, T]),
    starts: tf.tensor(starts, [B, T]),
  };
  return {
    ids: tf.tensor(ids, [B, T], 'int32'),
    places,
    sources: tf.tensor(sources, [B * T], 'int32'),
    targets: tf.tensor(targets, [B * T], 'int32'),
    channels: Object.fromEntries(
      channels.map((channel, c) => [channel, tf.tensor(values[c]!, [B * T])]),
    ) as Record<Channel, tf.Tensor>,
  };
}
