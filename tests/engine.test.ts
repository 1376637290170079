import assert from 'node:assert/strict';
import * as os from 'node:os';
import { test } from 'node:test';
import { loop } from '../lib/core/loop';
import { stopNearTensorLimit, tensorsMade } from '../lib/engine/memory';
import { nodeBackend, startEngine, tf } from '../lib/engine/tensorflow';
import {
  disposeTree,
  flatten,
  tidyTree,
  treeShape,
  unflatten,
  type TensorTree,
} from '../lib/engine/tree';
import { rotaryAngles } from '../lib/model/rotary';
import { decodeChunk, type ChunkInputs } from '../lib/sampling/decodeChunk';
import { padPrompts, prefill, type KvCache } from '../lib/sampling/prefill';
import {
  defaultOptimizer,
  initOptimizer,
  optimizerInputs,
  updateWeights,
  type OptimizerState,
} from '../lib/training/optimizer';
import { lossAndGradients } from '../lib/training/gradients';
import { nextTokenLoss, type TextBatch } from '../lib/training/nextToken';
import { packRows } from '../lib/training/packing';
import { guardMemory } from './support/guardMemory';
import { microConfig, randomParameters } from './support/microModel';
import { assertSameAsEager } from './support/sameAsEager';

test('the engine says what it runs on', async () => {
  const { backend, tensorflow, device, threads } = await startEngine();
  assert.equal(backend, 'tensorflow');
  assert.match(tensorflow, /^\d+\.\d+\.\d+/);
  assert.equal(device, nodeBackend().isUsingGpuDevice ? 'GPU' : 'CPU');
  assert.equal(threads, os.availableParallelism());
});

test('trees of tensors are taken apart and put together', () => {
  const [a, b, c] = [tf.scalar(1), tf.scalar(2), tf.scalar(3)];
  const tree = { x: a, list: [b, { deep: c }], empty: [] };
  assert.deepEqual(flatten(tree), [a, b, c]);
  assert.deepEqual(treeShape(tree), { x: null, list: [null, { deep: null }], empty: [] });
  assert.deepEqual(unflatten(treeShape(tree), flatten(tree)), tree);
  for (const leaf of [3, 'three', null, undefined])
    assert.throws(() => flatten([a, leaf] as never), {
      name: 'TypeError',
      message: `not a tensor: ${leaf}: pass numbers as tf.scalar`,
    });
  disposeTree(tree);
  assert.ok(a.isDisposed && b.isDisposed && c.isDisposed);
});

test('what is computed on the way to a tree of tensors is disposed, the tree is kept', () => {
  const before = tf.memory().numTensors;
  const tree = tidyTree(() => {
    const two = tf.add(tf.scalar(1), 1);
    return { four: tf.mul(two, two), list: [tf.neg(two)] };
  });
  assert.equal(tf.memory().numTensors - before, 2);
  assert.deepEqual([tree.four.dataSync()[0], tree.list[0]!.dataSync()[0]], [4, -2]);
  disposeTree(tree);
});

test('a loss with its gradients, and an update of AdamW and Muon, as graphs with and without XLA', () => {
  const config = microConfig({ qkvBias: true, numLayers: 1 });
  const parameters = randomParameters(config, 3);
  const sequences = [
    { ids: [1, 4, 9, 2], channels: { weights: [0.2, 0.2, 0] } },
    { ids: [1, 3, 3, 8, 2], channels: { weights: [0.1, 0.2, 0.2, 0.1] } },
  ];
  const batch = packRows(sequences, [[0, 1]], { rows: 1, rowLength: 8 }, ['weights']);
  const lossFn = nextTokenLoss(config);
  const step = (p: typeof parameters, b: TextBatch): TensorTree =>
    lossAndGradients((q) => ({ ...lossFn(q, b), twice: tf.mul(lossFn(q, b).loss, 2) }), p);
  const muon = { rateFactor: 2, momentum: 0.8, weightDecay: 0.2 };
  const optimizer = { ...defaultOptimizer, weightDecay: 0.1, muon };
  const state = initOptimizer(optimizer, parameters);
  const hyper = optimizerInputs(0.01, 3, optimizer);
  const update = (p: typeof parameters, s: OptimizerState, h: tf.Tensor): TensorTree =>
    updateWeights(optimizer, { parameters: p, gradients: p, state: s }, h);
  for (const xla of [false, true]) {
    assertSameAsEager(step, [parameters, batch], { xla }, 1e-5);
    assertSameAsEager(update, [parameters, state, hyper], { xla }, 1e-5);
  }
});

test('a chunk of decoding as a graph', () => {
  const config = microConfig();
  const parameters = randomParameters(config, 4);
  const prompts = [
    [1, 2, 3, 4],
    [5, 6],
  ];
  const padded = padPrompts(prompts);
  const cache = prefill(config, parameters, padded);
  const { cos, sin } = rotaryAngles(3, 3, config);
  const inputs: ChunkInputs = {
    current: tf.tensor1d(padded.last, 'int32'),
    uniforms: tf.tensor2d([0.1, 0.9, 0.5, 0.3, 0.7, 0.2], [3, 2]),
    cos: tf.tensor(cos, [3, config.headDim]),
    sin: tf.tensor(sin, [3, config.headDim]),
    cacheBias: tf.tensor([0, 0, 0, -1e9, -1e9, 0], [2, 1, 1, 3]),
    inverseTemperature: tf.scalar(0.5),
  };
  assertSameAsEager(
    (p: typeof parameters, c: KvCache, i: ChunkInputs) => decodeChunk(config, p, c, i),
    [parameters, cache, inputs],
    { freeLeading: true },
    1e-5,
  );
});

test('the memory guard finds a tensor that is left', async () => {
  const kept: tf.Tensor[] = [];
  const keep = (): number => kept.push(tf.scalar(1));
  assert.equal(await guardMemory('a clean step', () => tf.tidy(() => 5)), 5);
  assert.equal(await guardMemory('a step', () => Promise.resolve(keep()), 1), 1);
  await assert.rejects(
    guardMemory('a step', () => keep()),
    { message: 'a step left 1 tensors behind, expected 0' },
  );
  await assert.rejects(
    guardMemory('a step', () => kept.pop()!.dispose()),
    { message: 'a step left -1 tensors behind, expected 0' },
  );
});

test('a run stops before the engine runs out of tensor numbers', async () => {
  const before = tensorsMade();
  tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(2)));
  const made = tensorsMade() - before;
  assert.equal(made, 4); // two inputs, the sum, and the one that was made to look
  let steps = 0;
  const { step, stopped } = await loop(0, 5, () => {
    steps++;
    stopNearTensorLimit(steps < 3 ? Infinity : before);
  });
  assert.deepEqual({ step, stopped }, { step: 3, stopped: true });
  assert.equal((await loop(0, 5, () => stopNearTensorLimit())).stopped, false);
});

test('the functions that newer Node versions lack are there for the backend', () => {
  const util = process.getBuiltinModule('util') as unknown as Record<string, unknown>;
  const values = [null, undefined, 0, '', []];
  const answers = (name: string): unknown[] =>
    values.map((value) => (util[name] as (value: unknown) => boolean)(value));
  assert.deepEqual(answers('isNullOrUndefined'), [true, true, false, false, false]);
  assert.deepEqual(answers('isArray'), [false, false, false, false, true]);
});
