/** Adapters beside a model that does not learn: what they compute, learn, and leave in files. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../lib/core/errors';
import { createRandom } from '../lib/core/random';
import { tf } from '../lib/engine/tensorflow';
import { disposeTree, flatten } from '../lib/engine/tree';
import {
  hasAdapters,
  loadAdapters,
  readAdapterSettings,
  saveAdapters,
} from '../lib/model/adapterFiles';
import { decoderLogits } from '../lib/model/decoder';
import {
  disposeMerged,
  initLora,
  loraTargets,
  mergeLora,
  type Lora,
  type LoraConfig,
} from '../lib/model/lora';
import type { Parameters } from '../lib/model/parameters';
import { decodeSafetensors } from '../lib/model/safetensors';
import { sharedPromptStates } from '../lib/model/sharedPrompt';
import { tokenLogprobs } from '../lib/model/tokenLogprobs';
import { vocabularyLogprobs } from '../lib/model/vocabularyLogprobs';
import { adaptedLogprobs } from '../lib/training/adaptedLogprobs';
import { defaultGrpo, grpoChannels, type GrpoChannel } from '../lib/training/grpo';
import { adapters as adapterLearner, loraGrpoLoss } from '../lib/training/loraGrpo';
import { loraNextTokenLoss } from '../lib/training/loraNextToken';
import { createLikelihood } from '../lib/training/likelihood';
import { defaultOptimizer } from '../lib/training/optimizer';
import { packShared, type PromptedSequence } from '../lib/training/sharedPacking';
import { createTrainerState, Trainer } from '../lib/training/trainer';
import { assertAllclose, assertFlatMemory } from './support/allclose';
import { temporaryFolder } from './support/folder';
import { microConfig, randomParameters, snapshot, toReference } from './support/microModel';
import { referenceLogprobs } from './support/referenceDecoder';

const config = microConfig({ qkvBias: true, qkNorm: true, tied: false });
const parameters = randomParameters(config, 3);
const lora: LoraConfig = { rank: 2, alpha: 3, targets: loraTargets };

/** Adapters that have learned something: with `b` zero they would change nothing. */
function learnedLora(seed: number, given = lora): Lora {
  const random = createRandom(seed, 'learned');
  const blank = initLora(config, given, seed);
  const filled = (t: tf.Tensor): tf.Tensor => {
    const values = Float32Array.from({ length: t.size }, () => random.next() - 0.5);
    return tf.tensor(values, t.shape);
  };
  const layers = blank.layers.map((layer) =>
    Object.fromEntries(
      Object.entries(layer).map(([name, { a, b }]) => [name, { a: filled(a), b: filled(b) }]),
    ),
  );
  disposeTree(blank);
  return { layers };
}

const completions = [
  { promptIds: [1, 4, 6], completionIds: [3, 5, 7, 2] },
  { promptIds: [1, 9], completionIds: [8, 2] },
  { promptIds: [1, 4, 6], completionIds: [10, 2] },
  { promptIds: [1, 4, 6], completionIds: [0, 0, 9, 9, 4] },
];

/** Sequences with a number of its own for each token, so that an interchange shows. */
const sequences = completions.map(({ promptIds, completionIds }, i): PromptedSequence<'mark'> => ({
  ids: [...promptIds, ...completionIds],
  promptLength: promptIds.length,
  channels: {
    mark: [...promptIds.slice(1).map(() => 0), ...completionIds.map((_, k) => 10 * (i + 1) + k)],
  },
}));

/** By definition: each completion behind its prompt through the reference decoder. */
function wantedLogprobs(weights: Parameters): Map<number, number> {
  const reference = toReference(weights);
  const wanted = new Map<number, number>();
  completions.forEach(({ promptIds, completionIds }, i) => {
    const all = referenceLogprobs(config, reference, [...promptIds, ...completionIds]);
    completionIds.forEach((_, k) => wanted.set(10 * (i + 1) + k, all[promptIds.length - 1 + k]!));
  });
  return wanted;
}

