import { recomputed } from '../engine/recomputed';
import { tf } from '../engine/tensorflow';
import { flatten, treeShape, unflatten, type TensorTree } from '../engine/tree';
import type { ModelConfig } from './config';
import { loraDelta, type AdaptedLayer, type AdaptedParameters, type LoraLayer } from './lora';
import type { Parameters } from './parameters';
import { rmsNorm } from './rmsNorm';
import { rotaryAngles, rotate } from './rotary';
import { attend } from './attend';
import { swiglu } from './swiglu';

/** What is added to a score where a place may not look. */
export const masked = -1e9;

/**
 * Runs the decoder on whole rows, for training and scoring: ids [B, T] int32 -> logits [B T, V].
 *
 * A row may hold several documents one after another. `starts` [B, T] float32 gives for every place the place where
 * its document starts. Attention looks only from there up to the place itself. Rotary positions count along the row,
 * but only their differences matter, so each document sees what it would see alone.
 */
export function decoderLogits(
  config: ModelConfig,
  parameters: Parameters,
  ids: tf.Tensor,
  starts: tf.Tensor,
): tf.Tensor {
  const states = decoderStates(config, parameters, ids, starts); // [B T, d]
  return outputLogits(parameters, states);
}

/** Returns the logits of every token: states [N, d] -> [N, V]. */
export function outputLogits({ output, embedding }: Parameters, states: tf.Tensor): tf.Tensor {
  return tf.matMul(states, output ?? embedding, false, true);
}

/** Returns the last hidden states, after the final norm: [B T, d]. The arguments are those of `decoderLogits`. */
export function decoderStates(
  config: ModelConfig,
  parameters: Parameters,
  ids: tf.Tensor,
  starts: tf.Tensor,
): tf.Tensor2D {
  return runDecoder(config, parameters, ids, rowPlaces(config, starts));
}

/** Returns the keys and values of each layer [B, KV, T, D], for a cache. The arguments are those of `decoderLogits`. */
export function decoderKeysAndValues(
  config: ModelConfig,
  parameters: Parameters,
  ids: tf.Tensor,
  starts: tf.Tensor,
): { keys: tf.Tensor[]; values: tf.Tensor[] } {
  const [keys, values]: [tf.Tensor[], tf.Tensor[]] = [[], []];
  const keep: Keep = (k, v) => {
    keys.push(k);
    values.push(v);
  };
  runDecoder(config, parameters, ids, rowPlaces(config, starts, keep));
  return { keys, values };
}

export type Keep = (keys: tf.Tensor, values: tf.Tensor) => void;

/** Runs all blocks and the final norm: ids [B, T] int32 -> states [B T, d]. */
export function runDecoder(
  config: ModelConfig,
  parameters: AdaptedParameters,
  ids: tf.Tensor,
  places: Places,
): tf.Tensor2D {
  const [B, T] = ids.shape as [number, number];
  let x = tf.gather(parameters.embedding, tf.reshape(ids, [B * T])); // [B T, d]
  const run = places.keep ? keepingBlock : places.recompute === undefined ? block : leanBlock;
  for (const layer of parameters.layers) x = run(config, layer, x, places);
  return rmsNorm(x, parameters.finalNorm, config.normEpsilon) as tf.Tensor2D;
}

/** Computes one block: x [B T, d] -> [B T, d]. */
function block(config: ModelConfig, layer: AdaptedLayer, x: tf.Tensor, places: Places): tf.Tensor {
  const normed = rmsNorm(x, layer.attentionNorm, config.normEpsilon);
  const mixed = tf.add(x, attention(config, layer, normed, places));
  return tf.add(mixed, mlp(config, layer, rmsNorm(mixed, layer.mlpNorm, config.normEpsilon)));
}

/** The same without a gradient: of all that is made in a block, its keys and values stay, and its result. `x` is disposed. */
function keepingBlock(
  config: ModelConfig,
  layer: AdaptedLayer,
  x: tf.Tensor,
  places: Places,
): tf.Tensor {
  const [next, keys, values] = tf.tidy(() => {
    const kept: tf.Tensor[] = [];
    const keep: Keep = (k, v) => void kept.push(k, v);
    return [block(config, layer, x, { ...places, keep }), ...kept];
  }) as [tf.Tensor, tf.Tensor, tf.Tensor];
  x.dispose();
  places.keep!(keys, values);
  return next;
}

/** The same, but it keeps nothing for its gradient but its input. Where a block has adapters, only these learn. */
function leanBlock(
  config: ModelConfig,
  layer: AdaptedLayer,
  x: tf.Tensor,
  { recompute = false, bias, cos, sin }: Places,
): tf.Tensor {
  const learns: TensorTree = layer.lora ?? layer;
  const shape = treeShape(learns);
  const run = ([x, ...tensors]: tf.Tensor[], [bias, cos, sin]: tf.Tensor[]): tf.Tensor => {
    const given = unflatten(shape, tensors);
    const own = layer.lora ? { ...layer, lora: given as LoraLayer } : (given as AdaptedLayer);
    return block(config, own, x!, { bias: bias!, cos: cos!, sin: sin! });
  };
  const kept = { inputs: [x, ...flatten(learns)], others: [bias, cos, sin] };
  return recomputed(run, kept, recompute);
}

/** Returns what the attention shares where positions count along the row: starts [B, T]. */
function rowPlaces(config: ModelConfig, starts: tf.Tensor, keep?: Keep): Places {
  const T = starts.shape[1]!;
  const angles = rotaryAngles(0, T, config);
  const cos = tf.tensor(angles.cos, [T, 1, config.headDim]);
  const sin = tf.tensor(angles.sin, [T, 1, config.headDim]);
  return { bias: attentionBias(starts), cos, sin, keep };
}

