import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchPrompts, createBench, groupSize, trainShape } from '../lib/bench/ours';
import { guardMemory } from '../lib/engine/memory';
import { modelConfig } from '../lib/model/config';
import { initParameters } from '../lib/model/parameters';
import { vocabulary } from '../lib/tokenizer/vocabulary';

test('the bench counts the tokens of each piece of work and leaves nothing behind', async () => {
  await guardMemory('a bench', async () => {
    const config = modelConfig('tiny', vocabulary.length);
    const bench = createBench('tiny', { config, parameters: initParameters(config, 0) });
    const prompts = benchPrompts();
    assert.equal(prompts.length * groupSize, 512);
    assert.ok(prompts.every((ids) => ids.length === prompts[0]!.length));
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
    }
    const { rows, rowLength, steps } = trainShape;
    assert.equal(tokens.train, steps * rows * rowLength);
    // Untrained, one token in a hundred ends a completion.
    assert.ok(tokens.alone! > 0.9 * 512 * 8 && tokens.alone! <= 512 * 8);
    assert.ok(tokens.decode! > 0.9 * 512 * 8 && tokens.decode! <= 512 * 8);
    assert.ok(tokens.grpo! > 512 * 30 && tokens.grpo! <= 512 * 150);
    const { parts, seconds } = await bench.grpo();
    const sum = Object.values(parts).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - seconds) < 1e-6);
    bench.dispose();
  });
});