for (const rowLength of [7, 12, 30])
  test(`completions that share their prompt in rows of ${rowLength} are what they are alone`, () => {
    const own = learnedLora(5);
    const merged = mergeLora(config, parameters, own, lora);
    const wanted = wantedLogprobs(merged);
    const found = new Map<number, number>();
    const batches = [...packShared(sequences, { rows: 2, rowLength }, ['mark'])];
    for (const batch of batches) {
      const logprobs = tf.tidy(() =>
        adaptedLogprobs({ config, lora, recompute: false }, own, batch, parameters),
      );
      const values = logprobs.dataSync();
      batch.channels.mark.dataSync().forEach((mark, n) => {
        if (mark > 0) found.set(mark, values[n]!);
      });
      logprobs.dispose();
    }
    const marks = [...wanted.keys()];
    assert.deepEqual([...found.keys()].sort(), marks.sort());
    assertAllclose(marks.map((m) => found.get(m)!), marks.map((m) => wanted.get(m)!), { relative: 1e-4 }); // prettier-ignore
    // a prompt stands once for its completions: 3 + 3 + 1 + 4 places of the first group, 2 + 1 of the second
    if (rowLength === 30) assert.equal(batches.length, 1);
    disposeMerged(merged, parameters);
    disposeTree(own, ...batches);
  });

test('a sequence that is longer than a row is refused', () => {
  assert.throws(
    () => [...packShared(sequences, { rows: 1, rowLength: 6 }, ['mark'])],
    /completion of 8 tokens do not fit into a row of 6: allow fewer/,
  );
});

test('fresh adapters change nothing, and merged ones are what is beside the weights', () => {
  const ids = tf.tensor2d([[1, 4, 6, 3, 5]], [1, 5], 'int32');
  const starts = tf.zeros([1, 5]);
  const fresh = initLora(config, lora, 0);
  const same = mergeLora(config, parameters, fresh, lora);
  const plain = decoderLogits(config, parameters, ids, starts);
  assertAllclose(decoderLogits(config, same, ids, starts), plain);
  // by hand for one matrix: W + 3 / 2 A B
  const own = learnedLora(8, { ...lora, targets: ['down'] });
  const one = { ...lora, targets: ['down'] as const };
  const merged = mergeLora(config, parameters, own, one);
  const { a, b } = own.layers[1]!.down!;
  const [down, as, bs] = [parameters.layers[1]!.down, a, b].map((t) => t.arraySync() as number[][]);
  const wanted = down!.map((row, i) => row.map((w, j) => w + 1.5 * as![i]!.reduce((sum, x, r) => sum + x * bs![r]![j]!, 0))); // prettier-ignore
  assertAllclose(merged.layers[1]!.down, wanted.flat());
  assert.equal(
    merged.layers[0]!.qkv,
    parameters.layers[0]!.qkv,
    'matrices without adapters are shared',
  );
  for (const [weights, adapters] of [
    [same, fresh],
    [merged, own],
  ] as const) {
    // prettier-ignore
    disposeMerged(weights, parameters);
    disposeTree(adapters);
  }
  disposeTree(ids, starts, plain);
});

test('log-probabilities over a vocabulary in pieces, and their gradient, are those of the whole', () => {
  const random = createRandom(1, 'pieces');
  const draw = (...shape: number[]): tf.Tensor => {
    const size = shape.reduce((a, b) => a * b);
    return tf.tensor(
      Float32Array.from({ length: size }, () => 2 * random.next() - 1),
      shape,
    );
  };
  const N = 700; // more than one piece
  const [states, output, dy] = [draw(N, 6), draw(11, 6), draw(N)];
  const targets = tf.tensor1d(
    Int32Array.from({ length: N }, () => random.int(11)),
    'int32',
  );
  for (const inverse of [undefined, tf.scalar(1 / 0.7)]) {
    const inPieces = (x: tf.Tensor): tf.Tensor => vocabularyLogprobs(x, output, targets, inverse);
    const whole = (x: tf.Tensor): tf.Tensor => {
      const logits = tf.matMul(x, output, false, true);
      return tokenLogprobs(inverse ? tf.mul(logits, inverse) : logits, targets);
    };
    assertAllclose(inPieces(states), whole(states));
    assertAllclose(tf.grad(inPieces)(states, dy), tf.grad(whole)(states, dy), { absolute: 1e-5 });
  }
});

