/**
 * Sequences of unequal length packed into rows of one length. A step then has one shape, so one recorded graph
 * serves a whole run, and almost no computed token is padding.
 */
import { tf } from '../engine/tensorflow';

/** A token sequence with numbers for each of its predictions: entry i belongs to predicting `ids[i + 1]`. */
export interface Sequence<Channel extends string> {
  readonly ids: readonly number[];
  readonly channels: Readonly<Record<Channel, ArrayLike<number>>>;
}

/** A packed batch as tensors. B rows of T places; N = B T predictions. */
export type PackedBatch<Channel extends string> = {
  readonly ids: tf.Tensor; // [B, T] int32
  /** where the sequence at each place starts */
  readonly starts: tf.Tensor; // [B, T]
  /** the token to predict at each place */
  readonly targets: tf.Tensor; // [N] int32
  /** one vector per channel, 0 where nothing is predicted */
  readonly channels: Readonly<Record<Channel, tf.Tensor>>; // [N] each
};

/** For each row, the indices of the sequences in it: first fit, longest first, into as many rows as it takes. */
export function assignRows(lengths: readonly number[], rowLength: number): number[][] {
  const longest = Math.max(0, ...lengths);
  if (longest > rowLength) throw new RangeError(`sequence of ${longest} in rows of ${rowLength}`);
  const { rows } = fillRows(lengths, Array<number>(lengths.length).fill(rowLength));
  return rows.filter((members) => members.length > 0);
}

/**
 * Fills rows of given lengths with sequences, first fit, longest first. `rows` are the indices of the sequences in each
 * row; `left` are the indices of those that found no room.
 */
export function fillRows(
  lengths: readonly number[],
  rowLengths: readonly number[],
): { rows: number[][]; left: number[] } {
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const free = [...rowLengths];
  const rows: number[][] = rowLengths.map(() => []);
  const left: number[] = [];
  for (const i of order) {
    const row = free.findIndex((room) => room >= lengths[i]!);
    if (row < 0) left.push(i);
    else {
      free[row]! -= lengths[i]!;
      rows[row]!.push(i);
    }
  }
  return { rows, left };
}

/** Rows of one length: the shape of a batch. */
export interface BatchShape {
  readonly rows: number;
  readonly rowLength: number;
}

/**
 * Packs sequences into a batch of B rows of T places. `rows[r]` are the indices of the sequences of row r; rows that are
 * missing stay empty, so that every batch of a run has one shape. The sequences of a row do not see each other: attention
 * looks back to `starts` and no further.
 */
export function packRows<Channel extends string>(
  sequences: readonly Sequence<Channel>[],
  rows: readonly (readonly number[])[],
  { rows: B, rowLength: T }: BatchShape,
  channels: readonly Channel[],
): PackedBatch<Channel> {
  const ids = new Int32Array(B * T);
  const targets = new Int32Array(B * T);
  const starts = new Float32Array(B * T);
  const values = channels.map(() => new Float32Array(B * T));
  rows.forEach((members, r) => {
    let place = 0;
    for (const member of members) {
      const sequence = sequences[member]!;
      const predictions = sequence.ids.length - 1;
      const offset = r * T + place;
      for (let i = 0; i < predictions; i++) {
        ids[offset + i] = sequence.ids[i]!;
        targets[offset + i] = sequence.ids[i + 1]!;
      }
      channels.forEach((channel, c) => {
        const from = sequence.channels[channel];
        for (let i = 0; i < predictions; i++) values[c]![offset + i] = from[i]!;
      });
      starts.fill(place, offset, offset + predictions);
      place += predictions;
    }
    starts.fill(place, r * T + place, (r + 1) * T);
  });
  return {
    ids: tf.tensor(ids, [B, T], 'int32'),
    starts: tf.tensor(starts, [B, T]),
    targets: tf.tensor(targets, [B * T], 'int32'),
    channels: Object.fromEntries(
      channels.map((channel, c) => [channel, tf.tensor(values[c]!, [B * T])]),
    ) as Record<Channel, tf.Tensor>,
  };
}

/**
 * Packs all sequences into as many batches as they need. `shapes` go from long rows to short ones, as attention costs
 * the square of a row's length: long rows take what short ones cannot hold, and others only where room is left.
 */
export function* packBatches<Channel extends string>(
  sequences: readonly Sequence<Channel>[],
  shapes: readonly BatchShape[],
  channels: readonly Channel[],
): Generator<PackedBatch<Channel>> {
  let rest = sequences;
  for (const [i, shape] of shapes.entries()) {
    const { rows: B, rowLength: T } = shape;
    const part = rest;
    const lengths = part.map((s) => s.ids.length - 1);
    const shorter = shapes[i + 1]?.rowLength ?? 0;
    const needed = assignRows(
      lengths.filter((length) => length > shorter),
      T,
    ).length;
    const { rows, left } = fillRows(lengths, Array<number>(Math.ceil(needed / B) * B).fill(T));
    for (let r = 0; r < rows.length; r += B)
      yield packRows(part, rows.slice(r, r + B), shape, channels);
    rest = left.map((j) => part[j]!);
  }
}
