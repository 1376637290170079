import type { RopeScaling } from '../../lib/model/config';

/**
 * A Llama decoder in plain loops over float64 numbers, one head and one place at a time, written from the
 * architecture's definition (Touvron et al. 2023, https://arxiv.org/abs/2302.13971; rotary form, grouped heads, biases and
 * norms of heads as in Hugging Face's Llama, Qwen2 and Qwen3). It shares no code with lib; only the storage of the weights is
 * the same: matrices are flat and [in, out], projections that read the same input stand side by side.
 */
export interface ReferenceConfig {
  readonly vocabSize: number;
  readonly modelDim: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  readonly hiddenDim: number;
  readonly normEpsilon: number;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
}

export interface ReferenceLayer {
  attentionNorm: Float64Array;
  qkv: Float64Array;
  qkvBias?: Float64Array;
  queryNorm?: Float64Array;
  keyNorm?: Float64Array;
  attentionOutput: Float64Array;
  attentionOutputBias?: Float64Array;
  mlpNorm: Float64Array;
  gateUp: Float64Array;
  down: Float64Array;
  gateUpBias?: Float64Array;
  downBias?: Float64Array;
}

export interface ReferenceWeights {
  embedding: Float64Array;
  layers: ReferenceLayer[];
  finalNorm: Float64Array;
  output?: Float64Array;
}

/** The logits after each token of one document. */
export function referenceLogits(
  config: ReferenceConfig,
  weights: ReferenceWeights,
  ids: readonly number[],
): number[][] {
  const { modelDim: d, vocabSize } = config;
  let states = ids.map((id) => [...weights.embedding.subarray(id * d, (id + 1) * d)]);
  for (const layer of weights.layers) {
    const attended = attention(
      config,
      layer,
      states.map((x) => norm(config, x, layer.attentionNorm)),
    );
    states = states.map((x, t) => plus(x, attended[t]!));
    states = states.map((x) => plus(x, feedForward(config, layer, norm(config, x, layer.mlpNorm))));
  }
  const output = weights.output ?? weights.embedding;
  return states.map((x) => {
    const state = norm(config, x, weights.finalNorm);
    return Array.from({ length: vocabSize }, (_, v) => {
      let logit = 0;
      for (let i = 0; i < d; i++) logit += state[i]! * output[v * d + i]!;
      return logit;
    });
  });
}

/** The log-probability of each token after the first of one document. */
export function referenceLogprobs(
  config: ReferenceConfig,
  weights: ReferenceWeights,
  ids: readonly number[],
): number[] {
  const logits = referenceLogits(config, weights, ids.slice(0, -1));
  return logits.map((row, t) => logSoftmax(row)[ids[t + 1]!]!);
}

/** Mean cross-entropy over all predicted tokens of some documents. */
export function referenceLoss(
  config: ReferenceConfig,
  weights: ReferenceWeights,
  documents: readonly (readonly number[])[],
): number {
  const logprobs = documents.flatMap((ids) => referenceLogprobs(config, weights, ids));
  return -logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length;
}

export function logSoftmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const total = logits.reduce((sum, x) => sum + Math.exp(x - largest), 0);
  return logits.map((x) => x - largest - Math.log(total));
}

/** The arrays of some weights, in the order of the names in lib's trees. */
export function weightArrays(weights: ReferenceWeights): Float64Array[] {
  return [
    weights.embedding,
    ...weights.layers.flatMap((layer) => Object.values(layer) as Float64Array[]),
    weights.finalNorm,
    ...(weights.output ? [weights.output] : []),
  ];
}

/** The gradient of `loss` by central differences, one array for each array of the weights. */
export function numericGradient(weights: ReferenceWeights, loss: () => number): Float64Array[] {
  const step = 1e-5;
  return weightArrays(weights).map((array) =>
    array.map((value, i) => {
      array[i] = value + step;
      const above = loss();
      array[i] = value - step;
      const below = loss();
      array[i] = value;
      return (above - below) / (2 * step);
    }),
  );
}

/** `x W` for the columns from..to of a matrix with `width` columns. */
function project(
  x: readonly number[],
  matrix: Float64Array,
  width: number,
  from = 0,
  to = width,
): number[] {
  const out: number[] = [];
  for (let column = from; column < to; column++) {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += x[i]! * matrix[i * width + column]!;
    out.push(sum);
  }
  return out;
}

