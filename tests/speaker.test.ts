/** Speaking token by token: against the decoder by definition, stopped, and without tensors left behind. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../lib/core/errors';
import { tf } from '../lib/engine/tensorflow';
import { draw, likeliest, probabilitiesOf } from '../lib/sampling/draw';
import type { FinishReason } from '../lib/sampling/sampler';
import { createSpeaker, type SpeakOptions, type SpokenToken } from '../lib/sampling/speaker';
import { workbookTokenizer } from '../lib/tokenizer/workbookTokenizer';
import { assertAllclose } from './support/allclose';
import { microConfig, randomParameters, toReference } from './support/microModel';
import { logSoftmax, referenceLogits } from './support/referenceDecoder';

const config = microConfig();
const parameters = randomParameters(config, 11);
const weights = toReference(parameters);
const tokenizer = { endTokens: [2], stream: () => ({ push: (id: number) => `${id} `, end: () => '.' }) }; // prettier-ignore
const speaker = createSpeaker({ config, parameters }, tokenizer);
const prompt = [1, 3, 4, 5];

async function spoken(
  options: Partial<SpeakOptions>,
  from = prompt,
): Promise<{ tokens: SpokenToken[]; reason: FinishReason }> {
  const tokens: SpokenToken[] = [];
  const answer = speaker.speak(from, { maxNewTokens: 9, ...options });
  for (;;) {
    const next = await answer.next();
    if (next.done) return { tokens, reason: next.value };
    tokens.push(next.value);
  }
}

test('at temperature 0 it says the likeliest token, by the decoder run anew for each', async () => {
  const { tokens } = await spoken({ temperature: 0, alternatives: 3 });
  const ids = [...prompt];
  for (const { id, logprob, alternatives } of tokens) {
    const all = logSoftmax(referenceLogits(config, weights, ids).pop()!);
    const order = [...all.keys()].sort((a, b) => all[b]! - all[a]!);
    assert.equal(id, order[0]);
    assertAllclose([logprob], [all[id]!], { relative: 1e-4 });
    assert.deepEqual(alternatives.map((one) => one.id), order.slice(0, 3)); // prettier-ignore
    assertAllclose(alternatives.map((one) => one.probability), order.slice(0, 3).map((i) => Math.exp(all[i]!)), { relative: 1e-4 }); // prettier-ignore
    ids.push(id);
  }
  assert.ok(tokens.length > 2);
});

test('the same seed says the same, and another one something else', async () => {
  const said = async (seed: number): Promise<string> =>
    (await spoken({ seed })).tokens.map(({ id }) => id).join();
  assert.equal(await said(1), await said(1));
  const several = new Set(await Promise.all([1, 2, 3, 4].map(said)));
  assert.ok(several.size > 2);
});

test('it ends with the end token, which is no text, or is cut', async () => {
  for (let seed = 0; seed < 12; seed++) {
    const { tokens, reason } = await spoken({ seed });
    const ends = tokens.map(({ isEnd }) => isEnd);
    assert.deepEqual(ends, tokens.map((_, i) => reason === 'stop' && i === tokens.length - 1)); // prettier-ignore
    if (reason === 'length') assert.equal(tokens.length, 9);
    const text = tokens.map((one) => one.text).join('');
    assert.equal(text, `${tokens.filter((one) => !one.isEnd).map(({ id }) => `${id} `).join('')}.`); // prettier-ignore
  }
});

test('it can be stopped, by a signal and by whoever listens, and leaves no tensors', async () => {
  await spoken({});
  const before = tf.memory().numTensors;
  const abort = new AbortController();
  let heard = 0;
  for await (const _ of speaker.speak(prompt, {
    maxNewTokens: 9,
    temperature: 0,
    signal: abort.signal,
  }))
    // prettier-ignore
    if (++heard === 2) abort.abort();
  assert.equal(heard, 2);
  for await (const _ of speaker.speak(prompt, { maxNewTokens: 9 })) break;
  await spoken({ topP: 0.5 });
  assert.equal(tf.memory().numTensors, before);
});

test('a prompt without room is refused', async () => {
  await assert.rejects(spoken({ maxNewTokens: 40 }), (error) => error instanceof UserError && /do not fit: the context is 40/.test(error.message)); // prettier-ignore
});

test('drawing by hand', () => {
  const p = probabilitiesOf([Math.log(1), Math.log(2), Math.log(5), -Infinity], 1);
  assertAllclose(p, [0.125, 0.25, 0.625, 0]);
  assertAllclose(probabilitiesOf([0, Math.log(2)], 0.5), [0.2, 0.8]);
  const at = (uniform: number, topP = 1, temperature = 1): number =>
    draw(p, { temperature, topP }, uniform);
  assert.deepEqual([0, 0.12, 0.13, 0.37, 0.38, 1 - 2 ** -53].map((u) => at(u)), [0, 0, 1, 1, 2, 2]); // prettier-ignore
  assert.deepEqual([0, 0.999].map((u) => at(u, 0.6)), [2, 2]); // prettier-ignore
  assert.deepEqual(
    [0, 0.28, 0.29].map((u) => at(u, 0.7)),
    [1, 1, 2],
  ); // 1 and 2 are left: .25 of .875
  assert.equal(at(0, 1, 0), 2);
  assert.deepEqual(likeliest([0.1, 0.4, 0.1, 0.4], 3).map(({ id }) => id), [1, 3, 0]); // prettier-ignore
});

test("the workbook's own vocabulary speaks of its last message", () => {
  const ids = workbookTokenizer.chatIds([{ role: 'user', content: ' make 26 : 3 5 7 ' }]);
  assert.equal(workbookTokenizer.decode(ids), '<bos> make 26 : 3 5 7');
  assert.throws(() => workbookTokenizer.chatIds([{ role: 'user', content: 'hello' }]), /unknown token "hello"/); // prettier-ignore
});
