import { UserError } from '../core/errors';

/** The shape of a Llama-architecture decoder; `configJson` writes it in Hugging Face's names. */
export interface ModelConfig {
  readonly vocabSize: number;
  readonly modelDim: number;
  readonly numLayers: number;
  readonly numHeads: number;
  /** key/value heads; fewer than `numHeads` means that query heads share them (grouped-query attention) */
  readonly numKvHeads: number;
  readonly headDim: number;
  /** width of the SwiGLU layer between its gate and its down projection */
  readonly hiddenDim: number;
  readonly contextLength: number;
  /** bias on the query, key and value projections, as Qwen2 has it */
  readonly qkvBias: boolean;
}

/** The name of a size. */
export type ModelSize = 'tiny' | 'mini' | 'small' | 'base' | 'large';

/**
 * Width, layers, heads, key/value heads and SwiGLU width of each size. Most sizes share one key/value head among all
 * query heads, because that makes the cache smaller and decoding faster. `small` keeps three: at its size the sharing
 * delays the learning of skills that look numbers up in the prompt.
 */
const dimensions: Record<ModelSize, readonly [number, number, number, number, number]> = {
  tiny: [32, 2, 2, 1, 88],
  mini: [40, 3, 2, 1, 104],
  small: [48, 3, 3, 3, 128],
  base: [96, 4, 3, 1, 304],
  large: [256, 6, 8, 1, 848],
};

/** The names of all sizes, from the smallest. */
export const modelSizes = Object.keys(dimensions) as ModelSize[];

/** Returns the configuration of a named size. Every value can be overridden; an unknown name is a UserError. */
export function modelConfig(
  size: string,
  vocabSize: number,
  overrides: Partial<ModelConfig> = {},
): ModelConfig {
  if (!Object.hasOwn(dimensions, size))
    throw new UserError(`unknown size ${size}: use ${modelSizes.join(', ')}`);
  const [modelDim, numLayers, numHeads, numKvHeads, hiddenDim] = dimensions[size as ModelSize];
  return {
    vocabSize,
    modelDim,
    numLayers,
    numHeads,
    numKvHeads,
    headDim: modelDim / numHeads,
    hiddenDim,
    contextLength: 176,
    qkvBias: false,
    ...overrides,
  };
}

/** Counts the weights that a token passes through: those of the layers, and the tied embedding at the end. */
export function activeWeights(config: ModelConfig): number {
  const { vocabSize, modelDim, numLayers, numHeads, numKvHeads, headDim, hiddenDim } = config;
  const attention = modelDim * headDim * (2 * numHeads + 2 * numKvHeads);
  return numLayers * (attention + 3 * modelDim * hiddenDim) + vocabSize * modelDim;
}

/** Counts all weights of a model without biases: the active ones and the scales of the norms. */
export const weightsOf = (config: ModelConfig): number =>
  activeWeights(config) + (2 * config.numLayers + 1) * config.modelDim;

/** The number that `rmsNorm` adds to the mean square, as in Llama. */
export const rmsNormEpsilon = 1e-5;
/** The base of the rotary angles, as in Llama. */
export const ropeTheta = 10000;

/**
 * Returns `config.json` as `transformers` reads it: a `LlamaForCausalLM`, or Qwen2's class where there are biases. With
 * `scores` it describes a model with a score head, `ForSequenceClassification` with one label.
 */
export function configJson(config: ModelConfig, scores = false): Record<string, unknown> {
  const family = config.qkvBias ? 'Qwen2' : 'Llama';
  return {
    architectures: [`${family}For${scores ? 'SequenceClassification' : 'CausalLM'}`],
    ...(scores && { num_labels: 1 }),
    model_type: config.qkvBias ? 'qwen2' : 'llama',
    vocab_size: config.vocabSize,
    hidden_size: config.modelDim,
    intermediate_size: config.hiddenDim,
    num_hidden_layers: config.numLayers,
    num_attention_heads: config.numHeads,
    num_key_value_heads: config.numKvHeads,
    head_dim: config.headDim,
    max_position_embeddings: config.contextLength,
    rms_norm_eps: rmsNormEpsilon,
    rope_theta: ropeTheta,
    hidden_act: 'silu',
    tie_word_embeddings: true,
    attention_bias: config.qkvBias,
    mlp_bias: false,
    pad_token_id: 0,
    bos_token_id: 1,
    eos_token_id: 2,
    torch_dtype: 'float32',
  };
}

/**
 * Returns `generation_config.json`, by which `generate` of `transformers` ends an answer at `<eos>` or after
 * `maxNewTokens` tokens. Without sampling it takes the most likely token at each place.
 */
export function generationConfigJson(maxNewTokens: number): Record<string, unknown> {
  return {
    pad_token_id: 0,
    bos_token_id: 1,
    eos_token_id: 2,
    do_sample: false,
    max_new_tokens: maxNewTokens,
  };
}
