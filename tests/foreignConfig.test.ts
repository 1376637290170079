/** What a `config.json` may say: sizes, choices that the decoder computes, and keys that change no logit. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/core/files';
import { tf } from '../lib/engine/tensorflow';
import { disposeTree } from '../lib/engine/tree';
import { loadCheckpoint } from '../lib/model/checkpoint';
import { configJson, type ModelConfig } from '../lib/model/config';
import { decoderLogits } from '../lib/model/decoder';
import { configFromJson } from '../lib/model/readConfig';
import { temporaryFolder } from './support/folder';
import { microConfig, withChanges } from './support/microModel';

test('a config of another kind is refused with the field that is wrong', () => {
  const json = configJson(microConfig());
  const refused = (changes: object, message: string): void =>
    assert.throws(() => configFromJson(withChanges(json, changes), 'here'), {
      name: 'UserError',
      message: `here: ${message}`,
    });
  const deep = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`) as unknown;
  // sizes
  const largest = 'expected a whole number from 1 to 2147483647';
  refused({ vocab_size: undefined }, `vocab_size is missing, ${largest}`);
  refused({ num_hidden_layers: 2.5 }, `num_hidden_layers is 2.5, ${largest}`);
  refused({ num_hidden_layers: 2 ** 32 }, `num_hidden_layers is 4294967296, ${largest}`);
  refused({ hidden_size: 0 }, `hidden_size is 0, ${largest}`);
  refused({ intermediate_size: '7' }, `intermediate_size is "7", ${largest}`);
  refused({ max_position_embeddings: deep }, `max_position_embeddings is a list, ${largest}`);
  refused({ hidden_size: { toString: 1 } }, `hidden_size is an object, ${largest}`);
  refused({ num_key_value_heads: 3 }, 'num_key_value_heads is 3, expected a divisor of 4');
  refused({ head_dim: 3 }, 'head_dim is 3, expected an even number');
  refused({ head_dim: undefined }, `head_dim is 1.5, ${largest}`);
  // choices that the decoder does not compute
  const choices: [key: string, value: unknown, message: string][] = [
    ['model_type', 'gpt2', '"gpt2", only "llama" or "qwen2" or "qwen3" is computed'],
    ['model_type', 'mistral', '"mistral", only "llama" or "qwen2" or "qwen3" is computed'],
    ['tie_word_embeddings', 1, '1, only true or false is computed'],
    ['rms_norm_eps', 0, '0, expected a number above 0'],
    ['rms_norm_eps', '1e-5', '"1e-5", expected a number above 0'],
    ['rope_theta', -1, '-1, expected a number above 0'],
    ['rope_theta', null, 'null, expected a number above 0'],
    ['rope_interleaved', true, 'true, only false is computed'],
    ['partial_rotary_factor', 0.5, '0.5, only 1 is computed'],
    ['hidden_act', 'gelu', '"gelu", only "silu" is computed'],
    ['attention_bias', 1, '1, only false or true is computed'],
    ['mlp_bias', 'yes', '"yes", only false or true is computed'],
    ['use_sliding_window', true, 'true, only false is computed'],
    ['torch_dtype', 'float64', '"float64", only "float32" or "float16" or "bfloat16" is computed'],
    ['dtype', 'int8', '"int8", only "float32" or "float16" or "bfloat16" is computed'],
  ];
  for (const [key, value, message] of choices) refused({ [key]: value }, `${key} is ${message}`);
  refused({ layer_types: ['full_attention', 'sliding_attention'] }, 'layer_types has "sliding_attention", only "full_attention" is computed'); // prettier-ignore
  refused({ layer_types: 'full' }, 'layer_types has "full", only "full_attention" is computed');
  assert.throws(() => configFromJson({ ...json, model_type: 'qwen2' }, 'here'), {
    message: 'here: attention_bias is false, only true is computed',
  });
  // everything else
  for (const key of ['quantization_config', 'auto_map', 'logit_scale', '__proto__', ''])
    refused(
      JSON.parse(`{"${key}":1}`) as object,
      `unknown key "${key}": it may change what is computed`,
    );
  for (const value of [null, [], 'llama', 3])
    assert.throws(() => configFromJson(value, 'here'), { name: 'UserError', message: 'here is no object: make or copy it again' }); // prettier-ignore
});

test('the choices of the families are read, and written so that they are read again', () => {
  const json = configJson(microConfig());
  const read = (changes: object): unknown => configFromJson(withChanges(json, changes), 'here');
  assert.deepEqual(read({ attention_bias: true }), microConfig({ qkvBias: true, attentionOutputBias: true })); // prettier-ignore
  assert.deepEqual(read({ mlp_bias: true }), microConfig({ mlpBias: true }));
  assert.deepEqual(read({ rms_norm_eps: undefined }), microConfig({ normEpsilon: 1e-6 }));
  assert.deepEqual(read({ tie_word_embeddings: undefined }), microConfig({ tied: false }));
  const qwen2 = { model_type: 'qwen2', attention_bias: undefined };
  assert.deepEqual(read(qwen2), microConfig({ qkvBias: true }));
  const qwen3 = { model_type: 'qwen3', head_dim: undefined };
  assert.deepEqual(read(qwen3), microConfig({ qkNorm: true, headDim: 128 }));
  assert.deepEqual(read({ num_key_value_heads: undefined }), microConfig({ numKvHeads: 4 }));
  const all: Partial<ModelConfig>[] = [
    { qkvBias: true, attentionOutputBias: true, mlpBias: true, tied: false },
    { qkNorm: true, qkvBias: true, attentionOutputBias: true, normEpsilon: 1e-6 },
    { qkvBias: true, ropeTheta: 1e6, ropeScaling: { type: 'linear', factor: 2 } },
    { ropeScaling: { type: 'llama3', factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 32 } }, // prettier-ignore
  ];
  for (const choices of all) {
    const config = microConfig(choices);
    assert.deepEqual(configFromJson(configJson(config), 'here'), config);
  }
});

test('rotary angles are read in old and new spelling; others are refused by name', () => {
  const json = configJson(microConfig());
  for (const key of ['rope_scaling', 'rope_parameters']) {
    const read = (value: unknown, changes = {}): unknown =>
      configFromJson(
        withChanges(json, { rope_theta: undefined, [key]: value, ...changes }),
        'here',
      );
    for (const plain of [
      null,
      {},
      { rope_type: 'default' },
      { type: 'default' },
      { rope_theta: 10000, rope_type: 'default', partial_rotary_factor: 1 },
    ])
      // prettier-ignore
      assert.deepEqual(read(plain), microConfig());
    assert.deepEqual(read({ rope_theta: 500000 }), microConfig({ ropeTheta: 500000 }));
    const linear = { type: 'linear', factor: 2 } as const;
    assert.deepEqual(read(linear), microConfig({ ropeScaling: linear }));
    assert.deepEqual(read({ rope_type: 'linear', factor: 2 }, { rope_theta: 300 }), microConfig({ ropeTheta: 300, ropeScaling: linear })); // prettier-ignore
    const refused = (value: unknown, message: string, changes = {}): void =>
      assert.throws(() => read(value, changes), { name: 'UserError', message: `here, ${key}: ${message}` }); // prettier-ignore
    const types = 'only "default" or "linear" or "llama3" is computed';
    refused({ rope_type: 'yarn', factor: 8 }, `rope_type is "yarn", ${types}`);
    refused({ type: 'dynamic', factor: 2 }, `type is "dynamic", ${types}`);
    refused({ rope_type: 'linear', type: 'llama3' }, 'rope_type is "linear" and type "llama3": keep one'); // prettier-ignore
    refused({ rope_theta: 500000 }, 'rope_theta is 500000, and 10000 outside of it: keep one', { rope_theta: 10000 }); // prettier-ignore
    refused({ partial_rotary_factor: 0.5 }, 'partial_rotary_factor is 0.5, only 1 is computed');
    refused({ factor: 2 }, 'unknown key "factor" for "default" angles');
    refused({ rope_type: 'linear' }, 'factor is missing, expected a number above 0');
    refused({ rope_type: 'linear', factor: -1 }, 'factor is -1, expected a number above 0');
    const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 4, high_freq_factor: 4, original_max_position_embeddings: 32 }; // prettier-ignore
    refused(llama3, 'low_freq_factor is 4, expected less than 4');
    refused({ ...llama3, beta_fast: 1 }, 'unknown key "beta_fast" for "llama3" angles');
    assert.throws(() => read('linear'), {
      message: `here: ${key} is "linear", expected an object`,
    });
  }
  const both = { ...json, rope_scaling: {}, rope_parameters: {} };
  assert.throws(() => configFromJson(both, 'here'), { message: 'here: rope_parameters and rope_scaling are both there: keep one' }); // prettier-ignore
});

test('keys that change no logit are taken, whatever they say', () => {
  const json = configJson(microConfig());
  const others = {
    architectures: ['LlamaForCausalLM'],
    attention_dropout: 0.1,
    initializer_range: 0.5,
    layer_types: ['full_attention', 'full_attention'],
    max_window_layers: 1,
    pretraining_tp: 2,
    sliding_window: 8,
    'transformers.js_config': { dtype: 'fp16' },
    transformers_version: '5.0.0',
    use_cache: false,
  };
  assert.deepEqual(configFromJson({ ...json, ...others }, 'here'), microConfig());
  const short = Object.fromEntries(Object.entries(json).filter(([key]) => !/rope_theta|hidden_act|bias|_token_id|dtype/.test(key))); // prettier-ignore
  assert.deepEqual(configFromJson(short, 'here'), microConfig());
});

test('a recorded model whose config was changed by hand is not evaluated as if it were the old one', () => {
  const folder = temporaryFolder();
  fs.cpSync(path.join(root, 'data/checkpoints/tiny-base-s0'), folder, { recursive: true });
  const where = path.join(folder, 'config.json');
  const json = JSON.parse(fs.readFileSync(where, 'utf8')) as object;
  const ids = tf.tensor([[1, 5, 6, 7]], [1, 4], 'int32');
  const logits = (): Float32Array => {
    const { config, parameters } = loadCheckpoint(folder);
    const values = tf.tidy(() =>
      decoderLogits(config, parameters, ids, tf.zeros([1, 4])).dataSync(),
    );
    disposeTree(parameters);
    return values as Float32Array;
  };
  const before = logits();
  const write = (change: object): void =>
    fs.writeFileSync(where, JSON.stringify({ ...json, ...change }));
  for (const change of [{ rope_theta: 5000 }, { rms_norm_eps: 1e-3 }]) {
    write(change);
    assert.notDeepEqual(logits(), before, JSON.stringify(change));
  }
  const refused = [
    { hidden_act: 'gelu' },
    { attention_bias: true },
    { num_hidden_layers: 1 },
    { tie_word_embeddings: false },
    { bos_token_id: 128000 },
    { pad_token_id: 2 },
    { eos_token_id: [2, 7] },
    { eos_token_id: 6 },
  ];
  for (const change of refused) {
    write(change);
    assert.throws(() => loadCheckpoint(folder), { name: 'UserError' }, JSON.stringify(change));
  }
  const args = ['--require', 'tsx/cjs', path.join(root, 'lib/commands/evaluate.ts'), folder];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.deepEqual([status, stdout], [2, '']);
  assert.equal(stderr.trim().split('\n').at(-1), `${where}: eos_token_id is 6, only 2 is computed`);
});
