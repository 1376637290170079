/** What a `config.json` may say: sizes, choices that the decoder computes, and keys that change no logit. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/core/files';
import { loadCheckpoint } from '../lib/model/checkpoint';
import { configJson } from '../lib/model/config';
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
    ['model_type', 'gpt2', '"gpt2", only "llama" or "qwen2" is computed'],
    ['model_type', 'qwen3', '"qwen3", only "llama" or "qwen2" is computed'],
    ['model_type', 'mistral', '"mistral", only "llama" or "qwen2" is computed'],
    ['tie_word_embeddings', false, 'false, only true is computed'],
    ['tie_word_embeddings', undefined, 'missing, only true is computed'],
    ['rms_norm_eps', 1e-6, '0.000001, only 0.00001 is computed'],
    ['rms_norm_eps', undefined, 'missing, only 0.00001 is computed'],
    ['rope_theta', 100000, '100000, only 10000 is computed'],
    ['rope_theta', null, 'null, only 10000 is computed'],
    ['rope_interleaved', true, 'true, only false is computed'],
    ['partial_rotary_factor', 0.5, '0.5, only 1 is computed'],
    ['hidden_act', 'gelu', '"gelu", only "silu" is computed'],
    ['attention_bias', true, 'true, only false is computed'],
    ['mlp_bias', true, 'true, only false is computed'],
    ['use_sliding_window', true, 'true, only false is computed'],
    ['torch_dtype', 'bfloat16', '"bfloat16", only "float32" is computed'],
    ['dtype', 'float16', '"float16", only "float32" is computed'],
    ['bos_token_id', 128000, '128000, only 1 is computed'],
    ['eos_token_id', 3, '3, only 2 is computed'],
    ['eos_token_id', [2, 7], 'a list, only 2 is computed'],
    ['pad_token_id', 2, '2, only 0 is computed'],
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

test('rotary angles that are scaled or have another base are refused, in old and new spelling', () => {
  const json = configJson(microConfig());
  for (const key of ['rope_scaling', 'rope_parameters']) {
    const read = (value: unknown): unknown => configFromJson({ ...json, [key]: value }, 'here');
    for (const plain of [
      null,
      {},
      { rope_type: 'default' },
      { type: 'default' },
      { rope_theta: 10000, rope_type: 'default', partial_rotary_factor: 1 },
    ])
      // prettier-ignore
      assert.deepEqual(read(plain), microConfig());
    const refused = (value: unknown, message: string): void =>
      assert.throws(() => read(value), { name: 'UserError', message });
    const other = (name: string, said: string): string => `here, ${key}: ${name} is ${said} is computed`; // prettier-ignore
    refused({ rope_type: 'llama3', factor: 8 }, other('rope_type', '"llama3", only "default"'));
    refused({ type: 'linear', factor: 2 }, other('type', '"linear", only "default"'));
    refused({ rope_theta: 500000 }, other('rope_theta', '500000, only 10000'));
    refused({ partial_rotary_factor: 0.5 }, other('partial_rotary_factor', '0.5, only 1'));
    refused({ factor: 2 }, `here, ${key}: unknown key "factor": only plain angles are computed`);
    refused('linear', `here: ${key} is "linear", expected an object`);
  }
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
  const changes = [
    { rope_theta: 5000 },
    { rms_norm_eps: 1e-3 },
    { hidden_act: 'gelu' },
    { attention_bias: true },
    { num_hidden_layers: 1 },
    { eos_token_id: 6 },
  ];
  for (const change of changes) {
    fs.writeFileSync(where, JSON.stringify({ ...json, ...change }));
    assert.throws(() => loadCheckpoint(folder), { name: 'UserError' }, JSON.stringify(change));
  }
  const args = ['--require', 'tsx/cjs', path.join(root, 'lib/commands/evaluate.ts'), folder];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.deepEqual([status, stdout], [2, '']);
  assert.equal(stderr.trim().split('\n').at(-1), `${where}: eos_token_id is 6, only 2 is computed`);
});
