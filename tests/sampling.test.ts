import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uniformAt } from '../lib/core/random';
import { tf } from '../lib/engine/tensorflow';
import { sampleTokens } from '../lib/sampling/decodeChunk';
import { padPrompts } from '../lib/sampling/prefill';
import {
  createSampler,
  type LocalSampler,
  type Rollout,
  type SamplerSettings,
  type SamplingOptions,
} from '../lib/sampling/sampler';
import { batchLogprobs } from '../lib/training/nextToken';
import { packRows } from '../lib/training/packing';
import { assertAllclose, assertFlatMemory } from './support/allclose';
import { microConfig, randomParameters, snapshot, toReference } from './support/microModel';
import { logSoftmax, referenceLogits, type ReferenceWeights } from './support/referenceDecoder';

const endTokens = [2];
const config = microConfig();
const parameters = randomParameters(config, 11);
const prompts = [[1, 3, 4, 5, 9], [1, 6], [1], [7, 8, 0, 0], [1, 6]];
const options: SamplingOptions = { groupSize: 4, maxNewTokens: 13, seed: 5, step: 2 };

const samplerWith = (settings: Partial<SamplerSettings>): LocalSampler =>
  createSampler(config, { endTokens, decode: (ids) => ids.join(' '), ...settings });

const usual = samplerWith({});

const sampled = (
  changes: Partial<SamplingOptions> = {},
  of: readonly (readonly number[])[] = prompts,
  sampler = usual,
): Rollout[][] => sampler.sample(parameters, of, { ...options, ...changes });

const idsOf = (groups: readonly (readonly Rollout[])[]): number[][][] =>
  groups.map((group) => group.map(({ completionIds }) => completionIds));

/** Samples one rollout by definition: for each token the whole decoder runs again. */
function referenceRollout(
  weights: ReferenceWeights,
  prompt: readonly number[],
  place: readonly number[],
  { maxNewTokens, temperature = 1 }: { maxNewTokens: number; temperature?: number },
): { ids: number[]; logprobs: number[]; entropies: number[] } {
  const ids: number[] = [];
  const logprobs: number[] = [];
  const entropies: number[] = [];
  while (ids.length < maxNewTokens && !endTokens.includes(ids[ids.length - 1]!)) {
    const logits = referenceLogits(config, weights, [...prompt, ...ids]).pop()!;
    const all = logSoftmax(logits.map((x) => x / temperature));
    entropies.push(-all.reduce((sum, logprob) => sum + Math.exp(logprob) * logprob, 0));
    let rest = uniformAt(...place, ids.length) * (1 - 2e-6);
    let id = 0;
    while (rest >= Math.exp(all[id]!)) rest -= Math.exp(all[id++]!);
    ids.push(id);
    logprobs.push(all[id]!);
  }
  return { ids, logprobs, entropies };
}

for (const temperature of [1, 2])
  test(`rollouts are those of the definition, temperature ${temperature}`, () => {
    const groups = sampled({ temperature });
    const weights = toReference(parameters);
    groups.forEach((group, p) =>
      group.forEach((rollout, sample) => {
        const place = [options.seed, options.step!, p, sample];
        const { maxNewTokens } = options;
        const expected = referenceRollout(weights, prompts[p]!, place, {
          maxNewTokens,
          temperature,
        });
        assert.deepEqual(rollout.completionIds, expected.ids, `prompt ${p}, sample ${sample}`);
        assertAllclose(rollout.logprobs, expected.logprobs, { absolute: 1e-5 });
        const { ids, entropies } = expected;
        assertAllclose(rollout.entropies, entropies, { absolute: 1e-5 });
        const mean = entropies.reduce((sum, e) => sum + e, 0) / ids.length;
        assertAllclose([rollout.entropy], [mean], { absolute: 1e-5 });
        assert.deepEqual(rollout.promptIds, prompts[p]);
        assert.equal(rollout.text, rollout.completionIds.join(' '));
      }),
    );
  });

