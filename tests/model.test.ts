import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, normal } from '../lib/core/random';
import { tf } from '../lib/engine/tensorflow';
import { disposeTree, flatten } from '../lib/engine/tree';
import { attend } from '../lib/model/attend';
import { modelConfig, modelSizes, ownChoices, type ModelConfig } from '../lib/model/config';
import { decoderLogits } from '../lib/model/decoder';
import { cloneParameters, countParameters, initParameters } from '../lib/model/parameters';
import { rmsNorm } from '../lib/model/rmsNorm';
import { rotaryAngles, rotate } from '../lib/model/rotary';
import { swiglu } from '../lib/model/swiglu';
import { tokenLogprobs } from '../lib/model/tokenLogprobs';
import { lossAndGradients } from '../lib/training/gradients';
import { batchLogprobs, nextTokenLoss } from '../lib/training/nextToken';
import { packRows, type PackedBatch } from '../lib/training/packing';
import { createTrainerState, Trainer } from '../lib/training/trainer';
import { assertAllclose, assertFlatMemory } from './support/allclose';
import { microConfig, randomParameters, snapshot, toReference } from './support/microModel';
import {
  logSoftmax,
  numericGradient,
  referenceLogits,
  referenceLogprobs,
  referenceLoss,
  weightArrays,
} from './support/referenceDecoder';

/** The shapes that are tested: 4, 1 and 2 key/value heads for 4 query heads, and what other families choose. */
const variants: Record<string, ModelConfig> = {
  ...Object.fromEntries(
    [4, 1, 2].flatMap((numKvHeads) =>
      [false, true].map((qkvBias) => [
        `${numKvHeads} key/value heads of 4${qkvBias ? ', with biases' : ''}`,
        microConfig({ numKvHeads, qkvBias }),
      ]),
    ),
  ),
  'biases everywhere, an output layer of its own, another epsilon and base': microConfig({
    ...{ qkvBias: true, attentionOutputBias: true, mlpBias: true, tied: false },
    ...{ normEpsilon: 0.1, ropeTheta: 300 },
  }),
  'norms over heads, angles stretched evenly': microConfig({
    qkNorm: true,
    headDim: 4,
    ropeScaling: { type: 'linear', factor: 3 },
  }),
  "angles stretched as Llama 3's": microConfig({
    headDim: 8, // angles of wavelengths 6, 19, 63 and 199, of which one is kept, one is between, and two are stretched
    ropeTheta: 100,
    ropeScaling: { type: 'llama3', factor: 4, lowFrequencyFactor: 1, highFrequencyFactor: 3, originalContext: 30 }, // prettier-ignore
  }),
};

const documents = [
  [1, 7, 3, 3, 10, 2],
  [1, 0, 9, 2],
  [1, 5, 6, 7, 8, 4, 2],
];
const predictions = documents.reduce((sum, ids) => sum + ids.length - 1, 0);

/** Packs the documents into two rows of ten places. Two of them share a row, and both rows end in padding. */
function packed(): PackedBatch<'weights'> {
  const sequences = documents.map((ids) => ({
    ids,
    channels: { weights: Array<number>(ids.length - 1).fill(1 / predictions) },
  }));
  return packRows(sequences, [[0, 1], [2]], { rows: 2, rowLength: 10 }, ['weights']);
}

/** The places of the predictions of each document in the packed batch. */
const firstPlaces = [0, 5, 10];

test('parameter counts, worked out by hand', () => {
  // V d + L (d + d (H + 2 KV) D + H D d + d + 3 d F) + d with V = 104 and KV = 1:
  // tiny   3,328 + 2 * (32 + 2,048 + 1,024 + 32 + 8,448) + 32
  // mini   4,160 + 3 * (40 + 3,200 + 1,600 + 40 + 12,480) + 40
  // small  4,992 + 3 * (48 + 3,840 + 2,304 + 48 + 21,888) + 48
  // base   9,984 + 4 * (96 + 15,360 + 9,216 + 96 + 87,552) + 96
  // large 26,624 + 6 * (256 + 81,920 + 65,536 + 256 + 651,264) + 256
  const counts = modelSizes.map((size) => {
    const parameters = initParameters(modelConfig(size, 104), 0);
    const count = countParameters(parameters);
    disposeTree(parameters);
    return [size, count];
  });
  assert.deepEqual(Object.fromEntries(counts), {
    tiny: 26_528,
    mini: 56_280,
    small: 88_272,
    base: 459_360,
    large: 4_822_272,
  });
});

