import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../lib/core/errors';
import { tf } from '../lib/engine/tensorflow';
import { disposeTree, flatten, treeShape } from '../lib/engine/tree';
import { loadCheckpoint, saveCheckpoint } from '../lib/model/checkpoint';
import { configJson } from '../lib/model/config';
import { configFromJson } from '../lib/model/readConfig';
import type { Model } from '../lib/model/parameters';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../lib/model/safetensors';
import { badUpdate, decodeUpdate } from '../lib/training/badStep';
import { defaultOptimizer } from '../lib/training/optimizer';
import { createTrainerState } from '../lib/training/trainer';
import { decodeTrainerState, encodeTrainerState } from '../lib/training/trainerState';
import { assertFlatMemory } from './support/allclose';
import { contents, temporaryFolder } from './support/folder';
import {
  microConfig,
  namedTensor,
  randomParameters,
  snapshot,
  withChanges,
} from './support/microModel';

const folder = temporaryFolder();

function microModel(seed: number, overrides = {}): Model {
  const config = microConfig(overrides);
  return { config, parameters: randomParameters(config, seed) };
}

/** Asserts that the call fails with a UserError of one line that names the place. */
function assertUserError(call: () => unknown, where: string, what: string): void {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof UserError, `${what}: ${String((error as Error).stack)}`);
    assert.ok(error.message.startsWith(where), `${what}: ${error.message}`);
    assert.doesNotMatch(error.message, /\n/, what);
    return;
  }
  assert.fail(`${what}: no error`);
}

