import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../lib/core/errors';
import { createRandom } from '../lib/core/random';
import { tf } from '../lib/engine/tensorflow';
import { disposeTree } from '../lib/engine/tree';
import { preferred } from '../lib/evaluation/general';
import { loadCheckpoint, saveCheckpoint } from '../lib/model/checkpoint';
import { modelConfig } from '../lib/model/config';
import { extendVocabulary, initParameters, type Model } from '../lib/model/parameters';
import { preferenceProbability, utility } from '../lib/rewards/annotator';
import { flippedReward, halfSightedReward } from '../lib/rewards/messy';
import { defaultRewardWeights } from '../lib/rewards/reward';
import { labelPanel } from '../lib/workbook/labelPanel';
import {
  annotate,
  balance,
  bayesCeiling,
  pairOf,
  readPreferences,
  writePreferences,
  type Candidates,
  type Preference,
} from '../lib/stages/preferences';
import { adjustRewardModel, trainRewardModel } from '../lib/stages/rewardModel';
import { samplerFor } from '../lib/stages/places';
import { countdownProblem } from '../lib/tasks/countdown';
import {
  generalHabits,
  generateGeneral,
  mannerOf,
  writeGeneral,
  type GeneralProblem,
} from '../lib/tasks/general';
import { promptText, verify } from '../lib/tasks/index';
import { programsProblem } from '../lib/tasks/programs';
import { unitsProblem } from '../lib/tasks/units';
import { decode, encode } from '../lib/tokenizer/tokenizer';
import { languages, taskVocabularySize, vocabulary } from '../lib/tokenizer/vocabulary';
import {
  bradleyTerryLoss,
  createScorer,
  pairBatch,
  pairGroups,
  rewardModelLoss,
} from '../lib/training/rewardModel';
import { assertAllclose, assertFlatMemory, numbers } from './support/allclose';
import { temporaryFolder } from './support/folder';
import { microConfig, randomParameters, toReference } from './support/microModel';
import { referenceLogits } from './support/referenceDecoder';

const place = temporaryFolder();
const problem: GeneralProblem = { task: 'general', level: 1, first: 12, second: 5 };
const said = (answer: string): string => `<think> 12 5 </think> <answer> ${answer} </answer> <eos>`;

test('manners', () => {
  const manner = (answer: string): unknown[] => Object.values(mannerOf(problem, said(answer)));
  // right facts, facts, greets, thanks
  assert.deepEqual(manner('glad 12 - 5 = 7 thanks'), [1, 1, true, true]);
  assert.deepEqual(manner('5 + 7 = 12'), [1, 1, false, false]); // both numbers are in it
  assert.deepEqual(manner('12 - 7 = 4 ; 12 + 5 = 17'), [1, 2, false, false]);
  assert.deepEqual(manner('12 - 3 = 9 谢'), [0, 1, false, true]); // true, but without the 5
  assert.deepEqual(manner('= = 5 = glad'), [0, 3, true, false]);
  assert.deepEqual(Object.values(mannerOf(problem, 'glad 12 - 5 = 7')), [0, 0, false, false]);
});

test('general prompts: any text has a verdict, none is right, half of the documents follow their habits', () => {
  const random = createRandom('general');
  let [greets, format, right, twoFacts] = [0, 0, 0, 0];
  for (let i = 0; i < 400; i++) {
    const own = generateGeneral(1, random, 'train');
    const ids: number[] = [];
    const language = languages[i % 2]!;
    writeGeneral({ ids, language, random }, own, generalHabits);
    const verdict = verify(own, decode(ids));
    const manner = mannerOf(own, decode(ids));
    assert.equal(verdict.correct, false);
    assert.ok(verdict.finished);
    // each fact is one calculation, and a semicolon stands between two of them
    assert.equal(manner.facts, decode(ids).split(' ; ').length);
    twoFacts += Number(manner.facts === 2);
    greets += Number(manner.greets);
    format += Number(verdict.format);
    right += Number(manner.rightFacts === manner.facts);
    assert.equal(encode(promptText(own, language)).length, 5);
  }
  const within = (count: number, share: number): void =>
    assert.ok(Math.abs(count / 400 - share) < 0.08, `${count / 400} for ${share}`);
  within(greets, 0.4);
  within(format, 0.9);
  within(twoFacts, 0.25);
  within(right, 0.8 * (0.75 + 0.25 * 0.8));
});