/**
 * Returns 0 where a place may look and -1e9 where it may not: a place looks at those of its own document up to itself.
 * [B, T] -> [B, 1, T, T]
 */
function attentionBias(starts: tf.Tensor): tf.Tensor {
  const [B, T] = starts.shape as [number, number];
  const place = tf.range(0, T);
  const future = tf.mul(tf.cast(tf.greater(place, tf.reshape(place, [T, 1])), 'float32'), masked);
  const earlier = tf.cast(tf.less(place, tf.reshape(starts, [B, 1, T, 1])), 'float32');
  return tf.add(tf.mul(earlier, masked), future); // [B, 1, T, T]
}

/** What the attention of every layer shares. */
export interface Places {
  /** 0 where a place may look, -1e9 where not [B, 1, T, T] */
  readonly bias: tf.Tensor;
  /** cosines and sines of the rotary angles [T, 1, D], or of each row its own [B, T, 1, D] */
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
  /** gets the keys and values [B, KV, T, D] of each layer in turn */
  readonly keep?: Keep;
  /** a block keeps nothing for its gradient but its input; true: not even inside a recorded graph */
  readonly recompute?: boolean;
}

/** Computes causal attention: x [B T, d] -> [B T, d]. The query heads of a group share one key/value head. */
function attention(
  config: ModelConfig,
  layer: AdaptedLayer,
  x: tf.Tensor,
  { bias, cos, sin, keep }: Places,
): tf.Tensor {
  const { numHeads: H, numKvHeads: KV, headDim: D } = config;
  const [B, , T] = bias.shape as [number, number, number, number];
  const group = H / KV;
  const [qk, v] = tf.split(
    tf.reshape(projectQkv(config, layer, x), [B, T, H + 2 * KV, D]),
    [H + KV, KV],
    2,
  ) as [tf.Tensor, tf.Tensor];
  const [q, k] = tf.split(tf.transpose(rotate(qk, cos, sin), [0, 2, 1, 3]), [H, KV], 1) as [
    tf.Tensor, // [B, H, T, D]
    tf.Tensor, // [B, KV, T, D]
  ];
  const values = tf.transpose(v, [0, 2, 1, 3]); // [B, KV, T, D]
  keep?.(k, values);
  const mixed = attend(tf.reshape(tf.mul(q, D ** -0.5), [B, KV, group * T, D]), k, values, bias); // [B, KV, group T, D]
  const merged = tf.transpose(tf.reshape(mixed, [B, H, T, D]), [0, 2, 1, 3]); // [B, T, H, D]
  return projectHeads(layer, tf.reshape(merged, [B * T, H * D]));
}

/** Projects x [N, d] to queries, keys and values [N, (H + 2 KV) D]. */
export function projectQkv(config: ModelConfig, layer: AdaptedLayer, x: tf.Tensor): tf.Tensor {
  const { numHeads, numKvHeads, headDim } = config;
  const { q, k, v } = layer.lora ?? {};
  const widths = [numHeads * headDim, numKvHeads * headDim, numKvHeads * headDim];
  const delta = loraDelta(x, [q, k, v], widths);
  const qkv = withAll(tf.matMul(x, layer.qkv), layer.qkvBias, delta);
  return layer.queryNorm ? withNormedHeads(config, layer, qkv) : qkv;
}

/** Norms each head of the queries and the keys: qkv [N, (H + 2 KV) D] -> the same shape. */
function withNormedHeads(config: ModelConfig, layer: AdaptedLayer, qkv: tf.Tensor): tf.Tensor {
  const { numHeads: H, numKvHeads: KV, headDim: D, normEpsilon } = config;
  const N = qkv.shape[0]!;
  const [q, k, v] = tf.split(qkv, [H * D, KV * D, KV * D], 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const normed = (x: tf.Tensor, gain: tf.Tensor, heads: number): tf.Tensor =>
    tf.reshape(rmsNorm(tf.reshape(x, [N * heads, D]), gain, normEpsilon), [N, heads * D]);
  return tf.concat([normed(q, layer.queryNorm!, H), normed(k, layer.keyNorm!, KV), v], 1);
}

/** Projects what the heads have gathered back: x [N, H D] -> [N, d]. */
export function projectHeads(layer: AdaptedLayer, x: tf.Tensor): tf.Tensor {
  const delta = loraDelta(x, [layer.lora?.o], []);
  return withAll(tf.matMul(x, layer.attentionOutput), layer.attentionOutputBias, delta);
}

/** Computes the feed-forward part of a block: x [N, d] -> [N, d]. */
export function mlp({ hiddenDim }: ModelConfig, layer: AdaptedLayer, x: tf.Tensor): tf.Tensor {
  const { gate, up, down } = layer.lora ?? {};
  const delta = loraDelta(x, [gate, up], [hiddenDim, hiddenDim]);
  const gateUp = withAll(tf.matMul(x, layer.gateUp), layer.gateUpBias, delta); // [N, 2 F]
  const hidden = swiglu(gateUp); // [N, F]
  return withAll(tf.matMul(hidden, layer.down), layer.downBias, loraDelta(hidden, [down], []));
}

/** Adds a bias and what adapters add, where there are any. */
function withAll(
  x: tf.Tensor,
  bias: tf.Tensor | undefined,
  delta: tf.Tensor | undefined,
): tf.Tensor {
  const shifted = bias ? tf.add(x, bias) : x;
  return delta ? tf.add(shifted, delta) : shifted;
}
