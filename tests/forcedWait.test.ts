/** Trains of thought that may not end: what is said before is kept, and what comes after is what the model says there. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { test } from 'node:test';
import { tf } from '../lib/engine/tensorflow';
import { sampleWithWaits } from '../lib/evaluation/forcedWait';
import { loadCheckpoint } from '../lib/model/checkpoint';
import { recorded, samplerFor } from '../lib/stages/places';
import { countdownProblem } from '../lib/tasks/countdown';
import { promptIds } from '../lib/tasks/index';
import { tokenIds, wordIds } from '../lib/tokenizer/vocabulary';

const model = loadCheckpoint(path.join(recorded, 'checkpoints/tiny-distilled-s0'));
const sampler = samplerFor(model.config);
const prompt = promptIds(countdownProblem(26, [3, 5, 7]), 'en');
const sampling = { groupSize: 6, maxNewTokens: 150, seed: 3, language: 'en' as const };

test('without a wait it is the sampler, and two waits are two words in the place of ends', async () => {
  const plain = await sampler.sample(model.parameters, [prompt], sampling);
  assert.deepEqual(await sampleWithWaits(model, sampler, prompt, { ...sampling, waits: 0 }), plain[0]); // prettier-ignore

  const before = tf.memory().numTensors;
  const waited = await sampleWithWaits(model, sampler, prompt, { ...sampling, waits: 2 });
  assert.equal(tf.memory().numTensors, before);
  let changed = 0;
  for (const [
    i,
    { completionIds, logprobs, entropies, promptIds: asked, text },
  ] of waited.entries()) {
    const ids = plain[0]![i]!.completionIds;
    const end = ids.indexOf(tokenIds.endThink);
    assert.deepEqual(asked, prompt);
    assert.ok(completionIds.length <= 150);
    assert.deepEqual([logprobs.length, entropies.length], [completionIds.length, completionIds.length]); // prettier-ignore
    assert.equal(text.split(' ').length, completionIds.length);
    if (end < 0) {
      assert.deepEqual(completionIds, ids);
      continue;
    }
    changed++;
    assert.deepEqual(completionIds.slice(0, end + 1), [...ids.slice(0, end), wordIds.en.wait]);
    assert.deepEqual([logprobs[end], entropies[end]], [0, 0]);
    // the second end became a wait as well, so another end comes after two waits that were written, or none
    const written = completionIds.filter((id, at) => id === wordIds.en.wait && logprobs[at] === 0);
    const ends = completionIds.filter((id) => id === tokenIds.endThink).length;
    assert.ok(ends === 0 || written.length === 2, text);
  }
  assert.ok(changed >= 3, `${changed} of 6 ended their train of thought`);
});

test('what follows a wait is what the model says after it', async () => {
  const group = await sampleWithWaits(model, sampler, prompt, { ...sampling, waits: 1 });
  const sample = group.findIndex(({ logprobs }) => logprobs.includes(0));
  const { completionIds, logprobs } = group[sample]!;
  const at = logprobs.indexOf(0);
  const start = completionIds.slice(0, at + 1);
  assert.equal(start[at], wordIds.en.wait);
  const options = { ...sampling, groupSize: 1, maxNewTokens: 150 - at - 1, step: 1 };
  const rest = { ...options, firstSample: sample };
  const again = await sampler.sample(model.parameters, [[...prompt, ...start]], rest);
  assert.deepEqual(completionIds.slice(at + 1), again[0]![0]!.completionIds);
});