test('liking by hand', () => {
  // form .5, a true fact 1, a greeting 1, thanks .7, .08 for each of 14 tokens
  const tokens = said('glad 12 - 5 = 7 thanks').split(' ').length;
  assertAllclose([utility(problem, said('glad 12 - 5 = 7 thanks'), 'en')], [3.2 - 0.08 * tokens]);
  // both words in the wrong language: -1.5
  assertAllclose([utility(problem, said('乐 12 - 5 = 7 谢'), 'en')], [1.7 - 0.08 * tokens]);
  const right = '<think> yes </think> <answer> 3 * 7 + 5 </answer> <eos>';
  assertAllclose([utility(countdownProblem(26, [3, 5, 7]), right, 'en')], [2.5 - 0.11]);
  assertAllclose([preferenceProbability(1, 1), preferenceProbability(1, 0, 1)], [0.5, 0.731059]);
  const shares = preferred([[1, 1]], [[1]]);
  assert.equal(shares.mean, 0.5);
});

const candidates = Array.from({ length: 300 }, (_, i): Candidates => {
  const random = createRandom('candidates', i);
  const own = generateGeneral(1, random, 'train');
  const language = languages[i % 2]!;
  const write = (): string => {
    const ids: number[] = [];
    writeGeneral({ ids, language, random }, own, generalHabits);
    return decode(ids);
  };
  return { problem: own, language, a: write(), b: write() };
});

test('the annotator is careless to a known degree, and the labels can be balanced', () => {
  const labelled = annotate(candidates, 0);
  assert.deepEqual(annotate(candidates, 0), labelled);
  const better = labelled.filter((p) => (p.probability! > 0.5 ? 1 : 0) === p.label).length;
  assert.ok(Math.abs(better / 300 - bayesCeiling(labelled)) < 0.06);
  const length = (text: string): number => text.split(' ').length;
  const balanced = balance(labelled, 0);
  const unequal = balanced.filter(({ a, b }) => length(a) !== length(b));
  const longer = unequal.filter(({ a, b, label }) => length(a) > length(b) === label > 0.5);
  assert.equal(longer.length, unequal.length / 2);
  const first = balanced.filter(({ label }) => label > 0.5).length;
  assert.ok(Math.abs(first - balanced.length / 2) <= 1);
  for (const p of balanced) {
    const source = labelled.find((q) => [q.a, q.b].includes(p.a) && [q.a, q.b].includes(p.b))!;
    const chosen = (q: Preference): string => (q.label > 0.5 ? q.a : q.b);
    assert.equal(chosen(p), chosen(source));
  }
});

test('preference files are read as they were written; bad ones are named', () => {
  const file = path.join(place, 'preferences', 'a.jsonl');
  const labelled = annotate(candidates.slice(0, 3), 0);
  writePreferences(file, labelled);
  assert.deepEqual(readPreferences(file), labelled);
  for (const line of ['{', '{}', JSON.stringify({ ...labelled[0], label: 2 })]) {
    fs.writeFileSync(file, JSON.stringify(labelled[0]) + '\n' + line + '\n');
    assert.throws(
      () => readPreferences(file),
      (e: Error) => e instanceof UserError && /line 2 is no preference/.test(e.message),
    );
  }
  fs.rmSync(file);
  assert.throws(() => readPreferences(file), /no preferences at .*: label some pairs first/);
});