test('an unknown size is refused, a known one can be overridden', () => {
  assert.throws(() => modelConfig('huge', 104), {
    name: 'UserError',
    message: 'unknown size huge: use tiny, mini, small, base, large',
  });
  for (const size of ['constructor', 'toString', '__proto__'])
    assert.throws(() => modelConfig(size, 104), { name: 'UserError' });
  assert.deepEqual(modelConfig('tiny', 104, { numKvHeads: 2 }), {
    vocabSize: 104,
    modelDim: 32,
    numLayers: 2,
    numHeads: 2,
    numKvHeads: 2,
    headDim: 16,
    hiddenDim: 88,
    contextLength: 176,
    ...ownChoices,
  });
});

test('fresh weights follow from the seed and have the promised spread', () => {
  const config = modelConfig('tiny', 104, { qkvBias: true });
  const deviation = (tensor: tf.Tensor): number =>
    Math.sqrt(tf.mean(tf.square(tensor)).dataSync()[0]!);
  const parameters = initParameters(config, 1);
  assert.deepEqual(snapshot(parameters), snapshot(initParameters(config, 1)));
  assert.notDeepEqual(
    parameters.embedding.dataSync(),
    initParameters(config, 2).embedding.dataSync(),
  );
  const layer = parameters.layers[1]!;
  const near = { absolute: 0, relative: 0.05 };
  assertAllclose([deviation(parameters.embedding)], [0.5 / Math.sqrt(32)], near);
  assertAllclose([deviation(layer.qkv)], [1 / Math.sqrt(32)], near);
  assertAllclose([deviation(layer.attentionOutput)], [0.5 / Math.sqrt(32)], near);
  assertAllclose([deviation(layer.gateUp)], [1 / Math.sqrt(32)], near);
  assertAllclose([deviation(layer.down)], [0.5 / Math.sqrt(88)], near);
  for (const gain of [layer.attentionNorm, layer.mlpNorm, parameters.finalNorm])
    assert.deepEqual([...gain.dataSync()], Array(32).fill(1));
  assert.deepEqual([...layer.qkvBias!.dataSync()], Array(64).fill(0));
});

test('a clone has memory of its own', () => {
  const parameters = randomParameters(microConfig(), 5);
  const before = snapshot(parameters);
  const clone = cloneParameters(parameters);
  disposeTree(parameters);
  assert.deepEqual(snapshot(clone), before);
});

for (const backend of ['tensorflow', 'cpu'])
  for (const [name, config] of Object.entries(variants))
    test(`logits and loss against plain loops: ${name}, ${backend}`, async () => {
      await tf.setBackend(backend);
      try {
        const parameters = randomParameters(config, 6);
        const weights = toReference(parameters);
        const batch = packed();
        const logits = tf.tidy(() =>
          decoderLogits(config, parameters, batch.ids, batch.starts).dataSync(),
        );
        const logprobs = tf.tidy(() => batchLogprobs(config, parameters, batch).dataSync());
        documents.forEach((ids, i) => {
          // Each document of a shared row has the logits that it has alone.
          const place = firstPlaces[i]!;
          const end = place + ids.length - 1;
          const alone = referenceLogits(config, weights, ids.slice(0, -1));
          assertAllclose(logits.slice(place * 11, end * 11), alone.flat(), { absolute: 2e-5 });
          const expected = referenceLogprobs(config, weights, ids);
          assertAllclose(logprobs.slice(place, end), expected, { absolute: 2e-5 });
        });
        const { loss } = nextTokenLoss(config)(parameters, batch);
        assertAllclose(loss, [referenceLoss(config, weights, documents)]);
        disposeTree(parameters, batch, loss);
      } finally {
        await tf.setBackend('tensorflow');
      }
    });

test('padding and its ids are seen by nobody', () => {
  const config = microConfig();
  const parameters = randomParameters(config, 7);
  const { ids, starts } = packed();
  const other = ids.dataSync().slice();
  for (const place of [8, 9, 16, 17, 18, 19]) other[place] = 6;
  const before = decoderLogits(config, parameters, ids, starts).dataSync();
  const changed = tf.tensor(other, [2, 10], 'int32');
  const after = decoderLogits(config, parameters, changed, starts).dataSync();
  for (const [from, to] of [
    [0, 8],
    [10, 16],
  ] as const)
    assertAllclose(after.slice(from * 11, to * 11), before.slice(from * 11, to * 11));
});

test('no token sees a later one, nor another document', () => {
  const config = microConfig();
  const parameters = randomParameters(config, 8);
  const starts = tf.tensor2d([[0, 0, 0, 0, 4, 4, 4, 4]]);
  const logitsOf = (ids: number[]): number[][] => {
    const flat = decoderLogits(config, parameters, tf.tensor2d([ids], [1, 8], 'int32'), starts);
    return flat.reshape([8, 11]).arraySync() as number[][];
  };
  const ids = [1, 2, 3, 4, 5, 6, 7, 8];
  const before = logitsOf(ids);
  for (let changed = 0; changed < 8; changed++) {
    const after = logitsOf(ids.map((id, place) => (place === changed ? 10 : id)));
    const lastOfDocument = changed < 4 ? 3 : 7;
    for (let place = 0; place < 8; place++) {
      const difference = Math.max(...after[place]!.map((x, v) => Math.abs(x - before[place]![v]!)));
      if (place < changed || place > lastOfDocument) assert.ok(difference < 1e-6);
      else assert.ok(difference > 1e-3, `place ${place} does not see place ${changed}`);
    }
  }
});

