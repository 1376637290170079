import { tf } from '../engine/tensorflow';
import type { ModelConfig } from '../model/config';
import { mlp, outputLogits, projectHeads, projectQkv } from '../model/decoder';
import type { LayerParameters, Parameters } from '../model/parameters';
import { rmsNorm } from '../model/rmsNorm';
import { rotate } from '../model/rotary';
import type { KvCache } from './prefill';
import { sampleInBlocks } from './sampleInBlocks';

/** The largest vocabulary whose probabilities are summed up in one go. */
const largestSum = 1024;

/** What a chunk of S decoding steps of n rows needs besides weights and cache. */
export type ChunkInputs = {
  /** the last token of each row [n] int32 */
  readonly current: tf.Tensor;
  /** one uniform number in [0, 1) per step and row [S, n] */
  readonly uniforms: tf.Tensor;
  /** rotary angles of the S new places [S, D] */
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
  /** 0 for cached places that hold a token, -1e9 for padding [n, 1, 1, t] */
  readonly cacheBias: tf.Tensor;
  /** 1 / temperature, a scalar */
  readonly inverseTemperature: tf.Tensor;
};

/**
 * What a chunk of decoding steps returns: the sampled ids, their log-probabilities and the entropies of the
 * distributions they were drawn from, [S, n] each, and the cache with the new tokens.
 */
export type ChunkOutputs = {
  readonly ids: tf.Tensor;
  readonly logprobs: tf.Tensor;
  readonly entropies: tf.Tensor;
  readonly cache: KvCache;
};

/**
 * Decodes and samples S tokens for each row. All of it is recorded as one graph, which serves every number of rows and
 * every length of the cache. The new keys and values stay apart from the large cache, so the cache is copied once a
 * chunk instead of once a step. Attention looks at both parts and subtracts the maximum over both before the
 * exponential.
 */
export function decodeChunk(
  config: ModelConfig,
  parameters: Parameters,
  cache: KvCache,
  inputs: ChunkInputs,
): ChunkOutputs {
  const uniforms = tf.unstack(inputs.uniforms); // S of [n]
  const cos = tf.unstack(inputs.cos); // S of [D]
  const sin = tf.unstack(inputs.sin);
  const fresh: KvCache = { keys: [], values: [] };
  const { cacheBias } = inputs;
  const steps: { ids: tf.Tensor; logprobs: tf.Tensor; entropies: tf.Tensor }[] = [];
  const sample = config.vocabSize > largestSum ? sampleInBlocks : sampleTokens;
  let current = inputs.current;
  for (let s = 0; s < uniforms.length; s++) {
    const seen = { cache, cacheBias, fresh, cos: cos[s]!, sin: sin[s]! };
    const logits = tokenLogits(config, parameters, current, seen); // [n, V]
    const step = sample(tf.mul(logits, inputs.inverseTemperature), uniforms[s]!);
    steps.push(step);
    current = step.ids;
  }
  return {
    ids: tf.stack(steps.map((step) => step.ids)),
    logprobs: tf.stack(steps.map((step) => step.logprobs)),
    entropies: tf.stack(steps.map((step) => step.entropies)),
    cache: joinedCaches(cache, fresh),
  };
}

/** Returns a cache with the places of another one behind its own: t and S places -> t + S. */
export function joinedCaches(old: KvCache, added: KvCache): KvCache {
  const joined = (tensors: tf.Tensor[], more: tf.Tensor[]): tf.Tensor[] =>
    tensors.map((tensor, l) => tf.concat([tensor, more[l]!], 2)); // [n, KV, t + S, D]
  return { keys: joined(old.keys, added.keys), values: joined(old.values, added.values) };
}

/** Runs one new token of each row through the decoder: [n] int32 -> logits [n, V]. Adds its keys and values to `fresh`. */
export function tokenLogits(
  config: ModelConfig,
  parameters: Parameters,
  current: tf.Tensor,
  seen: Seen,
): tf.Tensor {
  let x = tf.gather(parameters.embedding, current); // [n, d]
  parameters.layers.forEach((layer, l) => {
    const normed = rmsNorm(x, layer.attentionNorm, config.normEpsilon);
    x = tf.add(x, cachedAttention(config, layer, normed, { l, ...seen }));
    x = tf.add(x, mlp(config, layer, rmsNorm(x, layer.mlpNorm, config.normEpsilon)));
  });
  const states = rmsNorm(x, parameters.finalNorm, config.normEpsilon);
  return outputLogits(parameters, states); // [n, V]
}