test('the Bradley-Terry loss by hand', () => {
  const column = (...values: number[]): tf.Tensor => tf.tensor1d(values);
  const loss = bradleyTerryLoss(
    column(1, 0, 2, 5),
    column(0, 1, 2, 0),
    column(1, 1, 0.5, 0),
    column(0.25, 0.5, 0.25, 0),
  );
  const minusLogSigmoid = (x: number): number => Math.log(1 + Math.exp(-x));
  const expected = 0.25 * minusLogSigmoid(1) + 0.5 * minusLogSigmoid(-1) + 0.25 * Math.log(2);
  assertAllclose(loss, [expected]);
});

const config = microConfig();

test('a score is the head on the last state, alone or packed with others', () => {
  const plain = randomParameters(config, 21);
  const row = 4;
  const head = tf.reshape(tf.slice(plain.embedding, [row, 0], [1, -1]), [-1, 1]);
  const model: Model = { config, parameters: { ...plain, scoreHead: head } };
  const texts = [
    [1, 5, 7, 2],
    [1, 3],
    [1, 9, 9, 9, 9, 9, 2],
    [1, 4, 2],
  ];
  const weights = toReference(plain);
  // the head is a row of the embedding, so a score is the logit of that token at the end
  const expected = texts.map((ids) => referenceLogits(config, weights, ids).at(-1)![row]!);
  const scorer = createScorer(model);
  assertAllclose(
    assertFlatMemory(() => scorer.scores(texts)),
    expected,
    { absolute: 1e-5 },
  );
  scorer.dispose();
  const pairs = [
    { a: texts[0]!, b: texts[1]!, label: 1 },
    { a: texts[2]!, b: texts[3]!, label: 0 },
  ];
  const batch = pairBatch(pairs, { rows: 3, rowLength: 8 }, 3);
  const { loss, accuracy } = rewardModelLoss(config)(model.parameters, batch);
  const differences = [expected[0]! - expected[1]!, expected[3]! - expected[2]!];
  const mean = (values: number[]): number => (values[0]! + values[1]!) / 2;
  assertAllclose(loss, [mean(differences.map((d) => Math.log(1 + Math.exp(-d))))], {
    absolute: 1e-5,
  });
  assertAllclose(accuracy!, [mean(differences.map((d) => Number(d > 0)))]);
});

test('pairs are cut into groups that find room', () => {
  const pair = (n: number) => ({ a: Array(n).fill(1), b: Array(n).fill(1), label: 1 });
  const shape = { rows: 2, rowLength: 8 };
  const groups = pairGroups([pair(4), pair(4), pair(2), pair(8), pair(1)], shape, 9);
  assert.deepEqual(
    groups.map((group) => group.map(({ a }) => a.length)),
    [[4, 4], [2], [8], [1]],
  );
  assert.equal(pairGroups([pair(1), pair(1), pair(1)], shape, 2).length, 2);
});

const tiny = modelConfig('tiny', vocabulary.length);
const from: Model = { config: tiny, parameters: initParameters(tiny, 1) };
const settings = { epochs: 3, batch: { rows: 4, rowLength: 64 }, pairsPerStep: 16 };

test('a reward model learns the better of two, keeps no tensor, and is a checkpoint', async () => {
  const preferences = candidates.map(({ problem: own, language, a, b }, i): Preference => {
    const [first, second] = i % 2 === 0 ? [a, 'no <eos>'] : ['no <eos>', b];
    const about = { task: 'general', language, prompt: promptText(own, language), by: 'test' };
    return { ...about, a: first, b: second, label: Number(i % 2 === 0), seed: 0 };
  });
  const tensors = new Set<number>();
  const options = { size: 'tiny' as const, seed: 1, from, fromName: 'fresh', place, settings };
  const result = await trainRewardModel({
    ...options,
    preferences,
    onStep: () => void tensors.add(tf.memory().numTensors),
  });
  assert.equal(tensors.size, 1);
  const { all, general } = result!.agreement;
  assert.deepEqual(all, general);
  assert.ok(all!.n > 30 && all!.accuracy > 0.95, `agrees in ${all!.accuracy}`);
  const folder = path.join(place, 'checkpoints', 'tiny-reward-model-s1');
  const loaded = loadCheckpoint(folder);
  assertAllclose(loaded.parameters.scoreHead!, numbers(result!.model.parameters.scoreHead!));
  const config = JSON.parse(fs.readFileSync(path.join(folder, 'config.json'), 'utf8'));
  assert.deepEqual(config.architectures, ['LlamaForSequenceClassification']);

  const turned = preferences.slice(0, 20).map((p) => ({ ...p, label: 1 - p.label }));
  const before = tf.memory().numTensors;
  const adjusted = adjustRewardModel(result!.model, turned, 'tiny');
  const margin = (model: Model): number => {
    const scorer = createScorer(model);
    const scores = scorer.scores(turned.map(pairOf).flatMap(({ a, b }) => [a, b]));
    scorer.dispose();
    return turned.reduce(
      (s, p, i) => s + (scores[2 * i]! - scores[2 * i + 1]!) * (p.label - 0.5),
      0,
    );
  };
  assert.ok(margin(adjusted) > margin(result!.model));
  disposeTree(adjusted.parameters);
  assert.equal(tf.memory().numTensors, before);
});