test('rotary angles and rotation, by hand', () => {
  const { cos, sin } = rotaryAngles(2, 2, { ...ownChoices, headDim: 4 }); // angles p and p / 10000^(1/2) for p = 2, 3
  assertAllclose(cos, [2, 0.02, 2, 0.02, 3, 0.03, 3, 0.03].map(Math.cos));
  assertAllclose(sin, [2, 0.02, 2, 0.02, 3, 0.03, 3, 0.03].map(Math.sin));
  const quarter = { cos: tf.tensor1d([0, 1, 0, 1]), sin: tf.tensor1d([1, 0, 1, 0]) };
  const turned = rotate(tf.tensor2d([[1, 2, 3, 4]]), quarter.cos, quarter.sin);
  assert.deepEqual([...turned.dataSync()], [-3, 2, 1, 4]); // the pair (1, 3) by 90 degrees, (2, 4) by none
});

/** Checks value and gradients of an op against a float64 function and its central differences. */
function assertGradient(
  op: (...inputs: tf.Tensor[]) => tf.Tensor,
  plain: (...inputs: Float64Array[]) => number[],
  shapes: number[][],
): void {
  const random = createRandom('gradient check');
  const values = shapes.map((shape) =>
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
      Math.fround(normal(random)),
    ),
  );
  const tensors = values.map((v, i) => tf.tensor(Float32Array.from(v), shapes[i]));
  const expected = plain(...values);
  const slope = expected.map(() => Math.fround(normal(random)));
  const value = op(...tensors);
  assertAllclose(value, expected, { absolute: 1e-5 });
  const dy = tf.tensor(slope, value.shape);
  const gradients = assertFlatMemory(() => {
    const found = tf.grads(op)(tensors, dy);
    const read = found.map((g) => g.dataSync());
    disposeTree(found);
    return read;
  });
  const total = (): number => plain(...values).reduce((sum, y, i) => sum + y * slope[i]!, 0);
  values.forEach((array, input) => {
    const numeric = array.map((x, i) => {
      array[i] = x + 1e-5;
      const above = total();
      array[i] = x - 1e-5;
      const below = total();
      array[i] = x;
      return (above - below) / 2e-5;
    });
    const what = `gradient of input ${input}, value`;
    assertAllclose(gradients[input]!, numeric, { absolute: 1e-5, relative: 1e-4, what });
  });
}

test('gradient of rmsNorm', () => {
  const plain = (x: Float64Array, gain: Float64Array): number[] =>
    [0, 1, 2].flatMap((row) => {
      const part = [...x.subarray(row * 5, row * 5 + 5)];
      const scale = Math.sqrt(part.reduce((sum, v) => sum + v * v, 0) / 5 + 1e-5);
      return part.map((v, i) => (gain[i]! * v) / scale);
    });
  assertGradient(((x: tf.Tensor, gain: tf.Tensor) => rmsNorm(x, gain, 1e-5)) as never, plain, [
    [3, 5],
    [5],
  ]);
});

test('gradient of swiglu', () => {
  const plain = (x: Float64Array): number[] =>
    [0, 1, 2].flatMap((row) =>
      [0, 1, 2, 3].map((i) => {
        const gate = x[row * 8 + i]!;
        return (gate / (1 + Math.exp(-gate))) * x[row * 8 + 4 + i]!;
      }),
    );
  assertGradient(swiglu as never, plain, [[3, 8]]);
});

test('gradient of attend', () => {
  const [B, K, g, T, D] = [2, 2, 3, 4, 2];
  const bias = new Float32Array(B * T * T);
  for (let b = 0; b < B; b++)
    for (let t = 0; t < T; t++)
      for (let s = 0; s < T; s++)
        if (s > t || (b === 1 && t >= 2 && s < 2)) bias[(b * T + t) * T + s] = -1e9;
  const plain = (q: Float64Array, k: Float64Array, v: Float64Array): number[] => {
    const out: number[] = [];
    for (let b = 0; b < B; b++)
      for (let head = 0; head < K; head++)
        for (let row = 0; row < g * T; row++) {
          const t = row % T; // the g query heads of a key/value head stand one after another
          const at = (s: number): number => ((b * K + head) * T + s) * D;
          const scores = Array.from({ length: T }, (_, s) => {
            let score: number = bias[(b * T + t) * T + s]!;
            for (let i = 0; i < D; i++)
              score += q[((b * K + head) * g * T + row) * D + i]! * k[at(s) + i]!;
            return score;
          });
          const shares = logSoftmax(scores).map(Math.exp);
          for (let i = 0; i < D; i++)
            out.push(shares.reduce((sum, share, s) => sum + share * v[at(s) + i]!, 0));
        }
    return out;
  };
  const masks = tf.tensor(bias, [B, 1, T, T]);
  const op = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor => attend(q, k, v, masks);
  const shapes = [
    [B, K, g * T, D],
    [B, K, T, D],
    [B, K, T, D],
  ];
  assertGradient(op as never, plain, shapes);
});