const everything = { qkvBias: true, attentionOutputBias: true, mlpBias: true, tied: false };
for (const overrides of [{}, { qkvBias: true, numKvHeads: 1 }, everything, { qkNorm: true }])
  test(`a saved model is loaded bit for bit: ${JSON.stringify(overrides)}`, () => {
    const model = microModel(16, overrides);
    const place = path.join(folder, JSON.stringify(Object.keys(overrides)));
    assertFlatMemory(() => saveCheckpoint(place, model, { 'tokenizer.json': '{}\n' }));
    assert.deepEqual(fs.readdirSync(place).sort(), [
      'config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    assert.equal(fs.readFileSync(path.join(place, 'tokenizer.json'), 'utf8'), '{}\n');
    const loaded = loadCheckpoint(place);
    assert.deepEqual(loaded.config, model.config);
    assert.deepEqual(treeShape(loaded.parameters), treeShape(model.parameters));
    assert.deepEqual(
      flatten(loaded.parameters).map((t) => t.shape),
      flatten(model.parameters).map((t) => t.shape),
    );
    assert.deepEqual(snapshot(loaded.parameters), snapshot(model.parameters));
    disposeTree(loaded.parameters, model.parameters);
  });

test('the weights have the names and shapes of Hugging Face', () => {
  const model = microModel(17, { numLayers: 1, qkvBias: true });
  const place = path.join(folder, 'names');
  saveCheckpoint(place, model);
  const bytes = fs.readFileSync(path.join(place, 'model.safetensors'));
  const { tensors, metadata } = decodeSafetensors(bytes, place);
  const layer = 'model.layers.0.';
  assert.deepEqual(Object.fromEntries(tensors.map(({ name, shape }) => [name, shape])), {
    'model.embed_tokens.weight': [11, 6],
    [`${layer}input_layernorm.weight`]: [6],
    [`${layer}self_attn.q_proj.weight`]: [8, 6],
    [`${layer}self_attn.k_proj.weight`]: [4, 6],
    [`${layer}self_attn.v_proj.weight`]: [4, 6],
    [`${layer}self_attn.q_proj.bias`]: [8],
    [`${layer}self_attn.k_proj.bias`]: [4],
    [`${layer}self_attn.v_proj.bias`]: [4],
    [`${layer}self_attn.o_proj.weight`]: [6, 8],
    [`${layer}post_attention_layernorm.weight`]: [6],
    [`${layer}mlp.gate_proj.weight`]: [7, 6],
    [`${layer}mlp.up_proj.weight`]: [7, 6],
    [`${layer}mlp.down_proj.weight`]: [6, 7],
    'model.norm.weight': [6],
  });
  assert.equal(metadata.format, 'pt');
  // Hugging Face keeps [out, in]; this project keeps [in, out] with the parts side by side.
  const theirs = (name: string): Float32Array =>
    tensors.find((tensor) => tensor.name === layer + name)!.values;
  const ours = model.parameters.layers[0]!;
  const [qkv, gateUp] = [ours.qkv, ours.gateUp].map((t) => t.arraySync() as number[][]);
  assert.equal(theirs('self_attn.q_proj.weight')[3 * 6 + 2], qkv![2]![3]);
  assert.equal(theirs('self_attn.k_proj.weight')[3 * 6 + 2], qkv![2]![8 + 3]);
  assert.equal(theirs('self_attn.v_proj.weight')[3 * 6 + 2], qkv![2]![12 + 3]);
  assert.equal(theirs('self_attn.v_proj.bias')[1], ours.qkvBias!.dataSync()[13]);
  assert.equal(theirs('mlp.gate_proj.weight')[5 * 6 + 4], gateUp![4]![5]);
  assert.equal(theirs('mlp.up_proj.weight')[5 * 6 + 4], gateUp![4]![7 + 5]);
});

test('config.json is what transformers reads', () => {
  const json = JSON.parse(JSON.stringify(configJson(microConfig()))) as Record<string, unknown>;
  assert.deepEqual(json, {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: 11,
    hidden_size: 6,
    intermediate_size: 7,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 2,
    max_position_embeddings: 40,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    hidden_act: 'silu',
    tie_word_embeddings: true,
    attention_bias: false,
    mlp_bias: false,
    pad_token_id: 0,
    bos_token_id: 1,
    eos_token_id: 2,
    torch_dtype: 'float32',
  });
  assert.deepEqual(configFromJson(json, 'here'), microConfig());
  const qwen = configJson(microConfig({ qkvBias: true }));
  assert.deepEqual([qwen.architectures, qwen.model_type], [['Qwen2ForCausalLM'], 'qwen2']);
  assert.deepEqual(configFromJson(qwen, 'here'), microConfig({ qkvBias: true }));
  const older = { ...json, hidden_size: 8, head_dim: undefined }; // older models' files leave it out
  assert.equal(configFromJson(older, 'here').headDim, 2);
});

test('a config with a byte-order mark is read, one that is no text is refused', () => {
  const place = path.join(folder, 'bom');
  saveCheckpoint(place, microModel(22));
  const config = path.join(place, 'config.json');
  const text = fs.readFileSync(config, 'utf8');
  fs.writeFileSync(config, `\ufeff${text.replaceAll('\n', '\r\n')}`);
  assert.deepEqual(loadCheckpoint(place).config, microConfig());
  fs.writeFileSync(config, Buffer.from(text, 'utf16le').subarray(1));
  assertUserError(() => loadCheckpoint(place), config, 'UTF-16');
});

test('weights that are no finite numbers or no part of the model are refused', () => {
  const place = path.join(folder, 'odd');
  const model = microModel(24);
  saveCheckpoint(place, model);
  const where = path.join(place, 'model.safetensors');
  const { tensors } = decodeSafetensors(fs.readFileSync(where), where);
  const refused = (others: readonly NamedTensor[], message: string): void => {
    fs.writeFileSync(where, encodeSafetensors(others));
    assertFlatMemory(
      () =>
      assert.throws(() => loadCheckpoint(place), { name: 'UserError', message: `${where}: ${message}` }), // prettier-ignore
    );
  };
  for (const bad of [NaN, Infinity, -Infinity]) {
    const damaged = tensors.map(({ name, shape, values }) => ({ name, shape, values: values.slice() })); // prettier-ignore
    damaged[3]!.values[1] = bad;
    refused(damaged, `${damaged[3]!.name} holds ${bad}: make or copy it again`);
  }
  const more = (name: string): NamedTensor => namedTensor([1, 2], [2], name);
  for (const name of [
    'model.layers.0.mlp.gate_proj.bias',
    'model.layers.0.self_attn.q_norm.weight',
    'model.layers.2.mlp.up_proj.weight',
  ])
    // prettier-ignore
    refused([...tensors, more(name)], `${name} is no part of the model of its config`);
  fs.writeFileSync(where, encodeSafetensors([...tensors, more('model.layers.0.self_attn.rotary_emb.inv_freq')])); // prettier-ignore
  assert.deepEqual(snapshot(loadCheckpoint(place).parameters), snapshot(model.parameters));
});

/** Splits the weights of a folder into two files with an index, as large models come. */
function splitWeights(place: string): { index: string; weight_map: Record<string, string> } {
  const whole = path.join(place, 'model.safetensors');
  const { tensors } = decodeSafetensors(fs.readFileSync(whole), whole);
  const weight_map: Record<string, string> = {};
  for (const part of [0, 1]) {
    const name = `model-0000${part + 1}-of-00002.safetensors`;
    const own = tensors.filter((_, i) => i % 2 === part);
    fs.writeFileSync(path.join(place, name), encodeSafetensors(own));
    for (const tensor of own) weight_map[tensor.name] = name;
  }
  fs.rmSync(whole);
  const index = `${whole}.index.json`;
  fs.writeFileSync(index, JSON.stringify({ metadata: { total_size: 1 }, weight_map }));
  return { index, weight_map };
}

test('weights in several files are read by their index; what does not fit is refused', () => {
  const place = path.join(folder, 'shards');
  const model = microModel(31);
  saveCheckpoint(place, model);
  const { index, weight_map } = splitWeights(place);
  assert.deepEqual(snapshot(loadCheckpoint(place).parameters), snapshot(model.parameters));
  const refused = (json: unknown, message: string): void => {
    fs.writeFileSync(index, JSON.stringify(json));
    assertFlatMemory(() => assert.throws(() => loadCheckpoint(place), { name: 'UserError', message: `${index}${message}` })); // prettier-ignore
  };
  refused({}, ' is damaged (no weight_map of texts): make or copy it again');
  refused([1], ' is damaged (no weight_map of texts): make or copy it again');
  const [first, second] = Object.entries(weight_map) as [[string, string], [string, string]];
  const withMap = (map: object): object => ({ weight_map: { ...weight_map, ...map } });
  const elsewhere = '../model.safetensors';
  refused(withMap({ [first[0]]: elsewhere }), `: ${elsewhere} is no file of this folder that ends in .safetensors`); // prettier-ignore
  refused(withMap({ [first[0]]: 'other.safetensors' }), ': other.safetensors is missing in its folder: copy it as well'); // prettier-ignore
  const swapped = Object.values(weight_map).find((name) => name !== first[1])!;
  refused(withMap({ [first[0]]: swapped }), `: ${first[0]} is not in ${swapped}`);
  const { [second[0]]: left, ...without } = weight_map;
  assert.ok(left);
  refused({ weight_map: without }, `: ${second[0]} is missing: is it the config of another model?`);
});

test('an output layer that a tied model holds once more has to be its embedding', () => {
  const place = path.join(folder, 'twice');
  const model = microModel(32);
  saveCheckpoint(place, model);
  const weights = path.join(place, 'model.safetensors');
  const { tensors } = decodeSafetensors(fs.readFileSync(weights), weights);
  const output = { ...tensors[0]!, name: 'lm_head.weight' };
  fs.writeFileSync(weights, encodeSafetensors([...tensors, output]));
  assert.deepEqual(snapshot(loadCheckpoint(place).parameters), snapshot(model.parameters));
  const other = {
    ...output,
    values: output.values.map((value, i) => (i === 3 ? value + 1 : value)),
  };
  fs.writeFileSync(weights, encodeSafetensors([...tensors, other]));
  assertFlatMemory(() =>
    assert.throws(() => loadCheckpoint(place), {
      name: 'UserError',
      message: `${weights}: lm_head.weight is not the embedding, although its config ties them`,
    }),
  );
});

test('a file that is cut off anywhere is refused', () => {
  const model = microModel(18, { numLayers: 1 });
  const place = path.join(folder, 'cut');
  saveCheckpoint(place, model);
  const weights = path.join(place, 'model.safetensors');
  const whole = fs.readFileSync(weights);
  assertFlatMemory(() => {
    for (let length = 0; length < whole.length; length += 7) {
      fs.writeFileSync(weights, whole.subarray(0, length));
      assertUserError(() => loadCheckpoint(place), weights, `${length} bytes`);
    }
    fs.writeFileSync(weights, whole.subarray(0, -1));
    assertUserError(() => loadCheckpoint(place), weights, 'one byte missing');
    fs.writeFileSync(weights, Buffer.concat([whole, Buffer.alloc(4)]));
    assertUserError(() => loadCheckpoint(place), weights, 'four bytes too many');
  });
  fs.writeFileSync(weights, whole);
  const json = path.join(place, 'config.json');
  const text = fs.readFileSync(json);
  for (let length = 0; length < text.length - 2; length += 5) {
    fs.writeFileSync(json, text.subarray(0, length));
    assertUserError(() => loadCheckpoint(place), json, `config of ${length} bytes`);
  }
});

test('a flipped bit is found in the numbers, and never passes for other weights in the header', () => {
  const model = microModel(19, { numLayers: 1, qkvBias: true });
  const place = path.join(folder, 'flipped');
  saveCheckpoint(place, model);
  const weights = path.join(place, 'model.safetensors');
  const whole = fs.readFileSync(weights);
  const expected = snapshot(model.parameters);
  const headerEnd = 8 + Number(whole.readBigUInt64LE());
  let harmless = 0;
  assertFlatMemory(() => {
    for (let at = 0; at < whole.length; at += at < headerEnd ? 1 : 41) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << (at % 8);
      fs.writeFileSync(weights, flipped);
      let loaded: Model | undefined;
      const load = (): void => {
        loaded = loadCheckpoint(place);
      };
      try {
        load();
      } catch {
        assertUserError(load, weights, `bit in byte ${at}`);
      }
      if (loaded) {
        harmless++; // in the free metadata or the padding of the header
        assert.ok(at < headerEnd, `bit in byte ${at} went unnoticed`);
        assert.deepEqual(snapshot(loaded.parameters), expected, `bit in byte ${at}`);
        disposeTree(loaded.parameters);
      }
    }
  });
  assert.ok(harmless < 40, `${harmless} went unnoticed`);
});

test('the config of another model is refused with the tensor that does not fit', () => {
  const place = path.join(folder, 'other');
  saveCheckpoint(place, microModel(20));
  const config = path.join(place, 'config.json');
  const weights = path.join(place, 'model.safetensors');
  const refused = (overrides: object, message: string): void => {
    fs.writeFileSync(config, JSON.stringify(configJson(microConfig(overrides))));
    assertFlatMemory(() =>
      assert.throws(() => loadCheckpoint(place), {
        name: 'UserError',
        message: `${weights}: ${message}`,
      }),
    );
  };
  refused({ vocabSize: 12 }, 'model.embed_tokens.weight is [11, 6], its config says [12, 6]');
  refused(
    { numKvHeads: 4 },
    'model.layers.0.self_attn.k_proj.weight is [4, 6], its config says [8, 6]',
  );
  refused(
    { numLayers: 3 },
    'model.layers.2.input_layernorm.weight is missing: is it the config of another model?',
  );
  refused(
    { qkvBias: true },
    'model.layers.0.self_attn.q_proj.bias is missing: is it the config of another model?',
  );
});

test('a folder without a checkpoint, or with half of one, says what to do', () => {
  const place = path.join(folder, 'nothing');
  const expected = { name: 'UserError', message: `no checkpoint at ${place}: train it first` };
  assert.throws(() => loadCheckpoint(place), expected);
  saveCheckpoint(place, microModel(21));
  fs.rmSync(path.join(place, 'model.safetensors'));
  assert.throws(() => loadCheckpoint(place), expected);
  const hint = { message: `no checkpoint at ${place}: run npm start` };
  assert.throws(() => loadCheckpoint(place, 'run npm start'), hint);
});

test('saving over a checkpoint replaces all of it', () => {
  const place = path.join(folder, 'again');
  saveCheckpoint(place, microModel(22));
  const before = contents(place);
  saveCheckpoint(place, microModel(23));
  const after = contents(place);
  assert.deepEqual(Object.keys(after), ['config.json', 'model.safetensors']); // nothing temporary
  assert.notEqual(after['model.safetensors'], before['model.safetensors']);
  saveCheckpoint(place, microModel(22));
  assert.deepEqual(contents(place), before);
});

test('the state of a trainer is read back bit for bit', () => {
  const config = microConfig({ qkvBias: true });
  const state = {
    parameters: randomParameters(config, 24),
    optimizer: {
      adamW: {
        means: flatten(randomParameters(config, 25)),
        squares: flatten(randomParameters(config, 26)),
      },
      muon: [],
    },
    updates: 1234,
  };
  const bytes = assertFlatMemory(() => encodeTrainerState(state));
  const before = tf.memory().numTensors;
  const decoded = decodeTrainerState(config, defaultOptimizer, bytes, 'here');
  assert.equal(tf.memory().numTensors - before, snapshot(decoded.parameters).length * 3);
  assert.equal(decoded.updates, 1234);
  assert.deepEqual(
    snapshot(decoded.parameters, decoded.optimizer),
    snapshot(state.parameters, state.optimizer),
  );
  assert.deepEqual(
    flatten([decoded.parameters, decoded.optimizer]).map((t) => t.shape),
    flatten([state.parameters, state.optimizer]).map((t) => t.shape),
  );
  assert.deepEqual(treeShape(decoded.optimizer), treeShape(state.optimizer));
});

test('a damaged state of a trainer is refused', () => {
  const config = microConfig({ numLayers: 1 });
  const whole = encodeTrainerState(
    createTrainerState(randomParameters(config, 27), defaultOptimizer),
  );
  const before = snapshot(decodeTrainerState(config, defaultOptimizer, whole, 'here').parameters);
  assertFlatMemory(() => {
    for (let length = 0; length < whole.length; length += 101)
      assertUserError(
        () => decodeTrainerState(config, defaultOptimizer, whole.slice(0, length), 'here'),
        'here',
        `${length} bytes`,
      );
    const headerEnd = 8 + Number(Buffer.from(whole).readBigUInt64LE());
    for (let at = 0; at < whole.length; at += at < headerEnd ? 1 : 211) {
      const flipped = Uint8Array.from(whole);
      flipped[at]! ^= 1 << (at % 8);
      try {
        const { parameters, optimizer } = decodeTrainerState(
          config,
          defaultOptimizer,
          flipped,
          'here',
        );
        assert.deepEqual(snapshot(parameters), before, `bit in byte ${at}`);
        disposeTree(parameters, optimizer);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        assertUserError(
          () => decodeTrainerState(config, defaultOptimizer, flipped, 'here'),
          'here',
          `byte ${at}`,
        );
      }
    }
    const other = microConfig({ numLayers: 2 });
    assertUserError(
      () => decodeTrainerState(other, defaultOptimizer, whole, 'here'),
      'here',
      'another config',
    );
  });
});

test('a state of a trainer that does not say how many updates it has is refused', () => {
  const config = microConfig({ numLayers: 1 });
  const whole = encodeTrainerState(createTrainerState(randomParameters(config, 27), defaultOptimizer)); // prettier-ignore
  const { tensors } = decodeSafetensors(whole, 'here');
  for (const updates of [undefined, 'x', '', '-1', '1.5', 'NaN', '9'.repeat(400)]) {
    const damaged = encodeSafetensors(tensors, updates === undefined ? {} : { updates });
    assertFlatMemory(() =>
      assert.throws(() => decodeTrainerState(config, defaultOptimizer, damaged, 'here'), {
        name: 'UserError',
        message: 'here is damaged (no count of updates): remove it',
      }),
    );
  }
});

test('a file that is no refused update is not read as one', () => {
  const tried = {
    parameters: randomParameters(microConfig({ numLayers: 1 }), 28),
    optimizer: { adamW: { means: [], squares: [] }, muon: [] },
    updates: 3,
    batches: [{ ids: tf.tensor1d([1, 2], 'int32') }],
    learningRate: 1e3,
  };
  const { evidence } = badUpdate(tried, 'loss is NaN');
  const whole = evidence as Uint8Array;
  assert.deepEqual(snapshot(decodeUpdate(whole, 'here').parameters), snapshot(tried.parameters));
  const { tensors, metadata } = decodeSafetensors(whole, 'here');
  const { tree, dtypes } = metadata as { tree: string; dtypes: string };
  const kinds = JSON.parse(dtypes) as string[];
  const changes = [
    ...[undefined, '', 'x', 'null', '{}', '[]', tree.replace('"batches"', '"others"')].map((tree) => ({ tree })), // prettier-ignore
    ...[undefined, '{', '3', JSON.stringify(kinds.slice(1)), JSON.stringify(kinds.map(() => 'string'))].map((dtypes) => ({ dtypes })), // prettier-ignore
    ...[undefined, 'x', '-3'].map((updates) => ({ updates })),
    { learningRate: undefined },
  ];
  const refused = (damaged: Uint8Array): void =>
    assertFlatMemory(() =>
      assert.throws(() => decodeUpdate(damaged, 'here'), {
        name: 'UserError',
        message: 'here holds no update that was refused: name a bad-step file of a run',
      }),
    );
  for (const change of changes) {
    const others = withChanges(metadata, { ...change, sha256: undefined });
    refused(encodeSafetensors(tensors, others as Record<string, string>));
  }
  refused(encodeSafetensors(tensors.slice(1), metadata));
  refused(encodeTrainerState(createTrainerState(randomParameters(microConfig(), 29), defaultOptimizer))); // prettier-ignore
});