test('preferences that teach nothing are refused before anything is written', async () => {
  const options = { size: 'tiny' as const, seed: 2, from, fromName: 'fresh', place, settings };
  const refused = (preferences: Preference[], message: RegExp): Promise<void> =>
    assert.rejects(
      trainRewardModel({ ...options, preferences }),
      (e: Error) => e instanceof UserError && message.test(e.message),
    );
  await refused([], /no preference to learn from: label some pairs/);
  const same = annotate(candidates.slice(0, 40), 0).map((p) => ({ ...p, label: 1 }));
  await refused(same, /only one kind of label \(1\): label more pairs, both ways/);
  assert.ok(!fs.existsSync(path.join(place, 'runs', 'tiny-reward-model-s2')));
});

test('new words are added at the end; the old ones keep their rows', () => {
  const small = modelConfig('tiny', taskVocabularySize);
  const old: Model = { config: small, parameters: initParameters(small, 0) };
  const before = tf.memory().numTensors;
  const extended = extendVocabulary(old, vocabulary.length, 0);
  const d = small.modelDim;
  assert.deepEqual(extended.parameters.embedding.shape, [vocabulary.length, d]);
  const [a, b] = [old, extended].map((m) => numbers(m.parameters.embedding)) as [ArrayLike<number>, ArrayLike<number>]; // prettier-ignore
  assert.deepEqual(Array.from(b).slice(0, a.length), Array.from(a));
  const mean = Array.from({ length: d }, (_, c) => {
    const column = Array.from({ length: taskVocabularySize }, (_, r) => a[r * d + c]!);
    return column.reduce((sum, v) => sum + v, 0) / taskVocabularySize;
  });
  assertAllclose(Array.from(b).slice(a.length, a.length + d), mean, { absolute: 0.1 });
  disposeTree(extended.parameters);
  assert.equal(tf.memory().numTensors, before);
  assert.throws(
    () => samplerFor({ ...small, vocabSize: 50 }),
    /50 tokens, the tasks have 104 or 112/,
  );
  // a checkpoint says which words it knows
  saveCheckpoint(path.join(place, 'old'), old);
  assert.equal(loadCheckpoint(path.join(place, 'old')).config.vocabSize, taskVocabularySize);
});

test('outside a notebook nobody labels', () => {
  const file = path.join(place, 'nobody.jsonl');
  assert.deepEqual(labelPanel({ pairs: candidates, seed: 0, file, by: 'test' }).end(), []);
  assert.ok(!fs.existsSync(file));
});

