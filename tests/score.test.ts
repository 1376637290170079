import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../lib/core/errors';
import { tf } from '../lib/engine/tensorflow';
import { heldOutProblems } from '../lib/evaluation/evaluate';
import { score } from '../lib/evaluation/score';
import { createSampler } from '../lib/sampling/sampler';
import { promptIds } from '../lib/tasks/index';
import { decode } from '../lib/tokenizer/tokenizer';
import { tokenIds } from '../lib/tokenizer/vocabulary';
import { scoreOf } from '../lib/workbook/score';
import { microBase } from './support/microRun';

const sets = [heldOutProblems('countdown', 3, 2), heldOutProblems('units', 0, 3)];

test('a model is scored on each set, with the random numbers that every model gets', async () => {
  const evaluations = await scoreOf({ model: microBase }, sets);
  const { config, parameters } = microBase;
  const sampler = createSampler(config, { endTokens: [tokenIds.eos], decode });
  const byHand = sets.map(({ level, problems, languages }) => {
    const prompts = problems.map((problem, i) => promptIds(problem, languages[i]!));
    const options = { groupSize: 8, maxNewTokens: 150, seed: 0 };
    const groups = sampler.sample(parameters, prompts, options);
    const texts = groups.map((group) => group.map(({ text }) => text));
    return { ...score(problems, texts, languages), level };
  });
  sampler.dispose();
  assert.deepEqual(evaluations, byHand);
  assert.deepEqual(
    evaluations.map(({ task, level, n, samples }) => [task, level, n, samples]),
    [
      ['countdown', 3, 2, 8],
      ['units', 0, 3, 8],
    ],
  );
});

test('scoring leaves no tensors behind and refuses a model of other words', async () => {
  const before = tf.memory().numTensors;
  await scoreOf({ model: microBase }, sets.slice(1));
  assert.equal(tf.memory().numTensors, before);
  const strange = { ...microBase, config: { ...microBase.config, vocabSize: 50 } };
  await assert.rejects(
    scoreOf({ model: strange }, sets),
    (e: Error) => e instanceof UserError && /50 tokens/.test(e.message),
  );
});