test('a rollout ends with the end token or at the limit', () => {
  const rollouts = sampled({ groupSize: 16 }).flat();
  const reasons = { stop: 0, length: 0 };
  for (const { completionIds, logprobs, finishReason } of rollouts) {
    reasons[finishReason]++;
    const end = completionIds.indexOf(endTokens[0]!);
    assert.equal(completionIds.length, logprobs.length);
    if (finishReason === 'stop') assert.equal(end, completionIds.length - 1);
    else assert.deepEqual([end, completionIds.length], [-1, 13]);
  }
  assert.ok(reasons.stop > 5 && reasons.length > 5, JSON.stringify(reasons));
});

test('log-probabilities are those of the training forward', () => {
  const rollouts = sampled().flat();
  const sequences = rollouts.map(({ promptIds, completionIds }) => ({
    ids: [...promptIds, ...completionIds],
    channels: {},
  }));
  const rows = sequences.map((_, i) => [i]);
  const batch = packRows(sequences, rows, { rows: rows.length, rowLength: 20 }, []);
  const logprobs = batchLogprobs(config, parameters, batch).dataSync();
  rollouts.forEach((rollout, r) => {
    const from = r * 20 + rollout.promptIds.length - 1;
    const scored = logprobs.slice(from, from + rollout.completionIds.length);
    assertAllclose(rollout.logprobs, scored, { absolute: 1e-5 });
  });
});

test('the same rollouts however they are batched, recorded or not', () => {
  const expected = sampled();
  const assertSame = (actual: Rollout[][], what: string): void => {
    assert.deepEqual(idsOf(actual), idsOf(expected), what);
    actual.flat().forEach((rollout, i) => {
      const { logprobs, entropy } = expected.flat()[i]!;
      assertAllclose([...rollout.logprobs, rollout.entropy], [...logprobs, entropy], {
        absolute: 1e-5,
        what,
      });
    });
  };
  const assertSameWith = (settings: Partial<SamplerSettings>): void => {
    const sampler = samplerWith(settings);
    assertSame(sampled({}, prompts, sampler), JSON.stringify(settings));
    sampler.dispose();
  };
  assertSameWith({ recorded: false });
  assertSameWith({ recorded: false, chunkLength: 1 });
  assertSameWith({ rowMultiple: 3, chunkLength: 2 });
  assertSameWith({ rowMultiple: 1, chunkLength: 5 }); // 13 is no multiple of 5
  assertSameWith({ maxRows: 8 }); // two prompts at a time
  assertSameWith({ recorded: false, maxRows: 3 }); // one prompt, though its group is larger
  const alone = [4, 3, 2, 1, 0].map((p) => sampled({ firstPrompt: p }, [prompts[p]!])[0]!);
  assertSame(alone.reverse(), 'each prompt alone, without padding and in another order');
});

test('another seed, step, prompt number or sample is another rollout', () => {
  const same = [[1, 3, 4]];
  const ids = (changes: Partial<SamplingOptions>): string =>
    JSON.stringify(idsOf(sampled({ groupSize: 2, ...changes }, same)));
  const variants = [ids({}), ids({ seed: 6 }), ids({ step: 3 }), ids({ firstPrompt: 1 })];
  assert.equal(new Set(variants).size, 4);
  assert.equal(ids({}), variants[0]);
  const defaults = { step: undefined, firstPrompt: undefined, temperature: undefined };
  assert.equal(ids(defaults), ids({ step: 0, firstPrompt: 0, temperature: 1 }));
  const [first, second] = sampled({ groupSize: 2 }, same)[0]!;
  assert.notDeepEqual(first!.completionIds, second!.completionIds);
});

test('prompts of unequal length stand at the right end of their block', () => {
  const { ids, last, starts, width } = padPrompts([[5, 6, 7], [8], [9, 10]]);
  assert.deepEqual([...ids], [5, 6, 0, 0, 0, 9]);
  assert.deepEqual([...last], [7, 8, 10]);
  assert.deepEqual([starts, width], [[0, 2, 1], 3]);
  const short = padPrompts([[4]]); // one place is padding, so that the cache is not empty
  assert.deepEqual(
    [[...short.ids], [...short.last], short.starts, short.width],
    [[0], [4], [1], 2],
  );
});

