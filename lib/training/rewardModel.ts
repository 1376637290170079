/**
 * A reward model: the decoder with a head that gives one number for a whole text, trained on pairs of answers of which
 * one was preferred (Bradley and Terry 1952; DeepSeek-R1, section 3.1; Ouyang et al. 2022, https://arxiv.org/abs/2203.02155).
 */
import { jit } from '../engine/jit';
import { tf } from '../engine/tensorflow';
import { disposeTree } from '../engine/tree';
import type { ModelConfig } from '../model/config';
import { decoderStates } from '../model/decoder';
import type { Model, Parameters } from '../model/parameters';
import type { LossOutputs } from './gradients';
import { fillRows, type BatchShape } from './packing';

/** Texts in rows of one length, several in a row, with the place of each text's last token. */
export type TextRows = {
  readonly ids: tf.Tensor; // [B, T] int32
  readonly starts: tf.Tensor; // [B, T]
  /** row T + place of the last token of each text */
  readonly last: tf.Tensor; // [texts] int32
};

/** Pairs: the first half of the texts are the answers `a`, the second half the answers `b`. */
export type PairBatch = {
  readonly texts: TextRows;
  /** 1 where `a` was preferred, 0 where `b` was, .5 for a tie */
  readonly labels: tf.Tensor; // [P]
  /** 1 / pairs, 0 where there is no pair */
  readonly weights: tf.Tensor; // [P]
};

/** A labelled pair as ids, prompt included. */
export interface Pair {
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly label: number;
}

/** Texts packed into `B` rows; `slots` is the number of scores, of which the last ones may be idle. Null: no room. */
function packTexts(
  texts: readonly (readonly number[])[],
  { rows: B, rowLength: T }: BatchShape,
  slots: number,
): TextRows | null {
  const { rows, left } = fillRows(
    texts.map((ids) => ids.length),
    Array<number>(B).fill(T),
  );
  if (left.length > 0 || texts.length > slots) return null;
  const ids = new Int32Array(B * T);
  const starts = new Float32Array(B * T);
  const last = new Int32Array(slots);
  rows.forEach((members, r) => {
    let place = 0;
    for (const member of members) {
      const text = texts[member]!;
      ids.set(text, r * T + place);
      starts.fill(place, r * T + place, r * T + place + text.length);
      place += text.length;
      last[member] = Math.max(0, r * T + place - 1);
    }
    starts.fill(place, r * T + place, (r + 1) * T);
  });
  return {
    ids: tf.tensor(ids, [B, T], 'int32'),
    starts: tf.tensor(starts, [B, T]),
    last: tf.tensor1d(last, 'int32'),
  };
}

/** The pairs of each step of an epoch: as many as find room in a batch of this shape, at most `most`. */
export function pairGroups(pairs: readonly Pair[], shape: BatchShape, most: number): Pair[][] {
  const groups: Pair[][] = [];
  const room = (group: readonly Pair[]): boolean =>
    group.length <= most &&
    fillRows(
      group.flatMap(({ a, b }) => [a.length, b.length]),
      Array<number>(shape.rows).fill(shape.rowLength),
    ).left.length === 0;
  for (const pair of pairs) {
    const group = groups.at(-1);
    if (group && room([...group, pair])) group.push(pair);
    else groups.push([pair]);
  }
  return groups;
}

/** One group as tensors, with `most` places for pairs. */
export function pairBatch(group: readonly Pair[], shape: BatchShape, most: number): PairBatch {
  const idle = Array.from({ length: most - group.length }, () => [] as number[]);
  const texts = [...group.map(({ a }) => a), ...idle, ...group.map(({ b }) => b), ...idle];
  const perPair = (value: (pair: Pair) => number): tf.Tensor =>
    tf.tensor1d([...group.map(value), ...idle.map(() => 0)]);
  return {
    texts: packTexts(texts, shape, 2 * most)!,
    labels: perPair(({ label }) => label),
    weights: perPair(() => 1 / group.length),
  };
}

/** The score of every text: [texts]. */
export function textScores(
  config: ModelConfig,
  parameters: Parameters,
  { ids, starts, last }: TextRows,
): tf.Tensor {
  const states = decoderStates(config, parameters, ids, starts); // [B T, d]
  const ends = tf.gather(states, last as tf.Tensor1D); // [texts, d]
  return tf.reshape(tf.matMul(ends, parameters.scoreHead as tf.Tensor2D), [last.size]); // [texts]
}

/**
 * The Bradley-Terry loss `-(y log sigmoid(a - b) + (1 - y) log sigmoid(b - a))`, which is `softplus(d) - y d` with
 * `d = a - b`. Scores [P], labels [P], weights [P] -> scalar.
 */
export function bradleyTerryLoss(
  scoresA: tf.Tensor,
  scoresB: tf.Tensor,
  labels: tf.Tensor,
  weights: tf.Tensor,
): tf.Tensor {
  const difference = tf.sub(scoresA, scoresB);
  const loss = tf.sub(tf.softplus(difference), tf.mul(labels, difference));
  return tf.sum(tf.mul(weights, loss));
}

/** The loss function of a trainer. */
export function rewardModelLoss(
  config: ModelConfig,
): (parameters: Parameters, batch: PairBatch) => LossOutputs {
  return (parameters, { texts, labels, weights }) => {
    const scores = textScores(config, parameters, texts);
    const [a, b] = tf.split(scores, 2) as [tf.Tensor, tf.Tensor];
    const right = tf.equal(tf.greater(a, b), tf.greater(labels, 0.5));
    return {
      loss: bradleyTerryLoss(a, b, labels, weights),
      accuracy: tf.sum(tf.mul(tf.cast(right, 'float32'), weights)),
    };
  };
}

/** Scores texts. */
export interface Scorer {
  /** one number for each text, given as ids with the prompt in front */
  scores(texts: readonly (readonly number[])[]): number[];
  dispose(): void;
}

/** Texts of one call, each in a row of its own; the last call is filled up with copies. */
const textsAtOnce = 64;
/** Row lengths are rounded up to this, so that few shapes have to be recorded. */
const rowStep = 44;

/** A scorer that speaks for a reward model, whose weights stay the caller's. */
export function createScorer({ config, parameters }: Model): Scorer {
  const forward = jit((p: Parameters, texts: TextRows) => textScores(config, p, texts));
  return {
    scores(texts) {
      const all: number[] = [];
      for (let from = 0; from < texts.length; from += textsAtOnce) {
        const part = texts.slice(from, from + textsAtOnce);
        const filled = Array.from({ length: textsAtOnce }, (_, i) => part[i] ?? part[0]!);
        const longest = Math.max(...part.map((ids) => ids.length));
        const rows = oneTextARow(filled, Math.ceil(longest / rowStep) * rowStep);
        const scores = forward(parameters, rows);
        all.push(...(scores.dataSync() as Float32Array).slice(0, part.length));
        disposeTree(rows, scores);
      }
      return all;
    },
    dispose: () => forward.dispose(),
  };
}

function oneTextARow(texts: readonly (readonly number[])[], T: number): TextRows {
  const ids = new Int32Array(texts.length * T);
  texts.forEach((text, row) => ids.set(text, row * T));
  return {
    ids: tf.tensor(ids, [texts.length, T], 'int32'),
    starts: tf.zeros([texts.length, T]),
    last: tf.tensor1d(
      texts.map((text, row) => row * T + text.length - 1),
      'int32',
    ),
  };
}
