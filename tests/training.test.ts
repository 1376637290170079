import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../lib/core/random';
import { tf } from '../lib/engine/tensorflow';
import { disposeTree, flatten } from '../lib/engine/tree';
import { cloneParameters, type Parameters } from '../lib/model/parameters';
import { corpusDocument, defaultCorpus } from '../lib/tasks/corpus';
import { lossAndGradients } from '../lib/training/gradients';
import { crossEntropyLoss } from '../lib/training/losses';
import { documentBatches, documentLoss, nextTokenLoss } from '../lib/training/nextToken';
import {
  assignRows,
  fillRows,
  packBatches,
  packRows,
  type Sequence,
} from '../lib/training/packing';
import { warmUp, warmUpAndDecay } from '../lib/training/schedule';
import { muon, orthogonalize } from '../lib/training/muon';
import {
  defaultOptimizer,
  initOptimizer,
  optimizerInputs,
  updateWeights,
} from '../lib/training/optimizer';
import { createTrainerState, Trainer } from '../lib/training/trainer';
import { assertAllclose, assertFlatMemory } from './support/allclose';
import { microConfig, randomParameters, snapshot } from './support/microModel';

test('rows are filled longest first, each sequence in the first row with room', () => {
  assert.deepEqual(assignRows([3, 5, 2, 4, 1], 6), [[1, 4], [3, 2], [0]]);
  assert.deepEqual(assignRows([2, 2, 2], 4), [[0, 1], [2]]); // equal lengths in their order
  assert.deepEqual(assignRows([6, 6], 6), [[0], [1]]);
  assert.deepEqual(assignRows([], 6), []);
  assert.throws(() => assignRows([3, 7], 6), {
    name: 'RangeError',
    message: 'sequence of 7 in rows of 6',
  });
});

const sequences: Sequence<'weights' | 'extra'>[] = [
  { ids: [1, 5, 2], channels: { weights: [0.1, 0.2], extra: [7, 8] } },
  { ids: [1, 6, 7, 2], channels: { weights: [0.3, 0.4, 0.5], extra: [4, 5, 6] } },
  { ids: [3, 4], channels: { weights: [0.6], extra: [9] } },
];

