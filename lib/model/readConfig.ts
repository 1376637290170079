/**
 * Reads a `config.json` that this project or another has written. Each of its keys is one of three kinds: a size, which
 * is honoured; a choice of the architecture, which must be the one that the decoder computes; or a key that changes no
 * logit. Every other key and every other choice is a UserError, because the decoder would compute something else.
 */
import { UserError } from '../core/errors';
import { isCount, isObject, quoted } from '../core/fields';
import type { DecoderChoices, ModelConfig, RopeScaling } from './config';

type Fields = Readonly<Record<string, unknown>>;
/** The values that a key may have. `undefined` among them means that the key may be absent. */
type Choices = Readonly<Record<string, readonly unknown[]>>;

/** Where they are absent, `transformers` takes these values for all families. */
const absent = { rms_norm_eps: 1e-6, rope_theta: 10000, head_dim_qwen3: 128 };

/** The choices of which the decoder computes one alone, which is also what an absent key means. */
const choices: Choices = {
  partial_rotary_factor: [1, undefined],
  rope_interleaved: [false, undefined],
  hidden_act: ['silu', undefined],
  use_sliding_window: [false, undefined],
  tie_word_embeddings: [true, false, undefined],
  torch_dtype: ['float32', 'float16', 'bfloat16', undefined, null],
  dtype: ['float32', 'float16', 'bfloat16', undefined, null],
};

/** What the families may choose, beside what they have in common. */
const ofFamily: Readonly<Record<string, Choices>> = {
  llama: { attention_bias: [false, true, undefined], mlp_bias: [false, true, undefined] },
  qwen2: { attention_bias: [true, undefined], mlp_bias: [false, undefined] },
  qwen3: { attention_bias: [false, true, undefined], mlp_bias: [false, undefined] },
};

/** The tokens at which a prompt begins and an answer ends. They change no logit, but they change every answer. */
const ownTokens: Choices = {
  bos_token_id: [1, undefined, null],
  eos_token_id: [2, undefined],
  pad_token_id: [0, undefined, null],
};

const sizes =
  `vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads num_key_value_heads head_dim
  max_position_embeddings`.split(/\s+/);

/** Keys of which `configFromJson` has a rule of its own. */
const ruled =
  'model_type attention_bias mlp_bias rms_norm_eps rope_theta rope_parameters rope_scaling layer_types'.split(
    ' ',
  );

/**
 * Keys that change no logit: those of training alone, of the library, of text, and `sliding_window`, which counts only
 * where `use_sliding_window` is true.
 */
const harmless =
  `architectures num_labels id2label label2id problem_type initializer_range attention_dropout use_cache
  transformers_version transformers.js_config _name_or_path is_llama_config pretraining_tp sliding_window
  max_window_layers tokenizer_class output_attentions output_hidden_states return_dict chunk_size_feed_forward
  _attn_implementation_autoset`.split(/\s+/);

const known = new Set([
  ...Object.keys({ ...choices, ...ownTokens }),
  ...sizes,
  ...ruled,
  ...harmless,
]);

/** The largest size, so that every count of places fits into an int32. */
const largestSize = 2 ** 31 - 1;

/** Returns the shape of a model. What the decoder would not compute is a UserError that names file, key and value. */
export function configFromJson(json: unknown, where: string): ModelConfig {
  if (!isObject(json)) throw new UserError(`${where} is no object: make or copy it again`);
  const fields = json as Fields;
  // the family comes first, because it explains all the rest
  refuseOthers(fields, { model_type: Object.keys(ofFamily) }, where);
  const unknown = Object.keys(fields).find((key) => !known.has(key));
  if (unknown !== undefined)
    throw new UserError(`${where}: unknown key ${quoted(unknown)}: it may change what is computed`);
  refuseOthers(fields, { ...choices, ...ofFamily[fields.model_type as string] }, where);
  refuseOtherLayers(fields.layer_types, where);
  return { ...readSizes(fields, where), ...readChoices(fields, where) };
}

/** Throws for other special tokens than those of this workbook's vocabulary. */
export function refuseOtherTokens(json: object, where: string): void {
  refuseOthers(json as Fields, ownTokens, where);
}

function readChoices(fields: Fields, where: string): DecoderChoices {
  const family = fields.model_type;
  const attentionBias = fields.attention_bias === true;
  return {
    qkvBias: family === 'qwen2' || attentionBias,
    attentionOutputBias: family !== 'qwen2' && attentionBias,
    mlpBias: fields.mlp_bias === true,
    qkNorm: family === 'qwen3',
    tied: fields.tie_word_embeddings === true,
    normEpsilon: positive(fields, 'rms_norm_eps', where, absent.rms_norm_eps),
    ...readRope(fields, where),
  };
}

/** Returns a number above 0. */
function positive(fields: Fields, key: string, where: string, ifAbsent?: number): number {
  const value = fields[key] === undefined ? ifAbsent : fields[key];
  if (typeof value === 'number' && value > 0 && value < Infinity) return value;
  const is = value === undefined ? 'missing' : quoted(value);
  throw new UserError(`${where}: ${key} is ${is}, expected a number above 0`);
}

