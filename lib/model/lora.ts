/**
 * Low-rank adapters (Hu et al. 2021, https://arxiv.org/abs/2106.09685): the model's own matrices stay as they are, and
 * beside each of them two small ones learn, `x W + (alpha / rank) (x A) B`. Names, start and scale are those of PEFT.
 */
import { createRandom } from '../core/random';
import { tf } from '../engine/tensorflow';
import { tidyTree } from '../engine/tree';
import type { ModelConfig } from './config';
import type { LayerParameters, Parameters } from './parameters';

/** The matrices of a block that can have an adapter. */
export const loraTargets = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const;
export type LoraTarget = (typeof loraTargets)[number];

export interface LoraConfig {
  readonly rank: number;
  /** the adapters count `alpha / rank` times */
  readonly alpha: number;
  readonly targets: readonly LoraTarget[];
  /** of a model that is made of these blocks of another one, each range from its first up to its last, without it */
  readonly layers?: readonly (readonly [from: number, to: number])[];
}

/** The two matrices of one adapter. */
export type LoraPair = {
  readonly a: tf.Tensor; // [in, rank]
  readonly b: tf.Tensor; // [rank, out]
};

/** The adapters of one block. */
export type LoraLayer = { readonly [target in LoraTarget]?: LoraPair };

/** All adapters of a model: what learns in its place. */
export type Lora = { readonly layers: readonly LoraLayer[] };

/** A block with its adapters, `b` scaled already. */
export type AdaptedLayer = LayerParameters & { readonly lora?: LoraLayer };

/** A model's weights with adapters beside them, inside a loss function. */
export type AdaptedParameters = Omit<Parameters, 'layers'> & {
  readonly layers: readonly AdaptedLayer[];
};

/** Returns how many inputs and outputs each matrix has. */
function sizesOf(config: ModelConfig): Readonly<Record<LoraTarget, readonly [number, number]>> {
  const { modelDim: d, numHeads, numKvHeads, headDim, hiddenDim } = config;
  return {
    q: [d, numHeads * headDim],
    k: [d, numKvHeads * headDim],
    v: [d, numKvHeads * headDim],
    o: [numHeads * headDim, d],
    gate: [d, hiddenDim],
    up: [d, hiddenDim],
    down: [hiddenDim, d],
  };
}

/** Draws fresh adapters: `a` uniform within 1/sqrt(inputs), `b` zero, so that the model is at first what it was. */
export function initLora(config: ModelConfig, lora: LoraConfig, seed: number): Lora {
  const random = createRandom(seed, 'adapters');
  const sizes = sizesOf(config);
  const pair = (target: LoraTarget): LoraPair => {
    const [inputs, outputs] = sizes[target];
    const bound = 1 / Math.sqrt(inputs);
    const values = Float32Array.from(
      { length: inputs * lora.rank },
      () => bound * (2 * random.next() - 1),
    );
    return { a: tf.tensor2d(values, [inputs, lora.rank]), b: tf.zeros([lora.rank, outputs]) };
  };
  const layer = (): LoraLayer =>
    Object.fromEntries(lora.targets.map((target) => [target, pair(target)]));
  return { layers: Array.from({ length: config.numLayers }, layer) };
}

/** Returns the weights with the adapters beside them, scaled. The weights are not copied. */
export function adapted(
  parameters: Parameters,
  { layers }: Lora,
  { alpha, rank }: LoraConfig,
): AdaptedParameters {
  const scaled = ({ a, b }: LoraPair): LoraPair => ({ a, b: tf.mul(b, alpha / rank) });
  const layer = (own: LayerParameters, l: number): AdaptedLayer => ({
    ...own,
    lora: Object.fromEntries(
      Object.entries(layers[l]!).map(([target, pair]) => [target, scaled(pair)]),
    ),
  });
  return { ...parameters, layers: parameters.layers.map(layer) };
}

/**
 * Returns what adapters add to a product x W whose columns belong to several matrices side by side: x [N, in] ->
 * [N, sum of widths], 0 where a matrix has no adapter. Undefined without any.
 */
export function loraDelta(
  x: tf.Tensor,
  pairs: readonly (LoraPair | undefined)[],
  widths: readonly number[],
): tf.Tensor | undefined {
  if (pairs.every((pair) => pair === undefined)) return undefined;
  const parts = pairs.map((pair, i) =>
    pair
      ? tf.matMul(tf.matMul(x, pair.a as tf.Tensor2D), pair.b as tf.Tensor2D)
      : tf.zeros([x.shape[0]!, widths[i]!]),
  );
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 1);
}

/**
 * Returns weights with the adapters added into them. Matrices with an adapter are new tensors, all others are those of
 * `parameters` itself: `disposeMerged` frees what is new.
 */
export function mergeLora(
  config: ModelConfig,
  parameters: Parameters,
  lora: Lora,
  loraConfig: LoraConfig,
): Parameters {
  const sizes = sizesOf(config);
  const { alpha, rank } = loraConfig;
  const merged = (weight: tf.Tensor, layer: LoraLayer, targets: LoraTarget[]): tf.Tensor => {
    if (targets.every((target) => layer[target] === undefined)) return weight;
    const delta = targets.map((target) => {
      const { a, b } = layer[target] ?? {};
      return a && b
        ? tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)
        : tf.zeros<tf.Rank.R2>([...sizes[target]]);
    });
    return tf.add(weight, tf.mul(tf.concat(delta, 1), alpha / rank));
  };
  const layers = parameters.layers.map((own, l) => {
    const adapters = lora.layers[l]!;
    return {
      ...own,
      ...tidyTree(() => ({
        qkv: merged(own.qkv, adapters, ['q', 'k', 'v']),
        attentionOutput: merged(own.attentionOutput, adapters, ['o']),
        gateUp: merged(own.gateUp, adapters, ['gate', 'up']),
        down: merged(own.down, adapters, ['down']),
      })),
    };
  });
  return { ...parameters, layers };
}

/** Disposes the matrices that `mergeLora` made. */
export function disposeMerged(merged: Parameters, parameters: Parameters): void {
  merged.layers.forEach((layer, l) => {
    const own = parameters.layers[l]!;
    for (const key of ['qkv', 'attentionOutput', 'gateUp', 'down'] as const)
      if (layer[key] !== own[key]) layer[key].dispose();
  });
}