/** The loss of the sequences and its gradient for each adapter. */
function lossAndGradient(recompute: boolean): { loss: number; gradients: Float32Array[] } {
  const own = learnedLora(5);
  const weighted = sequences.map((s): PromptedSequence<'weights'> => ({
    ...s,
    channels: { weights: (s.channels.mark as number[]).map((mark) => mark / 100) },
  }));
  const [batch] = [...packShared(weighted, { rows: 1, rowLength: 30 }, ['weights'])];
  const lossOf = loraNextTokenLoss({ config, lora, recompute });
  const flat = flatten(own);
  const { value, grads } = withGradients(
    flat,
    () => lossOf(own, batch!, parameters).loss as tf.Scalar,
  );
  const result = { loss: value, gradients: grads };
  disposeTree(own, batch!);
  return result;
}

function withGradients(
  tensors: tf.Tensor[],
  loss: () => tf.Scalar,
): { value: number; grads: Float32Array[] } {
  const { value, grads } = tf.valueAndGrads((..._: tf.Tensor[]) => loss())(tensors);
  const numbers = grads.map((g) => (g.dataSync() as Float32Array).slice());
  const number = value.dataSync()[0]!;
  disposeTree(value, grads);
  return { value: number, grads: numbers };
}

test('the gradient of the adapters is the slope of the loss, computed once or twice', () => {
  const kept = lossAndGradient(false);
  const again = lossAndGradient(true);
  assert.equal(kept.loss, again.loss);
  kept.gradients.forEach((g, i) => assertAllclose(again.gradients[i]!, g, { absolute: 1e-5 }));
  // the slope along the gradient, by two more losses
  const own = learnedLora(5);
  const norm2 = kept.gradients.reduce((sum, g) => sum + g.reduce((s, x) => s + x * x, 0), 0);
  assert.ok(norm2 > 0.01);
  const at = (h: number): number => {
    let i = 0;
    const moved = own.layers.map((layer) =>
      Object.fromEntries(
        Object.entries(layer).map(([name, { a, b }]) => {
          const next = (t: tf.Tensor): tf.Tensor =>
            tf.add(t, tf.mul(tf.tensor(kept.gradients[i++]!, t.shape), h));
          return [name, { a: next(a), b: next(b) }];
        }),
      ),
    );
    const merged = mergeLora(config, parameters, { layers: moved }, lora);
    const wanted = wantedLogprobs(merged);
    return -[...wanted].reduce((sum, [mark, logprob]) => sum + (mark / 100) * logprob, 0);
  };
  const h = 1e-3 / Math.sqrt(norm2);
  assertAllclose([(at(h) - at(-h)) / (2 * h)], [norm2], { relative: 2e-2 });
});

test('an update of adapters leaves the model as it is, lowers the loss, and leaks nothing', () => {
  const before = snapshot(parameters);
  const state = createTrainerState(initLora(config, lora, 1), defaultOptimizer);
  const trainer = new Trainer(loraGrpoLoss({ config, lora, recompute: false }, defaultGrpo), defaultOptimizer, state, { frozen: parameters, large: true }); // prettier-ignore
  const learner = adapterLearner(trainer);
  const wanted = wantedLogprobs(parameters);
  const scored = sequences.map((s, i): PromptedSequence<GrpoChannel> => {
    const marks = s.channels.mark as number[];
    const of = (value: (mark: number) => number): number[] => marks.map((m) => (m > 0 ? value(m) : 0)); // prettier-ignore
    const old = of((m) => wanted.get(m)!);
    return {
      ...s,
      channels: {
        weights: of(() => 1 / 13),
        advantages: of(() => (i % 2 === 0 ? 1 : -1)),
        oldLogprobs: old,
        referenceLogprobs: old,
      },
    };
  });
  assert.deepEqual(Object.keys(scored[0]!.channels), [...grpoChannels]);
  const options = { learningRate: 0.01, shapes: [{ rows: 1, rowLength: 16 }], temperature: 1 };
  const steps = Array.from({ length: 4 }, (_, step) => {
    const run = (): { loss?: number } => learner.update(scored, options).stats;
    return (step < 2 ? run() : assertFlatMemory(run)).loss!;
  });
  assert.ok(steps[3]! < steps[0]!, steps.join());
  snapshot(parameters).forEach((values, i) => assert.deepEqual(values, before[i]));
  trainer.dispose();
});