/** Reads the rotary angles, which `rope_parameters` or the older `rope_scaling` describe. */
function readRope(fields: Fields, where: string): Pick<ModelConfig, 'ropeTheta' | 'ropeScaling'> {
  const outer = positive(fields, 'rope_theta', where, absent.rope_theta);
  const isGiven = (key: string): boolean => fields[key] !== undefined && fields[key] !== null;
  const keys = ['rope_parameters', 'rope_scaling'].filter(isGiven);
  const [key] = keys;
  if (key === undefined) return { ropeTheta: outer, ropeScaling: null };
  if (keys.length > 1)
    throw new UserError(`${where}: rope_parameters and rope_scaling are both there: keep one`);
  if (!isObject(fields[key]))
    throw new UserError(`${where}: ${key} is ${quoted(fields[key])}, expected an object`);
  const inside = fields[key] as Fields;
  const place = `${where}, ${key}`;
  const theta = positive(inside, 'rope_theta', place, outer);
  if (fields.rope_theta !== undefined && theta !== outer)
    throw new UserError(`${place}: rope_theta is ${theta}, and ${outer} outside of it: keep one`);
  return { ropeTheta: theta, ropeScaling: readScaling(inside, place) };
}

/** The keys of each kind of scaling beside its type. */
const scalingKeys: Readonly<Record<string, readonly string[]>> = {
  default: [],
  linear: ['factor'],
  llama3: ['factor', 'low_freq_factor', 'high_freq_factor', 'original_max_position_embeddings'],
};

function readScaling(fields: Fields, where: string): RopeScaling | null {
  const types = [...Object.keys(scalingKeys), undefined];
  const allowed = { rope_type: types, type: types, partial_rotary_factor: [1, undefined] };
  refuseOthers(fields, allowed, where);
  const { rope_type = fields.type ?? 'default', type = rope_type } = fields;
  if (type !== rope_type)
    throw new UserError(`${where}: rope_type is ${quoted(rope_type)} and type ${quoted(type)}: keep one`); // prettier-ignore
  const own = scalingKeys[rope_type as string]!;
  const unknown = Object.keys(fields).find(
    (key) => !['rope_theta', ...Object.keys(allowed), ...own].includes(key),
  );
  if (unknown !== undefined)
    throw new UserError(`${where}: unknown key ${quoted(unknown)} for ${quoted(rope_type)} angles`);
  const number = (key: string): number => positive(fields, key, where);
  if (rope_type === 'default') return null;
  if (rope_type === 'linear') return { type: 'linear', factor: number('factor') };
  const [low, high] = [number('low_freq_factor'), number('high_freq_factor')];
  if (low >= high)
    throw new UserError(`${where}: low_freq_factor is ${low}, expected less than ${high}`);
  return {
    type: 'llama3',
    factor: number('factor'),
    lowFrequencyFactor: low,
    highFrequencyFactor: high,
    originalContext: number('original_max_position_embeddings'),
  };
}

/** Throws for the first key that has another value than the choices allow. */
function refuseOthers(fields: Fields, allowed: Choices, where: string): void {
  for (const [key, values] of Object.entries(allowed)) {
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (values.includes(value)) continue;
    const is = value === undefined ? 'missing' : quoted(value);
    const computed = values.filter((v) => v !== undefined && v !== null).map(quoted);
    throw new UserError(`${where}: ${key} is ${is}, only ${computed.join(' or ')} is computed`);
  }
}

function refuseOtherLayers(types: unknown, where: string): void {
  if (types === undefined || types === null) return;
  const other: unknown = Array.isArray(types)
    ? types.find((type) => type !== 'full_attention')
    : types;
  if (other !== undefined)
    throw new UserError(`${where}: layer_types has ${quoted(other)}, only "full_attention" is computed`); // prettier-ignore
}

function readSizes(fields: Fields, where: string): Omit<ModelConfig, keyof DecoderChoices> {
  const size = (key: string, ifAbsent?: number): number => {
    const value = fields[key] ?? ifAbsent;
    if (isCount(value) && (value as number) >= 1 && (value as number) <= largestSize)
      return value as number;
    const is = value === undefined ? 'missing' : quoted(value);
    throw new UserError(`${where}: ${key} is ${is}, expected a whole number from 1 to ${largestSize}`); // prettier-ignore
  };
  const [modelDim, numHeads] = [size('hidden_size'), size('num_attention_heads')];
  const numKvHeads = size('num_key_value_heads', fields.model_type === 'llama' ? numHeads : undefined); // prettier-ignore
  const ofWidth = fields.model_type === 'qwen3' ? absent.head_dim_qwen3 : modelDim / numHeads;
  const headDim = size('head_dim', ofWidth);
  if (numHeads % numKvHeads !== 0)
    throw new UserError(`${where}: num_key_value_heads is ${numKvHeads}, expected a divisor of ${numHeads}`); // prettier-ignore
  if (headDim % 2 !== 0)
    throw new UserError(`${where}: head_dim is ${headDim}, expected an even number`);
  return {
    vocabSize: size('vocab_size'),
    modelDim,
    numLayers: size('num_hidden_layers'),
    numHeads,
    numKvHeads,
    headDim,
    hiddenDim: size('intermediate_size'),
    contextLength: size('max_position_embeddings'),
  };
}
