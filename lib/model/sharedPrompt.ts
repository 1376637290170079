/**
 * The decoder on rows in which several completions follow one prompt, so that the prompt is computed once:
 * `prompt, completion, completion, …, prompt, completion, …`. A completion sees its prompt and itself, and its
 * positions go on from the prompt's end.
 */
import { tf } from '../engine/tensorflow';
import type { ModelConfig } from './config';
import { masked, runDecoder } from './decoder';
import type { AdaptedParameters } from './lora';
import { rotaryAngles } from './rotary';

/** Where every token of B rows of T places stands. */
export type SharedPlaces = {
  /** its position in its own text [B, T] int32, below T */
  readonly positions: tf.Tensor;
  /** the places of its prompt: from here [B, T] … */
  readonly promptStarts: tf.Tensor;
  /** … up to here, without it [B, T]; tokens of a prompt and of padding have an empty range */
  readonly promptEnds: tf.Tensor;
  /** the place where its own completion, or its prompt, starts [B, T] */
  readonly starts: tf.Tensor;
};

/** B rows of T tokens. */
export type SharedRows = {
  readonly ids: tf.Tensor; // [B, T] int32
  readonly places: SharedPlaces;
};

/** Returns the last hidden states, after the final norm, of all places: [B T, d]. */
export function sharedPromptStates(
  config: ModelConfig,
  parameters: AdaptedParameters,
  { ids, places }: SharedRows,
  recompute = false,
): tf.Tensor2D {
  const [B, T] = ids.shape as [number, number];
  const angles = rotaryAngles(0, T, config);
  const index = tf.reshape(places.positions, [B * T]);
  const ofPlaces = (table: Float32Array): tf.Tensor =>
    tf.reshape(tf.gather(tf.tensor(table, [T, config.headDim]), index), [B, T, 1, config.headDim]);
  const [cos, sin] = [ofPlaces(angles.cos), ofPlaces(angles.sin)];
  return runDecoder(config, parameters, ids, { bias: sharedBias(places), cos, sin, recompute });
}

/** Returns 0 where a place may look and -1e9 where it may not: [B, T] -> [B, 1, T, T]. */
function sharedBias({ promptStarts, promptEnds, starts }: SharedPlaces): tf.Tensor {
  const [B, T] = starts.shape as [number, number];
  const column = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [B, 1, T, 1]);
  const place = tf.range(0, T);
  const own = tf.logicalAnd(
    tf.greaterEqual(place, column(starts)),
    tf.lessEqual(place, tf.reshape(place, [T, 1])),
  );
  const prompt = tf.logicalAnd(
    tf.greaterEqual(place, column(promptStarts)),
    tf.less(place, column(promptEnds)),
  );
  return tf.mul(tf.cast(tf.logicalNot(tf.logicalOr(own, prompt)), 'float32'), masked);
}