test('the likelihood of completions is the mean of their log-probabilities', () => {
  const likelihood = createLikelihood({ config, parameters }, { rows: 1, rowLength: 9 });
  const wanted = wantedLogprobs(parameters);
  const found = likelihood.of(completions);
  completions.forEach(({ completionIds }, i) => {
    const sum = completionIds.reduce((s, _, k) => s + wanted.get(10 * (i + 1) + k)!, 0);
    assertAllclose([found[i]!], [sum / completionIds.length], { relative: 1e-4 });
  });
  assertFlatMemory(() => likelihood.of(completions));
  likelihood.dispose();
});

test('states of shared prompts need no tensors that stay', () => {
  const [batch] = [...packShared(sequences, { rows: 2, rowLength: 12 }, ['mark'])];
  assertFlatMemory(() => tf.tidy(() => void sharedPromptStates(config, parameters, batch!)));
  disposeTree(batch!);
});

test('adapters are written and read as PEFT names them', () => {
  const folder = temporaryFolder();
  const own = learnedLora(4);
  saveAdapters(folder, { adapters: own, lora, base: 'smollm2' });
  assert.ok(hasAdapters(folder));
  const { tensors } = decodeSafetensors(fs.readFileSync(path.join(folder, 'adapter_model.safetensors')), ''); // prettier-ignore
  const gate = tensors.find(({ name }) => name === 'base_model.model.model.layers.1.mlp.gate_proj.lora_B.weight')!; // prettier-ignore
  assert.deepEqual(gate.shape, [config.hiddenDim, 2]); // turned over, as torch keeps a linear layer
  assert.equal(gate.values[3], own.layers[1]!.gate!.b.arraySync()[1 as never]![1 as never]);
  assert.deepEqual(readAdapterSettings(folder), { base: 'smollm2', lora });
  const read = loadAdapters(folder, config);
  snapshot(read.adapters).forEach((values, i) => assert.deepEqual(values, snapshot(own)[i]));
  disposeTree(read.adapters, own);
});

test('adapters of another model, damaged and unknown ones are refused by name', () => {
  const folder = temporaryFolder();
  const own = learnedLora(4);
  saveAdapters(folder, { adapters: own, lora, base: 'smollm2' });
  disposeTree(own);
  const refusal = (pattern: RegExp, model = config): void =>
    assertFlatMemory(() =>
      assert.throws(
        () => loadAdapters(folder, model),
        (error) => error instanceof UserError && pattern.test(error.message),
      ),
    );
  refusal(/layers\.2\.self_attn\.q_proj\.lora_A\.weight is missing/, { ...config, numLayers: 3 });
  refusal(/layers\.1.* is no part/, { ...config, numLayers: 1 });
  refusal(/gate_proj.* is \[7, 2\], expected \[8, 2\]/, { ...config, hiddenDim: 8 });
  const file = path.join(folder, 'adapter_config.json');
  const settings = JSON.parse(fs.readFileSync(file, 'utf8')) as object;
  for (const [change, pattern] of [
    [{ use_dora: true }, /use_dora is true, only false/],
    [{ peft_type: 'IA3' }, /peft_type/],
    [{ target_modules: ['embed_tokens'] }, /target_modules/],
  ] as const) {
    fs.writeFileSync(file, JSON.stringify({ ...settings, ...change }));
    refusal(pattern);
  }
});