const biased = (x: number[], bias?: Float64Array): number[] =>
  x.map((value, i) => value + (bias?.[i] ?? 0));

function plus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i]!);
}

function norm(
  { normEpsilon }: ReferenceConfig,
  x: readonly number[],
  gain: Float64Array,
): number[] {
  const meanSquare = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  return x.map((value, i) => (gain[i]! * value) / Math.sqrt(meanSquare + normEpsilon));
}

/** The frequency of pair i of D/2: `theta^(-2i/D)`, lowered where the context is stretched, as in transformers. */
function frequency({ ropeTheta, ropeScaling, headDim }: ReferenceConfig, i: number): number {
  const plain = Math.pow(ropeTheta, (-2 * i) / headDim);
  if (!ropeScaling) return plain;
  if (ropeScaling.type === 'linear') return plain / ropeScaling.factor;
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContext } = ropeScaling;
  const wavelength = (2 * Math.PI) / plain;
  if (wavelength < originalContext / highFrequencyFactor) return plain;
  if (wavelength > originalContext / lowFrequencyFactor) return plain / factor;
  const smooth =
    (originalContext / wavelength - lowFrequencyFactor) /
    (highFrequencyFactor - lowFrequencyFactor);
  return ((1 - smooth) * plain) / factor + smooth * plain;
}

/** Rotates the pairs (x[i], x[i + D/2]) by the angle `position frequency`. */
function rotated(config: ReferenceConfig, x: readonly number[], position: number): number[] {
  const half = x.length / 2;
  const out = [...x];
  for (let i = 0; i < half; i++) {
    const angle = position * frequency(config, i);
    out[i] = x[i]! * Math.cos(angle) - x[i + half]! * Math.sin(angle);
    out[i + half] = x[i + half]! * Math.cos(angle) + x[i]! * Math.sin(angle);
  }
  return out;
}

function attention(
  config: ReferenceConfig,
  layer: ReferenceLayer,
  inputs: readonly (readonly number[])[],
): number[][] {
  const { numHeads, numKvHeads, headDim, modelDim } = config;
  const width = (numHeads + 2 * numKvHeads) * headDim;
  /** head number `head` among all query, key and value heads */
  const headOf = (x: readonly number[], head: number): number[] => {
    const values = project(x, layer.qkv, width, head * headDim, (head + 1) * headDim);
    return values.map((value, i) => value + (layer.qkvBias?.[head * headDim + i] ?? 0));
  };
  const mixed: number[][] = inputs.map(() => []);
  for (let head = 0; head < numHeads; head++) {
    const shared = Math.floor(head / (numHeads / numKvHeads));
    const normed = (x: number[], gain?: Float64Array): number[] =>
      gain ? norm(config, x, gain) : x;
    const queries = inputs.map((x, t) => rotated(config, normed(headOf(x, head), layer.queryNorm), t)); // prettier-ignore
    const keys = inputs.map((x, t) => rotated(config, normed(headOf(x, numHeads + shared), layer.keyNorm), t)); // prettier-ignore
    const values = inputs.map((x) => headOf(x, numHeads + numKvHeads + shared));
    for (let t = 0; t < inputs.length; t++) {
      const scores = keys
        .slice(0, t + 1)
        .map((key) => key.reduce((sum, k, i) => sum + k * queries[t]![i]!, 0) / Math.sqrt(headDim));
      const shares = logSoftmax(scores).map(Math.exp);
      for (let i = 0; i < headDim; i++)
        mixed[t]!.push(shares.reduce((sum, share, s) => sum + share * values[s]![i]!, 0));
    }
  }
  return mixed.map((x) => biased(project(x, layer.attentionOutput, modelDim), layer.attentionOutputBias)); // prettier-ignore
}

function feedForward(
  { hiddenDim, modelDim }: ReferenceConfig,
  layer: ReferenceLayer,
  x: readonly number[],
): number[] {
  const both = biased(project(x, layer.gateUp, 2 * hiddenDim), layer.gateUpBias);
  const [gate, up] = [both.slice(0, hiddenDim), both.slice(hiddenDim)];
  const hidden = gate.map((g, i) => (g / (1 + Math.exp(-g))) * up[i]!);
  return biased(project(hidden, layer.down, modelDim), layer.downBias);
}
