/** Small models of others, each with one choice of its own, which `loadModel` has to compute right or refuse by name. */
import * as path from 'node:path';
import { UserError } from '../../lib/core/errors';
import { tf } from '../../lib/engine/tensorflow';
import { disposeTree } from '../../lib/engine/tree';
import { loadModel } from '../../lib/model/checkpoint';
import { decoderLogits } from '../../lib/model/decoder';

const plain = {
  ...{ vocab_size: 50, hidden_size: 32, intermediate_size: 40, num_hidden_layers: 2 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 64 },
  ...{ tie_word_embeddings: true, rms_norm_eps: 1e-5, bos_token_id: 1, eos_token_id: 2 },
};

const rope = (type: string, more: object = {}): object => ({
  rope_parameters: { rope_theta: 10000, rope_type: type, ...more },
});

/** Each variant with the kind of model, its options, and the key that is named where it is refused. */
const all: Readonly<Record<string, readonly [type: string, options: object, refused: string | null]>> = {
  llama: ['llama', {}, null],
  'wide heads': ['llama', { head_dim: 12 }, null],
  'one key/value head': ['llama', { num_key_value_heads: 1 }, null],
  'with dropout': ['llama', { attention_dropout: 0.5, initializer_range: 0.7 }, null],
  qwen2: ['qwen2', {}, null],
  'qwen2, a window that is off': ['qwen2', { sliding_window: 3, max_window_layers: 0 }, null],
  'rope theta': ['llama', { rope_parameters: { rope_theta: 500000, rope_type: 'default' } }, null],
  'linear rope': ['llama', rope('linear', { factor: 2 }), null],
  'llama3 rope': ['llama', rope('llama3', { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 32 }), null],
  'yarn rope': ['llama', rope('yarn', { factor: 2, original_max_position_embeddings: 32 }), 'rope_type'],
  'norm epsilon': ['llama', { rms_norm_eps: 1e-3 }, null],
  'attention bias': ['llama', { attention_bias: true }, null],
  'mlp bias': ['llama', { mlp_bias: true }, null],
  activation: ['llama', { hidden_act: 'gelu' }, 'hidden_act'],
  untied: ['llama', { tie_word_embeddings: false }, null],
  'sliding window': ['qwen2', { use_sliding_window: true, sliding_window: 3, max_window_layers: 0 }, 'use_sliding_window'],
  'two end tokens': ['llama', { eos_token_id: [2, 3] }, null],
  qwen3: ['qwen3', { head_dim: 8 }, null],
  'qwen3, wide heads, biases, untied': ['qwen3', { head_dim: 12, attention_bias: true, tie_word_embeddings: false }, null],
  'qwen2, untied, another base': ['qwen2', { tie_word_embeddings: false, rope_parameters: { rope_theta: 1e6, rope_type: 'default' } }, null],
  'llama in F16': ['llama', { dtype: 'float16' }, null],
  'llama in BF16': ['llama', { dtype: 'bfloat16' }, null],
  'qwen3 in BF16, in several files': ['qwen3', { head_dim: 8, dtype: 'bfloat16', num_hidden_layers: 5 }, null],
  mistral: ['mistral', {}, 'model_type'],
  gemma: ['gemma', { head_dim: 8 }, 'model_type'],
  'granite, whose logits are scaled': ['granite', {}, 'model_type'],
}; // prettier-ignore

/** The ids whose logits are compared. */
export const tokens: readonly number[] = [1, 5, 9, 20, 33, 2, 7, 48];

/** The variants as `ask_transformers.py` takes them. */
export const variants = Object.fromEntries(
  Object.entries(all).map(([name, [type, options]]) => [name, [type, { ...plain, ...options }]]),
);

/** Returns what is wrong with the reading of the models in `place`: one line for each that is wrong. */
export function foreignFaults(
  place: string,
  logits: Readonly<Record<string, readonly number[]>>,
): string[] {
  return Object.entries(all).flatMap(([name, [, , refused]]) => {
    const said = read(path.join(place, name), logits[name]!);
    const right = refused === null ? said === null : new RegExp(refused).test(said ?? '');
    return right ? [] : [`${name}: ${said ?? 'it is taken'}`];
  });
}

/** Returns null where the logits are equal, else what was said. */
function read(folder: string, wanted: readonly number[]): string | null {
  try {
    const { config, parameters } = loadModel(folder);
    const ids = tf.tensor([...tokens], [1, tokens.length], 'int32');
    const found = tf.tidy(() => decoderLogits(config, parameters, ids, tf.zeros([1, tokens.length])).dataSync()); // prettier-ignore
    disposeTree(parameters, ids);
    const apart = Math.max(...wanted.map((value, i) => Math.abs(value - found[i]!)));
    return apart < 1e-4 ? null : `the logits are ${apart} apart`;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