test('a token is where the cumulative distribution passes the uniform number', () => {
  // softmax(log [1, 2, 0, 1]) = [.25, .5, 0, .25], cumulative [.25, .75, .75, 1]
  const row = [Math.log(1), Math.log(2), -1e9, Math.log(1)];
  const uniforms = [0, 0.2499, 0.2501, 0.7499, 0.7501, 1 - 2e-6, 1 - 2 ** -24];
  const { ids, logprobs, entropies } = sampleTokens(
    tf.tensor2d(uniforms.map(() => row)),
    tf.tensor1d(uniforms),
  );
  assert.deepEqual([...ids.dataSync()], [0, 0, 1, 1, 3, 3, 3]);
  assert.equal(ids.dtype, 'int32');
  const [quarter, half] = [Math.log(0.25), Math.log(0.5)];
  assertAllclose(logprobs, [quarter, quarter, half, half, quarter, quarter, quarter]);
  assertAllclose(entropies, Array(7).fill(1.5 * Math.log(2))); // 2 * (1/4) log 4 + (1/2) log 2
});

test('a token of probability 0 is never drawn', () => {
  const rows = [
    [-1e9, 0, 0],
    [0, 0, -1e9],
  ];
  const { ids } = sampleTokens(tf.tensor2d(rows), tf.tensor1d([0, 1 - 2e-6]));
  assert.deepEqual([...ids.dataSync()], [1, 1]);
});

test('tokens are as frequent as the softmax says', () => {
  const weights = toReference(parameters);
  const logits = referenceLogits(config, weights, [1, 3, 4]).pop()!;
  const shares = [1, 2].map((temperature) =>
    logSoftmax(logits.map((x) => x / temperature)).map(Math.exp),
  );
  const draws = 4096;
  /** chi-square of the observed counts; with 10 degrees of freedom 29.6 is passed once in a thousand times */
  const distances = [1, 2].map((temperature) => {
    const drawn = sampled({ groupSize: draws, maxNewTokens: 1, temperature }, [[1, 3, 4]]);
    const counts = Array<number>(11).fill(0);
    for (const { completionIds } of drawn[0]!) counts[completionIds[0]!]!++;
    return shares.map((expected) =>
      expected.reduce(
        (sum, share, id) => sum + (counts[id]! - draws * share) ** 2 / (draws * share),
        0,
      ),
    );
  });
  assert.ok(distances[0]![0]! < 29.6 && distances[1]![1]! < 29.6, JSON.stringify(distances));
  assert.ok(distances[0]![1]! > 200 && distances[1]![0]! > 200, 'the two temperatures differ');
});

test('sampling leaves no tensor behind and the weights as they were', () => {
  const before = snapshot(parameters);
  for (const recorded of [true, false]) {
    const sampler = samplerWith({ rowMultiple: 2, chunkLength: 3, recorded });
    for (let call = 0; call < 5; call++)
      assertFlatMemory(() => sampled({}, prompts.slice(call), sampler));
    sampler.dispose();
  }
  assert.deepEqual(snapshot(parameters), before);
});

test('bad options are refused with their value', () => {
  const refused = (changes: Partial<SamplingOptions>, message: string): void => {
    assert.throws(() => sampled(changes), { name: 'UserError', message });
  };
  assertFlatMemory(() => {
    for (const temperature of [0, -1, NaN])
      refused({ temperature }, `invalid temperature: ${temperature}: use a number above 0`);
    for (const groupSize of [0, -2, NaN])
      refused({ groupSize }, `invalid group size: ${groupSize}: use 1 or more`);
    refused({ maxNewTokens: 36 }, '5 prompt tokens and 36 new ones do not fit: the context is 40');
  });
  assert.equal(sampled({ maxNewTokens: 35, groupSize: 1 }).length, 5, 'a full context fits');
  assert.deepEqual(sampled({}, []), []);
});
