/**
 * A Llama decoder in plain loops over float64 numbers, one head and one place at a time, written from the
 * architecture's definition (Touvron et al. 2023, https://arxiv.org/abs/2302.13971; rotary form, grouped heads and
 * the biases as in Hugging Face's Llama and Qwen2). It shares no code with lib; only the storage of the weights is
 * the same: matrices are flat and [in, out], projections that read the same input stand side by side.
 */
export interface ReferenceConfig {
  readonly vocabSize: number;
  readonly modelDim: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  readonly hiddenDim: number;
}

export interface ReferenceLayer {
  attentionNorm: Float64Array;
  qkv: Float64Array;
  qkvBias?: Float64Array;
  attentionOutput: Float64Array;
  mlpNorm: Float64Array;
  gateUp: Float64Array;
  down: Float64Array;
}

export interface ReferenceWeights {
  embedding: Float64Array;
  layers: ReferenceLayer[];
  finalNorm: Float64Array;
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
      states.map((x) => norm(x, layer.attentionNorm)),
    );
    states = states.map((x, t) => plus(x, attended[t]!));
    states = states.map((x) => plus(x, feedForward(config, layer, norm(x, layer.mlpNorm))));
  }
  return states.map((x) => {
    const state = norm(x, weights.finalNorm);
    return Array.from({ length: vocabSize }, (_, v) => {
      let logit = 0;
      for (let i = 0; i < d; i++) logit += state[i]! * weights.embedding[v * d + i]!;
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

function plus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i]!);
}

function norm(x: readonly number[], gain: Float64Array): number[] {
  const meanSquare = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  return x.map((value, i) => (gain[i]! * value) / Math.sqrt(meanSquare + 1e-5));
}

/** Rotates the pairs (x[i], x[i + D/2]) by the angle `position 10000^(-2i/D)`. */
function rotated(x: readonly number[], position: number): number[] {
  const half = x.length / 2;
  const out = [...x];
  for (let i = 0; i < half; i++) {
    const angle = position * Math.pow(10000, (-2 * i) / x.length);
    out[i] = x[i]! * Math.cos(angle) - x[i + half]! * Math.sin(angle);
    out[i + half] = x[i + half]! * Math.cos(angle) + x[i]! * Math.sin(angle);
  }
  return out;
}

function attention(
  { numHeads, numKvHeads, headDim, modelDim }: ReferenceConfig,
  layer: ReferenceLayer,
  inputs: readonly (readonly number[])[],
): number[][] {
  const width = (numHeads + 2 * numKvHeads) * headDim;
  /** head number `head` among all query, key and value heads */
  const headOf = (x: readonly number[], head: number): number[] => {
    const values = project(x, layer.qkv, width, head * headDim, (head + 1) * headDim);
    return values.map((value, i) => value + (layer.qkvBias?.[head * headDim + i] ?? 0));
  };
  const mixed: number[][] = inputs.map(() => []);
  for (let head = 0; head < numHeads; head++) {
    const shared = Math.floor(head / (numHeads / numKvHeads));
    const queries = inputs.map((x, t) => rotated(headOf(x, head), t));
    const keys = inputs.map((x, t) => rotated(headOf(x, numHeads + shared), t));
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
  return mixed.map((x) => project(x, layer.attentionOutput, modelDim));
}

function feedForward(
  { hiddenDim, modelDim }: ReferenceConfig,
  layer: ReferenceLayer,
  x: readonly number[],
): number[] {
  const gate = project(x, layer.gateUp, 2 * hiddenDim, 0, hiddenDim);
  const up = project(x, layer.gateUp, 2 * hiddenDim, hiddenDim, 2 * hiddenDim);
  const hidden = gate.map((g, i) => (g / (1 + Math.exp(-g))) * up[i]!);
  return project(hidden, layer.down, modelDim);
}
