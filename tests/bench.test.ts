import './support/withoutXla';
import assert from 'node:assert/strict';
import * as os from 'node:os';
import { test } from 'node:test';
import {
  benchPrompts,
  createBench,
  groupSize,
  trainShape,
  type GrpoMeasurement,
} from '../lib/bench/ours';
import { createLanguageBench } from '../lib/bench/languageModel';
import { estimateMiB, refuseTooLarge, scalingConfig } from '../lib/bench/scaling';
import { measureMemory } from '../lib/bench/steadyMemory';
import { UserError } from '../lib/core/errors';
import { loadModel } from '../lib/model/checkpoint';
import { modelConfig } from '../lib/model/config';
import { countParameters, initParameters } from '../lib/model/parameters';
import { writeRandomModel } from '../lib/stages/language/randomModel';
import { openTokenizer } from '../lib/tokenizer/huggingFaceTokenizer';
import { taskVocabularySize } from '../lib/tokenizer/vocabulary';
import { temporaryFolder } from './support/folder';
import { guardMemory } from './support/guardMemory';

test('the bench counts the tokens of each piece of work and leaves nothing behind', async () => {
  await guardMemory('a bench', async () => {
    const config = modelConfig('tiny', taskVocabularySize);
    const grpoTokens = 40;
    const model = { config, parameters: initParameters(config, 0) };
    const bench = createBench('tiny', model, grpoTokens);
    const prompts = benchPrompts();
    assert.equal(prompts.length * groupSize, 512);
    assert.deepEqual([...new Set(prompts.map((ids) => ids.length))], [8]);
    bench.train(1); // makes the weights that it trains
    const works = {
      train: () => bench.train(),
      alone: () => bench.decodeAlone(8),
      decode: () => bench.decode(8),
      grpo: () => bench.grpo(),
    };
    const tokens: Record<string, number> = {};
    for (const [name, work] of Object.entries(works)) {
      const measured = await guardMemory(name, async () => work());
      tokens[name] = measured.tokens;
      if (!('parts' in measured)) continue;
      const sum = Object.values((measured as GrpoMeasurement).parts).reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - measured.seconds) < 1e-6);
    }
    const { rows, rowLength, steps } = trainShape;
    assert.equal(tokens.train, steps * rows * rowLength);
    // Untrained, one token in a hundred ends a completion.
    assert.ok(tokens.alone! > 0.9 * 512 * 8 && tokens.alone! <= 512 * 8);
    assert.ok(tokens.decode! > 0.9 * 512 * 8 && tokens.decode! <= 512 * 8);
    assert.ok(tokens.grpo! > 0.6 * 512 * grpoTokens && tokens.grpo! <= 512 * grpoTokens);
    bench.dispose();
  });
});

test('the bench of a language model samples exactly its tokens and leaves nothing behind', async () => {
  const folder = temporaryFolder();
  writeRandomModel(folder, 3);
  const model = { ...loadModel(folder), tokenizer: openTokenizer(folder) };
  await guardMemory('a bench of a language model', async () => {
    const bench = createLanguageBench(model, { prompts: 2, groupSize: 4, newTokens: 6 });
    assert.equal(bench.prompts.length, 2);
    await bench.grpo(); // makes the adapters and their first moments
    const works = { decode: bench.decode, update: bench.update, grpo: bench.grpo };
    for (const [name, work] of Object.entries(works)) {
      const { tokens, seconds } = await guardMemory(name, async () => work());
      assert.equal(tokens, 2 * 4 * 6, name);
      assert.ok(seconds > 0);
    }
    assert.deepEqual(
      bench.completions().map((ids) => ids.length),
      Array(8).fill(6),
    );
    bench.dispose();
  });
});

test('sizes of the scaling: names, or width, layers and heads', () => {
  assert.deepEqual(scalingConfig('small'), modelConfig('small', taskVocabularySize));
  const config = scalingConfig('64x3x4');
  assert.deepEqual(
    [config.modelDim, config.numLayers, config.numHeads, config.headDim, config.hiddenDim],
    [64, 3, 4, 16, 176], // 64 x 8/3 = 171, to the next multiple of 16
  );
  const weights = countParameters(initParameters(config, 0));
  // a layer: 64 x (4 + 2) x 16, 64 x 64, 3 x 64 x 176, two norms
  assert.equal(weights, 3 * (6144 + 4096 + 33792 + 128) + 64 + 64 * taskVocabularySize);
  for (const name of ['100x2x3', '12x2x4', 'huge'])
    assert.throws(() => scalingConfig(name), UserError, name);
});

test('a model that does not fit is refused with its estimate', () => {
  const config = scalingConfig('512x8x8');
  const estimate = estimateMiB(config);
  // The estimate counts the engine in each process, and the weights nine times here and six times in each process.
  const processes = Math.min(4, os.availableParallelism());
  const weights = 8 * (512 * 10 * 64 + 512 * 512 + 3 * 512 * 1360) + 512 * 104;
  const rest = estimate - 700 - 450 * processes - (4 * (9 + 6 * processes) * weights) / 2 ** 20;
  // The rest is twice 22784 numbers for each of 720 places and 8 layers, six times the logits, and the caches.
  const numbers = 720 * (2 * 8 * 22784 + 6 * 104) + 3 * 512 * 176 * 8 * 2 * 64;
  assert.equal(Math.round(rest), Math.round((4 * numbers) / 2 ** 20));
  assert.equal(refuseTooLarge('it', config, estimate), undefined);
  assert.throws(() => refuseTooLarge('it', config, 512), {
    name: 'UserError',
    message: `it needs about ${(estimate / 1024).toFixed(1)} GiB of memory and 0.5 GiB are free: use a smaller size`,
  });
});

test('memory stays flat over training steps and rollout batches', async () => {
  const config = modelConfig('tiny', taskVocabularySize);
  const model = { config, parameters: initParameters(config, 0) };
  const rows = await measureMemory('tiny', model, {
    trainingSteps: 40,
    rolloutBatches: 4,
    newTokens: 20,
  });
  assert.deepEqual(
    rows.map(({ work, count }) => [work, count]),
    [
      ['training steps', 20],
      ['training steps', 40],
      ['rollout batches', 2],
      ['rollout batches', 4],
    ],
  );
  assert.equal(new Set(rows.map(({ tensors }) => tensors)).size, 1);
});