test('a packed batch, place by place', () => {
  const batch = packRows(sequences, [[1, 0], [2]], { rows: 3, rowLength: 6 }, ['extra', 'weights']);
  assert.deepEqual(batch.ids.arraySync(), [
    [1, 6, 7, 1, 5, 0],
    [3, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
  ]);
  assert.deepEqual(batch.starts.arraySync(), [
    [0, 0, 0, 3, 3, 5],
    [0, 1, 1, 1, 1, 1],
    [0, 0, 0, 0, 0, 0],
  ]);
  assert.deepEqual(
    [...batch.targets.dataSync()],
    [6, 7, 2, 5, 2, 0, 4, ...Array<number>(11).fill(0)],
  );
  assert.deepEqual([batch.ids.dtype, batch.targets.dtype], ['int32', 'int32']);
  const { weights, extra } = batch.channels;
  assertAllclose(weights, [0.3, 0.4, 0.5, 0.1, 0.2, 0, 0.6, ...Array<number>(11).fill(0)]);
  assert.deepEqual([...extra.dataSync()], [4, 5, 6, 7, 8, 0, 9, ...Array<number>(11).fill(0)]);
  assert.deepEqual(Object.keys(batch.channels), ['extra', 'weights']);
  disposeTree(batch);
});

test('as many batches as the sequences need, all of one shape', () => {
  const batches = [...packBatches(sequences, [{ rows: 1, rowLength: 4 }], ['weights'])];
  // Lengths 2, 3, 1 in rows of 4: the second and third share the first row.
  assert.deepEqual(
    batches.map((batch) => batch.ids.arraySync()),
    [[[1, 6, 7, 3]], [[1, 5, 0, 0]]],
  );
  assert.deepEqual([...packBatches([], [{ rows: 1, rowLength: 4 }], ['weights'])], []);
  disposeTree(batches);
});

test('long rows take what short ones cannot hold, then what fits beside it', () => {
  const lengths = [2, 7, 3, 2, 4, 1, 3];
  const documents = lengths.map((n, i) => ({
    ids: Array<number>(n + 1).fill(i + 1),
    channels: { weights: Array<number>(n).fill(1) },
  }));
  const shapes = [
    { rows: 2, rowLength: 8 },
    { rows: 2, rowLength: 4 },
  ];
  const batches = [...packBatches(documents, shapes, ['weights'])];
  // Only 7 needs a long row, but two make a batch: 4, 3 and 1 go beside it; 3, 2 and 2 are left.
  assert.deepEqual(
    batches.map((batch) => batch.targets.arraySync()),
    [
      [2, 2, 2, 2, 2, 2, 2, 6, 5, 5, 5, 5, 3, 3, 3, 0],
      [7, 7, 7, 0, 1, 1, 4, 4],
    ],
  );
  assert.throws(() => [...packBatches(documents, [{ rows: 2, rowLength: 6 }], [])], RangeError);
  disposeTree(batches);
});

test('batches of the corpus are full and lose no document but the last', () => {
  const shapes = [
    { rows: 4, rowLength: 176 },
    { rows: 27, rowLength: 88 },
  ];
  const random = createRandom('packing test');
  let cut = 0;
  for (let i = 0; i < 200; i++) {
    const drawn: number[] = [];
    const next = (): number[] => {
      const { ids } = corpusDocument(defaultCorpus, random);
      drawn.push(ids.length - 1);
      return ids;
    };
    const { batches, tokens } = documentBatches(next, shapes);
    batches.forEach((b, j) =>
      assert.deepEqual(b.ids.shape, [shapes[j]!.rows, shapes[j]!.rowLength]),
    );
    const weights = batches.flatMap((b) => [...b.channels.weights.dataSync()]);
    assert.equal(weights.filter((w) => w > 0).length, tokens);
    assertAllclose([weights.reduce((sum, w) => sum + w, 0)], [1]);
    assert.ok(tokens > 0.85 * (4 * 176 + 27 * 88), `${tokens} tokens`);
    // What is missing are documents from the end.
    let left = drawn.reduce((sum, length) => sum + length, 0) - tokens;
    if (left > 0) cut++;
    while (left > 0) left -= drawn.pop()!;
    assert.equal(left, 0);
    disposeTree(batches);
  }
  assert.ok(cut <= 20, `${cut} of 200 steps lost documents`);
});

test('a step whose documents need one more row goes without the last one', () => {
  // Three rows of 10 take documents until they hold 20 tokens or more: 6 + 6 + 6 + 6 needs a fourth row.
  const documents = [7, 7, 7, 7, 7].map((length) => Array<number>(length).fill(1));
  const { batches, tokens } = documentBatches(
    () => documents.pop()!,
    [
      { rows: 1, rowLength: 10 },
      { rows: 2, rowLength: 10 },
    ],
  );
  assert.equal(tokens, 18);
  assert.equal(documents.length, 1);
  const row = [...Array<number>(6).fill(1 / 18), 0, 0, 0, 0];
  assertAllclose(batches[0]!.channels.weights, row);
  assertAllclose(batches[1]!.channels.weights, [...row, ...row]);
  disposeTree(batches);
});

test('rows of different lengths are filled in their order, longest sequence first', () => {
  // 7, then 4, then 3 and 2 find 1 and 1 left
  assert.deepEqual(fillRows([3, 7, 2, 4], [8, 5]), { rows: [[1], [3]], left: [0, 2] });
  assert.deepEqual(fillRows([3, 7, 1, 2], [8, 5]), {
    rows: [
      [1, 2],
      [0, 3],
    ],
    left: [],
  });
  assert.deepEqual(fillRows([6], [5, 5]), { rows: [[], []], left: [0] });
});

test('cross-entropy is the weighted sum of the log-probabilities', () => {
  const logprobs = tf.tensor1d([-1, -2, -4, -50]);
  const weights = tf.tensor1d([0.5, 0.25, 0.25, 0]);
  assertAllclose(crossEntropyLoss(logprobs, weights), [0.5 + 0.5 + 1]);
  const gradient = tf.grad((x) => crossEntropyLoss(x, weights))(logprobs);
  assertAllclose(gradient, [-0.5, -0.25, -0.25, 0]);
});

test('the schedule, by hand', () => {
  assert.deepEqual(
    [0, 1, 3, 4, 9].map((step) => warmUp(step, 4)),
    [0.25, 0.5, 1, 1, 1],
  );
  const rate = (step: number): number => warmUpAndDecay(step, 100, 10);
  assertAllclose(
    [rate(0), rate(4), rate(10), rate(50), rate(100), rate(150)],
    // (step + 1) / 10 (1 - .95 step / 100), and .05 from step 100 on
    [0.1, 0.5 * 0.962, 0.905, 0.525, 0.05, 0.05],
  );
  assertAllclose([warmUpAndDecay(100, 100, 10, 0.2)], [0.2]);
});

/** One matrix and one vector in the place of a model's weights. */
const pair = (matrix: number[], vector: number[]) =>
  ({ embedding: tf.tensor(matrix, [1, 2]), layers: [], finalNorm: tf.tensor1d(vector) }) as const;

test('one update of AdamW, by hand', () => {
  // gradient (3, 0), (4): norm 5, scaled to 1: .6, 0, .8. From zero moments the first step is g / (|g| + eps),
  // here 1, 0, 1. The matrix decays besides by .1 w.
  const parameters = pair([2, 1], [5]);
  const config = { ...defaultOptimizer, weightDecay: 0.1 };
  const hyper = optimizerInputs(0.01, 1, config);
  const gradients = pair([3, 0], [4]);
  const updated = updateWeights(
    config,
    { parameters, gradients, state: initOptimizer(config, parameters) },
    hyper,
  );
  assertAllclose(updated.gradientNorm, [5]);
  assertAllclose(updated.parameters.embedding, [2 - 0.01 * (1 + 0.2), 1 - 0.01 * 0.1]);
  assertAllclose(updated.parameters.finalNorm, [5 - 0.01]);
  assertAllclose(updated.state.adamW.means[0]!, [0.06, 0]);
  assertAllclose(updated.state.adamW.squares[0]!, [0.05 * 0.36, 0]);
  // A second gradient within the allowed norm is taken as it is. c1 = 1 / .19, c2 = 1 / .0975:
  // matrix m = .9 * .06 + .1 * .5 = .104, v = .95 * .018 + .05 * .25 = .0296
  const second = updateWeights(
    config,
    { parameters, gradients: pair([0.5, 0], [0]), state: updated.state },
    optimizerInputs(0.01, 2, config),
  );
  const direction = 0.104 / 0.19 / Math.sqrt(0.0296 / 0.0975);
  assertAllclose(second.parameters.embedding, [2 - 0.01 * (direction + 0.2), 1 - 0.01 * 0.1]);
  assertAllclose(second.gradientNorm, [0.5]);
});

test('the gradient is no longer than the largest allowed norm, and small ones stay', () => {
  const parameters = pair([0, 0], [0]);
  const config = { ...defaultOptimizer, maxGradientNorm: 2 };
  const firstMean = (gradient: number[]): ArrayLike<number> =>
    updateWeights(
      config,
      { parameters, gradients: pair(gradient, [0]), state: initOptimizer(config, parameters) },
      optimizerInputs(1, 1, config),
    ).state.adamW.means[0]!.dataSync();
  assertAllclose(firstMean([6, 8]), [0.12, 0.16]); // a tenth of (1.2, 1.6), which has the norm 2
  assertAllclose(firstMean([1.2, 1.6]), [0.12, 0.16]);
  assertAllclose(firstMean([0.6, 0.8]), [0.06, 0.08]);
});

/** What Muon's iteration makes of a singular value, as a plain loop. */
function mapped(value: number): number {
  for (let round = 0; round < 5; round++)
    value = 3.4445 * value - 4.775 * value ** 3 + 2.0315 * value ** 5;
  return value;
}

test('Newton-Schulz keeps the directions of a matrix and evens out its singular values', () => {
  // diag(3, 4) has the norm 5: .6 and .8 go in.
  const diagonal = orthogonalize(
    tf.tensor3d([
      [
        [3, 0],
        [0, 4],
      ],
    ]),
  );
  assertAllclose(diagonal, [mapped(0.6), 0, 0, mapped(0.8)]);
  for (const value of [0.01, 0.1, 0.5, 1]) {
    const result = mapped(value);
    assert.ok(result > 0.68 && result < 1.2, `${value} becomes ${result}`);
  }
  // The rows 4 and 1 times two orthogonal unit vectors of three dimensions, turned by 30 degrees.
  const [cos, sin] = [Math.sqrt(3) / 2, 0.5];
  const rows = (first: number, second: number): number[] => [
    ...[cos * first * 0.6, cos * first * 0.8, -sin * second],
    ...[sin * first * 0.6, sin * first * 0.8, cos * second],
  ];
  const expected = rows(mapped(4 / Math.sqrt(17)), mapped(1 / Math.sqrt(17)));
  const wide = tf.tensor3d(rows(4, 1), [1, 2, 3]);
  assertAllclose(orthogonalize(wide), expected);
  // a tall matrix like its transpose, and each of a stack alone
  const tall = orthogonalize(tf.transpose(wide, [0, 2, 1]));
  assertAllclose(tf.transpose(tall, [0, 2, 1]), expected);
  const stack = tf.stack([tf.squeeze(wide, [0]), tf.tensor2d([0, 9, 0, 0, 0, 7], [2, 3])]);
  const [w, v] = [mapped(9 / Math.hypot(9, 7)), mapped(7 / Math.hypot(9, 7))];
  assertAllclose(orthogonalize(stack), [...expected, 0, w, 0, 0, 0, v]);
});

test('one update of Muon, by hand', () => {
  const config = { rateFactor: 1, momentum: 0.75, weightDecay: 0.5 };
  const [weights, gradients, means] = [
    [tf.tensor2d([[2, 4]]), tf.tensor2d([[3], [0]])],
    [tf.tensor2d([[12, 16]]), tf.tensor2d([[0], [8]])],
    [tf.tensor2d([[8, 0]]), tf.tensor2d([[0], [0]])],
  ];
  const updated = muon(config, { weights, gradients, means }, tf.scalar(0.1));
  assertAllclose(updated.means[0]!, [0.75 * 8 + 3, 4]);
  assertAllclose(updated.means[1]!, [0, 2]);
  // .75 (9, 4) + .25 (12, 16) = (9.75, 7), to length mapped(1) times sqrt(2) for one input and two outputs
  const size = (Math.SQRT2 * mapped(1)) / Math.hypot(9.75, 7);
  assertAllclose(updated.weights[0]!, [
    2 - 0.1 * (9.75 * size + 0.5 * 2),
    4 - 0.1 * (7 * size + 0.5 * 4),
  ]);
  // two inputs and one output are not scaled
  assertAllclose(updated.weights[1]!, [3 - 0.1 * 0.5 * 3, -0.1 * mapped(1)]);
});

test('Muon has the matrices of the blocks, AdamW embedding, norms and biases', () => {
  const config = microConfig({ qkvBias: true });
  const parameters = randomParameters(config, 31);
  const gradients = randomParameters(config, 32);
  const inputs = optimizerInputs(0.01, 1, defaultOptimizer);
  const withMuon = {
    ...defaultOptimizer,
    muon: { rateFactor: 3, momentum: 0.9, weightDecay: 0.1 },
  };
  const [plain, mixed] = [defaultOptimizer, withMuon].map((optimizer) =>
    updateWeights(
      optimizer,
      { parameters, gradients, state: initOptimizer(optimizer, parameters) },
      inputs,
    ),
  ) as [ReturnType<typeof updateWeights<Parameters>>, ReturnType<typeof updateWeights<Parameters>>];
  assertAllclose(mixed.gradientNorm, plain.gradientNorm);
  for (const name of ['embedding', 'finalNorm'] as const)
    assertAllclose(mixed.parameters[name], plain.parameters[name]);
  parameters.layers.forEach((layer, i) => {
    const [a, b] = [plain.parameters.layers[i]!, mixed.parameters.layers[i]!];
    for (const name of ['attentionNorm', 'mlpNorm', 'qkvBias'] as const)
      assertAllclose(b[name]!, a[name]!);
    const names = ['qkv', 'attentionOutput', 'gateUp', 'down'] as const;
    const clip = 1 / flatten(plain.gradientNorm)[0]!.dataSync()[0]!;
    for (const name of names) {
      const gradient = tf.mul(gradients.layers[i]![name], clip);
      const means = [tf.zeros(gradient.shape)];
      const alone = muon(
        withMuon.muon,
        { weights: [layer[name]], gradients: [gradient], means },
        tf.scalar(0.03),
      );
      assertAllclose(b[name], alone.weights[0]!, { absolute: 1e-5 });
    }
  });
  assert.equal(mixed.state.muon.length, 4 * config.numLayers);
  assert.equal(mixed.state.adamW.means.length, 2 + 3 * config.numLayers);
});

const config = microConfig();
const documents: Sequence<'weights'>[] = [
  [1, 3, 4, 5, 2],
  [1, 6, 7, 2],
  [1, 8, 2],
  [1, 9, 10, 3, 3, 2],
].map((ids) => ({ ids, channels: { weights: ids.slice(1).map(() => 1 / 14) } }));

test('rows of two lengths have the loss and the gradient of one batch', () => {
  const parameters = randomParameters(config, 28);
  const one = packRows(documents, [[0], [1], [2], [3]], { rows: 4, rowLength: 5 }, ['weights']);
  const two = [
    packRows(documents, [[3, 0]], { rows: 1, rowLength: 9 }, ['weights']),
    packRows(documents, [[1], [2]], { rows: 2, rowLength: 4 }, ['weights']),
  ];
  const whole = lossAndGradients((p) => nextTokenLoss(config)(p, one), parameters);
  const split = lossAndGradients((p) => documentLoss(config)(p, two), parameters);
  assertAllclose(split.outputs.loss, whole.outputs.loss);
  const gradients = flatten(whole.gradients);
  flatten(split.gradients).forEach((gradient, i) => assertAllclose(gradient, gradients[i]!));
});

test('a step on several batches is the step on one that holds them all', () => {
  const start = randomParameters(config, 12);
  const trained = [2, 1, 4].map((rowsPerBatch) => {
    const trainer = new Trainer(
      nextTokenLoss(config),
      { ...defaultOptimizer, epsilon: 1e-3, weightDecay: 0.1 },
      createTrainerState(cloneParameters(start), defaultOptimizer),
    );
    const stats = [0.01, 0.02].map((rate) => {
      const batches = [
        ...packBatches(documents, [{ rows: rowsPerBatch, rowLength: 5 }], ['weights']),
      ];
      assert.equal(batches.length, { 1: 3, 2: 2, 4: 1 }[rowsPerBatch]);
      return trainer.step(batches, rate);
    });
    const weights = snapshot(trainer.state.parameters);
    const state = snapshot(trainer.state.optimizer);
    assert.equal(trainer.state.updates, 2);
    trainer.dispose();
    return {
      numbers: stats.flatMap((s) => [s.loss!, s.gradientNorm!]),
      arrays: [...weights, ...state],
    };
  });
  const [whole, ...parts] = trained.reverse();
  for (const part of parts) {
    assertAllclose(part.numbers, whole!.numbers);
    part.arrays.forEach((array, i) => assertAllclose(array, whole!.arrays[i]!));
  }
});

test('a step makes no tensor that stays, with one batch and with several', () => {
  const trainer = new Trainer(
    nextTokenLoss(config),
    defaultOptimizer,
    createTrainerState(randomParameters(config, 13), defaultOptimizer),
  );
  const losses = [4, 1, 4, 1, 4, 1].map(
    (rows) =>
      assertFlatMemory(() =>
        trainer.step(packBatches(documents, [{ rows, rowLength: 5 }], ['weights']), 0.01),
      ).loss!,
  );
  for (let i = 1; i < 6; i++) assert.ok(losses[i]! < losses[i - 1]!, `losses fall: ${losses}`);
  const before = tf.memory().numTensors;
  const owned = snapshot(trainer.state.parameters, trainer.state.optimizer).length;
  trainer.dispose();
  assert.equal(before - tf.memory().numTensors, owned);
});

test('a step needs a batch', () => {
  const state = createTrainerState(randomParameters(config, 13), defaultOptimizer);
  const trainer = new Trainer(nextTokenLoss(config), defaultOptimizer, state);
  assertFlatMemory(() =>
    assert.throws(() => trainer.step([], 0.01), { message: 'a step needs at least one batch' }),
  );
  assert.equal(trainer.state.updates, 0);
});
