import { tf } from '../engine/tensorflow';
import type { ModelConfig } from './config';
import type { LayerParameters, Parameters } from './parameters';
import { rmsNorm } from './rmsNorm';
import { rotaryAngles, rotate } from './rotary';
import { attend } from './attend';
import { swiglu } from './swiglu';

const masked = -1e9;

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
  return runDecoder(config, parameters, { ids, starts }, () => {});
}

/** Returns the keys and values of each layer [B, KV, T, D], for a cache. The arguments are those of `decoderLogits`. */
export function decoderKeysAndValues(
  config: ModelConfig,
  parameters: Parameters,
  ids: tf.Tensor,
  starts: tf.Tensor,
): { keys: tf.Tensor[]; values: tf.Tensor[] } {
  const [keys, values]: [tf.Tensor[], tf.Tensor[]] = [[], []];
  runDecoder(config, parameters, { ids, starts }, (k, v) => {
    keys.push(k);
    values.push(v);
  });
  return { keys, values };
}

/** Gets the keys and values [B, KV, T, D] of each layer in turn. */
type Keep = (keys: tf.Tensor, values: tf.Tensor) => void;

function runDecoder(
  config: ModelConfig,
  parameters: Parameters,
  { ids, starts }: { ids: tf.Tensor; starts: tf.Tensor },
  keep: Keep,
): tf.Tensor2D {
  const [B, T] = ids.shape as [number, number];
  const angles = rotaryAngles(0, T, config);
  const cos = tf.tensor(angles.cos, [T, 1, config.headDim]);
  const sin = tf.tensor(angles.sin, [T, 1, config.headDim]);
  const bias = attentionBias(starts); // [B, 1, T, T]
  let x = tf.gather(parameters.embedding, tf.reshape(ids, [B * T])); // [B T, d]
  for (const layer of parameters.layers) {
    const normed = rmsNorm(x, layer.attentionNorm, config.normEpsilon);
    x = tf.add(x, attention(config, layer, normed, { bias, cos, sin, keep }));
    x = tf.add(x, mlp(layer, rmsNorm(x, layer.mlpNorm, config.normEpsilon)));
  }
  return rmsNorm(x, parameters.finalNorm, config.normEpsilon) as tf.Tensor2D;
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
interface Places {
  /** 0 where a place may look, -1e9 where not [B, 1, T, T] */
  readonly bias: tf.Tensor;
  /** cosines and sines of the rotary angles [T, 1, D] */
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
  readonly keep: Keep;
}

/** Computes causal attention: x [B T, d] -> [B T, d]. The query heads of a group share one key/value head. */
function attention(
  config: ModelConfig,
  layer: LayerParameters,
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
  keep(k, values);
  const mixed = attend(tf.reshape(tf.mul(q, D ** -0.5), [B, KV, group * T, D]), k, values, bias); // [B, KV, group T, D]
  const merged = tf.transpose(tf.reshape(mixed, [B, H, T, D]), [0, 2, 1, 3]); // [B, T, H, D]
  return projectHeads(layer, tf.reshape(merged, [B * T, H * D]));
}

/** Projects x [N, d] to queries, keys and values [N, (H + 2 KV) D]. */
export function projectQkv(config: ModelConfig, layer: LayerParameters, x: tf.Tensor): tf.Tensor {
  const qkv = withBias(tf.matMul(x, layer.qkv), layer.qkvBias);
  return layer.queryNorm ? withNormedHeads(config, layer, qkv) : qkv;
}

/** Norms each head of the queries and the keys: qkv [N, (H + 2 KV) D] -> the same shape. */
function withNormedHeads(config: ModelConfig, layer: LayerParameters, qkv: tf.Tensor): tf.Tensor {
  const { numHeads: H, numKvHeads: KV, headDim: D, normEpsilon } = config;
  const N = qkv.shape[0]!;
  const [q, k, v] = tf.split(qkv, [H * D, KV * D, KV * D], 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const normed = (x: tf.Tensor, gain: tf.Tensor, heads: number): tf.Tensor =>
    tf.reshape(rmsNorm(tf.reshape(x, [N * heads, D]), gain, normEpsilon), [N, heads * D]);
  return tf.concat([normed(q, layer.queryNorm!, H), normed(k, layer.keyNorm!, KV), v], 1);
}

/** Projects what the heads have gathered back: x [N, H D] -> [N, d]. */
export function projectHeads(layer: LayerParameters, x: tf.Tensor): tf.Tensor {
  return withBias(tf.matMul(x, layer.attentionOutput), layer.attentionOutputBias);
}

/** Computes the feed-forward part of a block: x [N, d] -> [N, d]. */
export function mlp(layer: LayerParameters, x: tf.Tensor): tf.Tensor {
  const gateUp = withBias(tf.matMul(x, layer.gateUp), layer.gateUpBias); // [N, 2 F]
  return withBias(tf.matMul(swiglu(gateUp), layer.down), layer.downBias);
}

const withBias = (x: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor =>
  bias ? tf.add(x, bias) : x;
