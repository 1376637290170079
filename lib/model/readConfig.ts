/**
 * Reads a `config.json` that this project or another has written. Each of its keys is one of three kinds: a size, which
 * is honoured; a choice of the architecture, which must be the one that the decoder computes; or a key that changes no
 * logit. Every other key and every other choice is a UserError, because the decoder would compute something else.
 */
import { UserError } from '../core/errors';
import { isCount, isObject, quoted } from '../core/fields';
import { rmsNormEpsilon, ropeTheta, type ModelConfig } from './config';

/** The values that a key may have. `undefined` among them means that the key may be absent. */
type Choices = Readonly<Record<string, readonly unknown[]>>;

/** The rotary angles, as `rope_parameters` and the older `rope_scaling` describe them. */
const ropeChoices: Choices = {
  rope_type: ['default', undefined],
  type: ['default', undefined],
  rope_theta: [ropeTheta, undefined],
  partial_rotary_factor: [1, undefined],
};

const families = ['llama', 'qwen2'];

/**
 * The choices that the decoder computes, the value that it has first. A key may be absent where `transformers` then takes
 * that value; this is not so for `rms_norm_eps` (1e-6 there) and `tie_word_embeddings` (false there).
 */
const choices: Choices = {
  model_type: families,
  tie_word_embeddings: [true],
  rms_norm_eps: [rmsNormEpsilon],
  rope_theta: [ropeTheta, undefined],
  partial_rotary_factor: [1, undefined],
  rope_interleaved: [false, undefined],
  hidden_act: ['silu', undefined],
  mlp_bias: [false, undefined],
  use_sliding_window: [false, undefined],
  torch_dtype: ['float32', undefined, null],
  dtype: ['float32', undefined, null],
  // The tokens at which a prompt begins and an answer ends. They change no logit, but they change every answer.
  bos_token_id: [1, undefined, null],
  eos_token_id: [2, undefined],
  pad_token_id: [0, undefined, null],
};

const sizes =
  `vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads num_key_value_heads head_dim
  max_position_embeddings`.split(/\s+/);

/** Keys of which `configFromJson` has a rule of its own. */
const ruled = ['attention_bias', 'rope_parameters', 'rope_scaling', 'layer_types'];

/**
 * Keys that change no logit: those of training alone, of the library, and `sliding_window`, which counts only where
 * `use_sliding_window` is true.
 */
const harmless =
  `architectures num_labels id2label label2id problem_type initializer_range attention_dropout use_cache
  transformers_version transformers.js_config _name_or_path is_llama_config pretraining_tp sliding_window
  max_window_layers tokenizer_class output_attentions output_hidden_states return_dict chunk_size_feed_forward
  _attn_implementation_autoset`.split(/\s+/);

const known = new Set([...Object.keys(choices), ...sizes, ...ruled, ...harmless]);

/** The largest size, so that every count of places fits into an int32. */
const largestSize = 2 ** 31 - 1;

/** Returns the shape of a model. What the decoder would not compute is a UserError that names file, key and value. */
export function configFromJson(json: unknown, where: string): ModelConfig {
  if (!isObject(json)) throw new UserError(`${where} is no object: make or copy it again`);
  const fields = json as Readonly<Record<string, unknown>>;
  refuseOthers(fields, { model_type: families }, where); // first, because it explains all the rest
  const unknown = Object.keys(fields).find((key) => !known.has(key));
  if (unknown !== undefined)
    throw new UserError(`${where}: unknown key ${quoted(unknown)}: it may change what is computed`);
  refuseOthers(fields, choices, where);
  const qkvBias = fields.model_type === 'qwen2';
  refuseOthers(fields, { attention_bias: [qkvBias, undefined] }, where);
  for (const key of ['rope_parameters', 'rope_scaling']) refuseOtherRope(fields, key, where);
  refuseOtherLayers(fields.layer_types, where);
  return { ...readSizes(fields, where), qkvBias };
}

/** Throws for the first key that has another value than the choices allow. */
function refuseOthers(
  fields: Readonly<Record<string, unknown>>,
  allowed: Choices,
  where: string,
): void {
  for (const [key, values] of Object.entries(allowed)) {
    const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (values.includes(value)) continue;
    const is = value === undefined ? 'missing' : quoted(value);
    const computed = values.filter((v) => v !== undefined && v !== null).map(quoted);
    throw new UserError(`${where}: ${key} is ${is}, only ${computed.join(' or ')} is computed`);
  }
}

function refuseOtherRope(
  fields: Readonly<Record<string, unknown>>,
  key: string,
  where: string,
): void {
  const rope = fields[key];
  if (rope === undefined || rope === null) return;
  if (!isObject(rope))
    throw new UserError(`${where}: ${key} is ${quoted(rope)}, expected an object`);
  const inside = rope as Readonly<Record<string, unknown>>;
  refuseOthers(inside, ropeChoices, `${where}, ${key}`);
  const unknown = Object.keys(inside).find((name) => !Object.hasOwn(ropeChoices, name));
  if (unknown !== undefined)
    throw new UserError(`${where}, ${key}: unknown key ${quoted(unknown)}: only plain angles are computed`); // prettier-ignore
}

function refuseOtherLayers(types: unknown, where: string): void {
  if (types === undefined || types === null) return;
  const other: unknown = Array.isArray(types)
    ? types.find((type) => type !== 'full_attention')
    : types;
  if (other !== undefined)
    throw new UserError(`${where}: layer_types has ${quoted(other)}, only "full_attention" is computed`); // prettier-ignore
}

function readSizes(
  fields: Readonly<Record<string, unknown>>,
  where: string,
): Omit<ModelConfig, 'qkvBias'> {
  const size = (key: string, absent?: number): number => {
    const value = fields[key] ?? absent;
    if (isCount(value) && (value as number) >= 1 && (value as number) <= largestSize)
      return value as number;
    const is = value === undefined ? 'missing' : quoted(value);
    throw new UserError(`${where}: ${key} is ${is}, expected a whole number from 1 to ${largestSize}`); // prettier-ignore
  };
  const [modelDim, numHeads] = [size('hidden_size'), size('num_attention_heads')];
  const numKvHeads = size('num_key_value_heads');
  const headDim = size('head_dim', modelDim / numHeads);
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