/** What a new token of each row sees. */
export interface Seen {
  /** keys and values of the tokens before this chunk, and what masks their padding */
  readonly cache: KvCache;
  readonly cacheBias: tf.Tensor;
  /** keys and values of the tokens of this chunk so far */
  readonly fresh: KvCache;
  /** rotary angles of the new place [D] */
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
}

/** Computes attention for one new token per row, x [n, d] -> [n, d]. Adds the token's key and value to `fresh`. */
function cachedAttention(
  config: ModelConfig,
  layer: LayerParameters,
  x: tf.Tensor,
  { l, cache, cacheBias, fresh, cos, sin }: Seen & { readonly l: number },
): tf.Tensor {
  const { numHeads: H, numKvHeads: KV, headDim: D } = config;
  const n = x.shape[0]!;
  const [qk, v] = tf.split(
    tf.reshape(projectQkv(config, layer, x), [n, H + 2 * KV, 1, D]),
    [H + KV, KV],
    1,
  ) as [tf.Tensor, tf.Tensor];
  const [rotated, k] = tf.split(rotate(qk, cos, sin), [H, KV], 1) as [tf.Tensor, tf.Tensor];
  const q = tf.mul(tf.reshape(rotated, [n, KV, H / KV, D]), D ** -0.5);
  const keys = appended(fresh.keys, l, k); // [n, KV, s + 1, D]
  const values = appended(fresh.values, l, v);
  const oldScores = tf.add(tf.matMul(q, cache.keys[l]!, false, true), cacheBias); // [n, KV, H/KV, t]
  const newScores = tf.matMul(q, keys, false, true); // [n, KV, H/KV, s + 1]
  const largest = tf.maximum(tf.max(oldScores, -1, true), tf.max(newScores, -1, true));
  const oldWeights = tf.exp(tf.sub(oldScores, largest));
  const newWeights = tf.exp(tf.sub(newScores, largest));
  const total = tf.add(tf.sum(oldWeights, -1, true), tf.sum(newWeights, -1, true));
  const mixed = tf.div(
    tf.add(tf.matMul(oldWeights, cache.values[l]!), tf.matMul(newWeights, values)),
    total,
  );
  return projectHeads(layer, tf.reshape(mixed, [n, H * D]));
}

/** Joins a step's keys or values to those of the chunk's earlier steps in layer `l`, keeps them and returns them. */
function appended(tensors: tf.Tensor[], l: number, added: tf.Tensor): tf.Tensor {
  const before = tensors[l];
  const joined = before ? tf.concat([before, added], 2) : added;
  tensors[l] = joined;
  return joined;
}

/** Samples one token per row: the first whose cumulative probability is above `uniform` [n]. logits [n, V] */
export function sampleTokens(
  logits: tf.Tensor,
  uniform: tf.Tensor,
): { ids: tf.Tensor; logprobs: tf.Tensor; entropies: tf.Tensor } {
  const [n, V] = logits.shape as [number, number];
  const allLogprobs = tf.logSoftmax(logits);
  const probabilities = tf.exp(allLogprobs);
  // Equality counts as below, so that a uniform number of 0 skips tokens of probability 0.
  const below = tf.lessEqual(tf.cumsum(probabilities, 1), tf.reshape(uniform, [n, 1])); // [n, V]
  const ids = tf.cast(tf.minimum(tf.sum(tf.cast(below, 'float32'), 1), V - 1), 'int32'); // [n]
  const chosen = tf.oneHot(ids as tf.Tensor1D, V);
  return {
    ids,
    logprobs: tf.sum(tf.mul(allLogprobs, chosen), 1),
    entropies: tf.neg(tf.sum(tf.mul(probabilities, allLogprobs), 1)),
  };
}