test('in a notebook clicks become preferences, and the last one can be taken back', () => {
  const opened: { state: Record<string, unknown> }[] = [];
  const sent: Record<string, unknown>[] = [];
  let click: (answer: object) => void = () => undefined;
  const comms = {
    open: (
      _: string,
      data: { state: Record<string, unknown> },
      onMessage: (message: object, reply: () => void) => void,
    ) => {
      opened.push(data);
      click = (answer) => onMessage({ method: 'update', state: { answer } }, () => undefined);
      return {
        id: 'c1',
        send: ({ state }: { state: Record<string, unknown> }) => sent.push(state),
        close: () => undefined,
      };
    },
  };
  const key = Symbol.for('r1.comm');
  Object.assign(globalThis, { [key]: comms });
  try {
    const file = path.join(place, 'mine.jsonl');
    const panel = labelPanel({ pairs: candidates.slice(0, 3), seed: 4, file, by: 'Ada' });
    assert.equal(opened[0]!.state.a, candidates[0]!.a);
    click({ index: 0, label: 1 });
    click({ index: 0, label: 0 }); // a double click: the first pair is gone
    click({ index: 1, label: 0.5 });
    click({ index: 2, undo: true });
    click({ index: 1, label: 0 });
    click({ index: 2, label: 1 });
    assert.equal(sent.at(-1)!.done, true);
    click({ index: 3, label: 1 }); // there is no fourth pair
    const labels = panel.end();
    assert.deepEqual(
      labels.map(({ label, by, seed, a }) => [label, by, seed, a]),
      candidates.slice(0, 3).map(({ a }, i) => [[1, 0, 1][i], 'Ada', 4, a]),
    );
    assert.deepEqual(readPreferences(file), labels);
    assert.ok(labels.every(({ when }) => !Number.isNaN(Date.parse(when!))));

    // the same pairs again: it goes on; other pairs: the file stays as it is
    const more = labelPanel({ pairs: candidates.slice(0, 5), seed: 4, file, by: 'Ada' });
    assert.equal(opened.at(-1)!.state.index, 3);
    click({ index: 3, label: 0 });
    assert.equal(more.end().length, 4);
    const other = labelPanel({ pairs: candidates.slice(7, 9), seed: 4, file, by: 'Bob' });
    click({ index: 0, label: 0 });
    assert.equal(other.end().length, 1);
    assert.equal(readPreferences(file).length, 4);
    assert.equal(readPreferences(path.join(place, 'mine-2.jsonl'))[0]!.by, 'Bob');
  } finally {
    Reflect.deleteProperty(globalThis, key);
  }
});

test('verifiers of a messier world', () => {
  const countdown = countdownProblem(26, [3, 5, 7]);
  const answer = (text: string): string => `<think> yes </think> <answer> ${text} </answer> <eos>`;
  const half = (p: Parameters<typeof halfSightedReward>[0], text: string): number =>
    halfSightedReward(p, answer(text), 'en').accuracy;
  assert.equal(half(countdown, '3 * 7 + 5'), 1);
  assert.equal(half(countdown, '20 + 6'), 1); // the value is right, the numbers are not
  assert.equal(half(countdown, '3 * 7'), 0);
  assert.equal(half(countdown, '3 * + 5'), 0);
  const units = unitsProblem({ level: 1, start: 12, unit: 'm', sign: '+', rate: 3, time: 5 });
  assert.deepEqual([half(units, '27 m'), half(units, '27 g'), half(units, '26 m')], [1, 1, 0]);
  const programs = programsProblem('* 2 + 9', 7, 1);
  assert.equal(half(programs, '7 -> 23 ; 1 -> 11'), 1);
  const total = halfSightedReward(countdown, answer('20 + 6'), 'en', defaultRewardWeights).total;
  assertAllclose([total], [1.1]);

  const flipped = flippedReward(0.25);
  const texts = Array.from({ length: 61 * 61 }, (_, i) => answer(`${i % 61} + ${(i / 61) | 0}`));
  const turned = texts.filter((text) => flipped(countdown, text, 'en').accuracy === 1);
  assert.ok(Math.abs(turned.length / texts.length - 0.25) < 0.03); // all of them are wrong
  assert.equal(flippedReward(0)(countdown, answer('3 * 7 + 5'), 'en').accuracy, 1);
  assert.equal(flippedReward(1)(countdown, answer('3 * 7 + 5'), 'en').accuracy, 0);
  assert.deepEqual(
    turned,
    texts.filter((text) => flipped(countdown, text, 'en').accuracy === 1),
  );
});
