import { UserError } from '../core/errors';

/** How the rotary angles of a long context are stretched. The names are those of `rope_scaling` in `transformers`. */
export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      /** places that the model was trained on before its context was stretched */
      readonly originalContext: number;
    };

/** The shape of a decoder of the Llama, Qwen2 and Qwen3 families; `configJson` writes it in Hugging Face's names. */
export interface ModelConfig extends DecoderChoices {
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
}

/** What the families of decoders do differently. */
export interface DecoderChoices {
  /** bias on the query, key and value projections, as Qwen2 has it */
  readonly qkvBias: boolean;
  /** bias on the output projection of the attention */
  readonly attentionOutputBias: boolean;
  /** bias on the three projections of the SwiGLU layer */
  readonly mlpBias: boolean;
  /** a norm over each head of queries and keys, as Qwen3 has it */
  readonly qkNorm: boolean;
  /** whether the embedding is also the output layer */
  readonly tied: boolean;
  /** the number that `rmsNorm` adds to the mean square */
  readonly normEpsilon: number;
  /** the base of the rotary angles */
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
}

/** The choices of this workbook's own models, which are those of Llama. */
export const ownChoices: DecoderChoices = {
  qkvBias: false,
  attentionOutputBias: false,
  mlpBias: false,
  qkNorm: false,
  tied: true,
  normEpsilon: 1e-5,
  ropeTheta: 10000,
  ropeScaling: null,
};

/** Returns the shape as a run records it: a choice is left out where it is this workbook's own, but for `qkvBias`. */
export function recordedShape(config: ModelConfig): Record<string, unknown> {
  const own = Object.entries({ ...ownChoices, qkvBias: null });
  const isOwn = (name: string, value: unknown): boolean =>
    own.some(([choice, usual]) => choice === name && usual === value);
  return Object.fromEntries(Object.entries(config).filter(([name, value]) => !isOwn(name, value)));
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
    ...ownChoices,
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

/** The family whose class in `transformers` computes what this decoder computes. */
function familyOf({ qkNorm, qkvBias, attentionOutputBias }: ModelConfig): string {
  if (qkNorm) return 'Qwen3';
  return qkvBias && !attentionOutputBias ? 'Qwen2' : 'Llama';
}

function scalingJson(scaling: RopeScaling): Record<string, unknown> {
  if (scaling.type === 'linear') return { rope_type: 'linear', factor: scaling.factor };
  return {
    rope_type: 'llama3',
    factor: scaling.factor,
    low_freq_factor: scaling.lowFrequencyFactor,
    high_freq_factor: scaling.highFrequencyFactor,
    original_max_position_embeddings: scaling.originalContext,
  };
}

/**
 * Returns `config.json` as `transformers` reads it: the causal model of the family, or with `scores` a model with a score
 * head, `ForSequenceClassification` with one label. The special tokens are those of this workbook's vocabulary.
 */
export function configJson(config: ModelConfig, scores = false): Record<string, unknown> {
  const family = familyOf(config);
  return {
    architectures: [`${family}For${scores ? 'SequenceClassification' : 'CausalLM'}`],
    ...(scores && { num_labels: 1 }),
    model_type: family.toLowerCase(),
    vocab_size: config.vocabSize,
    hidden_size: config.modelDim,
    intermediate_size: config.hiddenDim,
    num_hidden_layers: config.numLayers,
    num_attention_heads: config.numHeads,
    num_key_value_heads: config.numKvHeads,
    head_dim: config.headDim,
    max_position_embeddings: config.contextLength,
    rms_norm_eps: config.normEpsilon,
    rope_theta: config.ropeTheta,
    ...(config.ropeScaling && { rope_scaling: scalingJson(config.ropeScaling) }),
    hidden_act: 'silu',
    tie_word_embeddings: config.tied,
    attention_bias: config.qkvBias,
    mlp_bias: config.mlpBias,
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