test('gradient of tokenLogprobs, on both backends', async () => {
  const ids = [3, 0, 4];
  const plain = (logits: Float64Array): number[] =>
    ids.map((id, row) => logSoftmax([...logits.subarray(row * 5, row * 5 + 5)])[id]!);
  for (const backend of ['cpu', 'tensorflow']) {
    await tf.setBackend(backend);
    const targets = tf.tensor1d(ids, 'int32');
    assertGradient((logits) => tokenLogprobs(logits!, targets), plain, [[3, 5]]);
  }
});

for (const [name, config] of Object.entries(variants).filter(
  ([, { qkvBias, qkNorm }]) => qkvBias || qkNorm,
))
  test(`the gradient of every weight against central differences: ${name}`, () => {
    const parameters = randomParameters(config, 9);
    const weights = toReference(parameters);
    const batch = packed();
    const { outputs, gradients } = lossAndGradients(
      (p) => nextTokenLoss(config)(p, batch),
      parameters,
    );
    assertAllclose(outputs.loss, [referenceLoss(config, weights, documents)]);
    const expected = numericGradient(weights, () => referenceLoss(config, weights, documents));
    flatten(gradients).forEach((gradient, i) =>
      assertAllclose(gradient, expected[i]!, {
        absolute: 2e-6,
        relative: 1e-4,
        what: `gradient of weight array ${i}, value`,
      }),
    );
  });

test('two updates of AdamW against plain loops', () => {
  // Epsilon is as large as many of the gradients, so its place in the formula matters. One layer compiles fast with XLA.
  const config = microConfig({ qkvBias: true, numLayers: 1 });
  const adamW = { beta1: 0.9, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1, maxGradientNorm: 2 };
  const rates = [0.02, 0.05];
  const batches = [documents, [[1, 4, 4, 2]]];
  const parameters = randomParameters(config, 10);
  const weights = toReference(parameters);
  const matrices = flatten(parameters).map((tensor) => tensor.rank === 2);
  const trainer = new Trainer(nextTokenLoss(config), adamW, createTrainerState(parameters, adamW));
  const means = weightArrays(weights).map((array) => array.map(() => 0));
  const squares = weightArrays(weights).map((array) => array.map(() => 0));
  const norms: number[] = [];
  batches.forEach((texts, step) => {
    const count = texts.reduce((sum, ids) => sum + ids.length - 1, 0);
    const sequences = texts.map((ids) => ({
      ids,
      channels: { weights: ids.slice(1).map(() => 1 / count) },
    }));
    const rows = texts.map((_, i) => [i]);
    const batch = packRows(sequences, rows, { rows: 3, rowLength: 8 }, ['weights']);
    const stats = trainer.step([batch], rates[step]!);

    const loss = referenceLoss(config, weights, texts);
    const gradients = numericGradient(weights, () => referenceLoss(config, weights, texts));
    const norm = Math.hypot(...gradients.flatMap((array) => [...array]));
    norms.push(norm);
    assertAllclose([stats.loss!, stats.gradientNorm!], [loss, norm]);
    const clip = Math.min(1, 2 / (norm + 1e-6));
    weightArrays(weights).forEach((array, a) => {
      for (let i = 0; i < array.length; i++) {
        const gradient = gradients[a]![i]! * clip;
        const mean = (means[a]![i] = 0.9 * means[a]![i]! + 0.1 * gradient);
        const square = (squares[a]![i] = 0.95 * squares[a]![i]! + 0.05 * gradient ** 2);
        const direction =
          mean / (1 - 0.9 ** (step + 1)) / (Math.sqrt(square / (1 - 0.95 ** (step + 1))) + 1e-3);
        const decay = matrices[a] ? 0.1 * array[i]! : 0;
        array[i]! -= rates[step]! * (direction + decay);
      }
    });
    flatten(trainer.state.parameters).forEach((tensor, a) =>
      assertAllclose(tensor, weightArrays(weights)[a]!, {
        absolute: 1e-5,
        what: `step ${step}, weight array ${a}, value`,
      }),
    );
  });
  assert.ok(norms[0]! < 2 && norms[1]! > 2, `one gradient is clipped, one is not: ${norms}`);
  assert.equal(trainer.state.updates, 2);
  trainer.dispose();
});
