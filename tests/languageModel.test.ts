/** The loops of the recipe on a language model: the same as on the workbook's own models, with adapters and a tokenizer. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stopFlag } from '../lib/core/loop';
import { tf } from '../lib/engine/tensorflow';
import { disposeTree } from '../lib/engine/tree';
import { loadModel } from '../lib/model/checkpoint';
import { disposeMerged } from '../lib/model/lora';
import { someLayers } from '../lib/model/someLayers';
import type { RewardFunction } from '../lib/rewards/reward';
import { randomReward } from '../lib/rewards/messy';
import {
  readEvaluations,
  readInspection,
  readMetrics,
  readRollouts,
  readRunInfo,
} from '../lib/runs/run';
import { courseNamed } from '../lib/recipe/language/data';
import { languageStages, type OwnSettings } from '../lib/recipe/language/graph';
import type { Counts } from '../lib/stages/collect';
import { memoryNeed, needsOf, refuseWithoutMemory } from '../lib/stages/language/memory';
import { likelihoodJudge } from '../lib/stages/language/likelihoodJudge';
import { loadAdapted, languageModelFolder } from '../lib/stages/language/models';
import { languageSftSettings } from '../lib/stages/language/settings';
import { writeRandomModel } from '../lib/stages/language/randomModel';
import { runFolder } from '../lib/stages/places';
import { trainRL, type RLOptions } from '../lib/stages/rl';
import type { RLSettings } from '../lib/stages/settings';
import { trainSft, type SftOptions } from '../lib/stages/sft';
import { traceSequence, type Trace } from '../lib/stages/traces';
import { generate } from '../lib/tasks/index';
import { createRandom } from '../lib/core/random';
import { planOf } from '../lib/tasks/plan';
import { openTokenizer } from '../lib/tokenizer/huggingFaceTokenizer';
import { assertAllclose } from './support/allclose';
import { temporaryFolder } from './support/folder';
import { snapshot } from './support/microModel';
import { metricsOf } from './support/microRun';

const place = temporaryFolder();
const folder = languageModelFolder('random', place);
writeRandomModel(folder, 3);
const start = { ...loadModel(folder), tokenizer: openTokenizer(folder) };

const settings: Partial<RLSettings> = {
  steps: 4,
  plan: planOf({ words: { 1: 2, 8: 1 } }),
  groupSize: 4,
  maxNewTokens: 8,
  learningRate: 0.02,
  batches: [{ rows: 1, rowLength: 256 }],
  evaluated: [{ task: 'words', level: 21 }],
  evaluateEvery: 2,
  evaluationProblems: 2,
  evaluationSamples: 3,
  finalProblems: 3,
  inspect: { everySteps: 2, problems: 1 },
};

/** A random model keeps no rule: it is paid for the letters a to m. */
const payForLetters: RewardFunction = (_, text) => {
  const accuracy = text.match(/[a-m]/g)?.length ?? 0;
  return { accuracy, format: 0, language: 0, total: accuracy };
};

const options = (stage: string, more: Partial<RLOptions> = {}): RLOptions => ({
  ...{ size: 'random', stage, seed: 0, from: start, fromName: 'random', place },
  rewardFn: payForLetters,
  ...more,
  settings: { ...settings, ...more.settings },
});

const folderOf = (stage: string): string => runFolder(place, `random-${stage}-s0`);

test('a run of reinforcement learning that is stopped goes on bit for bit, and leaves nothing behind', async () => {
  const weights = snapshot(start.parameters);
  const before = tf.memory().numTensors;
  const whole = (await trainRL(options('whole')))!;
  const stopAtOnce = options('parts', { onStep: () => void (stopFlag.requested = true) });
  assert.equal(await trainRL(stopAtOnce), null);
  stopFlag.requested = false;
  const parts = (await trainRL(options('parts')))!;
  assert.deepEqual(metricsOf(folderOf('parts')), metricsOf(folderOf('whole')));
  const learned = snapshot(whole.model.parameters);
  assert.deepEqual(snapshot(parts.model.parameters), learned);
  assert.notDeepEqual(learned, weights);
  assert.deepEqual(snapshot(start.parameters), weights);
  const adapted = loadAdapted('random-whole-s0', place, place);
  assert.deepEqual(snapshot(adapted.parameters), learned);
  disposeTree(adapted.parameters);
  for (const { model } of [whole, parts]) disposeMerged(model.parameters, start.parameters);
  assert.equal(tf.memory().numTensors, before);
});

test('it pays for what it is told to pay for, and records what was said', () => {
  const metrics = readMetrics(folderOf('whole'));
  const [first, last] = [metrics[0]!, metrics[3]!].map((row) => Number(row['reward/mean']));
  assert.ok(last! > first!, `${first} to ${last}`);
  const rows = readEvaluations(folderOf('whole'));
  assert.deepEqual(rows.map(({ step, level, n, samples }) => [step, level, n, samples]), [[0, 21, 3, 3], [2, 21, 2, 3], [4, 21, 3, 3]]); // prettier-ignore
  const rollouts = readRollouts(folderOf('whole'));
  assert.equal(rollouts.filter(({ split }) => split === 'train').length, 4 * 3);
  assert.ok(rollouts.every(({ prompt }) => /^(Write|Name) /.test(prompt)));
  const inspected = readInspection(folderOf('whole'));
  assert.equal(inspected.length, 3 * 4);
  for (const { completion, tokens, logprobs } of inspected) {
    assert.equal(tokens!.length, logprobs.length);
    assert.equal(completion.replace('<eos>', '<|im_end|>'), tokens!.join(''));
  }
  assert.equal(readRunInfo(folderOf('whole'))!.config.lora !== undefined, true);
});

test('the judge that likes what the start model finds likely', async () => {
  const judge = likelihoodJudge(start, { plan: settings.plan!, batches: settings.batches! });
  const run = options('likely', {
    judge,
    settings: { steps: 1, rewards: { accuracy: 1, format: 0, language: 0, preference: 2 } },
  });
  const made = (await trainRL(run))!;
  judge.dispose();
  disposeMerged(made.model.parameters, start.parameters);
  const [row] = readMetrics(folderOf('likely'));
  const [total, paid, nats] = ['reward/mean', 'reward/accuracy', 'reward/preference'].map((key) => Number(row![key])); // prettier-ignore
  assertAllclose([total!], [paid! + 2 * nats!]);
  assert.ok(
    nats! < -4.5 && nats! >= -6,
    `a random model finds 258 bytes alike, ln 258 = 5.55: ${nats}`,
  );
});

test('a random reward has nothing to do with the answer and is the same for the same text', () => {
  const problem = generate('words', 1, createRandom(0), 'train');
  const totals: number[] = Array.from({ length: 400 }, (_, i) => randomReward(problem, `text ${i}<eos>`, 'en').total); // prettier-ignore
  assert.deepEqual([...new Set(totals)].sort(), [0, 1]);
  const mean = totals.reduce((a, b) => a + b) / totals.length;
  assert.ok(Math.abs(mean - 0.5) < 0.1, String(mean));
  assert.equal(randomReward(problem, 'text 7<eos>', 'en').total, totals[7]);
});

test('fine-tuning on traces: the loss falls, and adapters of adapters add up', async () => {
  const traces = Array.from({ length: 8 }, (_, i): Trace => ({
    ...{ kind: 'reasoning', task: 'words', level: 1, language: 'en' },
    prompt: `Say ${i}.`,
    completion: `${i}!<eos>`,
  }));
  const { ids, promptLength, channels } = traceSequence(traces[0]!, start.tokenizer);
  assert.equal(start.tokenizer.decode(ids), '<|im_start|>user\nSay 0.<|im_end|>\n<|im_start|>assistant\n0!<|im_end|>'); // prettier-ignore
  assert.equal(channels.weights.length, ids.length - 1);
  assert.deepEqual(Array.from(channels.weights).slice(promptLength - 2), [0, 1, 1, 1]);
  const from = loadAdapted('random-whole-s0', place, place);
  const made = (await trainSft({
    ...{ size: 'random', stage: 'sft', seed: 0, from, fromName: 'random-whole-s0', place, traces },
    settings: { ...settings, plan: undefined, epochs: 6, tracesPerStep: 4 },
  } as SftOptions))!;
  const losses = readMetrics(folderOf('sft')).map((row) => Number(row['loss/policy']));
  assert.equal(losses.length, 12);
  assert.ok(losses[11]! < losses[0]! - 1, losses.join());
  const adapted = loadAdapted('random-sft-s0', place, place);
  snapshot(adapted.parameters).forEach((values, i) => assert.deepEqual(values, snapshot(made.model.parameters)[i])); // prettier-ignore
  disposeMerged(made.model.parameters, from.parameters);
  disposeTree(from.parameters, adapted.parameters);
});

test('the need of memory grows with what it is for, and is refused in numbers where it is not there', () => {
  const lora = { rank: 8, alpha: 16, targets: [], recompute: false };
  const usual = { config: start.config, lora, batch: { rows: 1, rowLength: 512 }, rows: 64, length: 107 }; // prettier-ignore
  const smollm2 = { ...start.config, vocabSize: 49_152, modelDim: 576, numLayers: 30, numHeads: 9, numKvHeads: 3, headDim: 64, hiddenDim: 1536 }; // prettier-ignore
  const real = { ...usual, config: smollm2 };
  const need = memoryNeed(real) / 2 ** 20;
  assert.ok(Math.abs(need - 3100) < 310, `${need} MiB; the step was measured at 3,075 to 3,185`);
  for (const more of [{ rows: 128 }, { length: 1000 }, { batch: { rows: 1, rowLength: 1024 } }])
    assert.ok(memoryNeed({ ...real, ...more }) > memoryNeed(real), JSON.stringify(more));
  assert.ok(memoryNeed({ ...real, lora: { ...lora, recompute: true } }) < memoryNeed(real));
  assert.match(refuseWithoutMemory(real, 8e9), /^about 3\.\d GB of memory, 8\.0 GB are free$/);
  assert.throws(() => refuseWithoutMemory(real, 2e9), /needs about 3\.\d GB of memory, 2\.0 GB are free: close/); // prettier-ignore
  const needs = needsOf(start, { plan: settings.plan!, batches: settings.batches!, maxNewTokens: 8 }, lora); // prettier-ignore
  assert.ok(needs.length > 60 && needs.length < 300, `${needs.length} bytes`);
});

test('a student of some blocks is read back from adapters that name them', async () => {
  const layers: [number, number][] = [[1, 2]];
  const from = someLayers(start, layers);
  assert.equal(from.config.numLayers, 1);
  assert.equal(from.parameters.layers[0], start.parameters.layers[1]);
  assert.throws(() => someLayers(start, [[0, 3]]), /no block 2 in a model of 2/);
  const traces: Trace[] = [
    { kind: 'x', task: 'words', level: 1, language: 'en', prompt: 'Say A.', completion: 'A<eos>' },
  ];
  const made = (await trainSft({
    ...{ size: 'random', stage: 'short', seed: 0, from, fromName: 'random', place, traces },
    settings: { ...languageSftSettings(), epochs: 2, evaluated: [], lora: { ...languageSftSettings().lora!, layers } }, // prettier-ignore
  }))!;
  const read = loadAdapted('random-short-s0', place, place);
  assert.equal(read.config.numLayers, 1);
  assert.deepEqual(snapshot(read.parameters), snapshot(made.model.parameters));
  disposeMerged(made.model.parameters, from.parameters);
  disposeTree(read.parameters);
});

test('the control of rejection sampling learns from as many completions as Dev3 did, right or wrong', async () => {
  const job = { size: 'random', seed: 5, place, startedAt: 0, names: [], fromName: 'random', start, models: [start] }; // prettier-ignore
  const { settings, make } = languageStages['dev3-random']!;
  const asked = settings({ course: courseNamed('sums'), caller: {} }) as OwnSettings;
  const run = {
    ...asked.run,
    evaluated: [],
    maxNewTokens: 8,
    epochs: 1,
    batches: [{ rows: 1, rowLength: 256 }],
  };
  const data = { ...asked.data, plan: planOf({ sums: { 1: 4 } }), samples: 2, maxNewTokens: 8 };
  const traces = Array.from({ length: 3 }, (_, i): Trace => ({
    ...{ kind: 'reasoning', task: 'sums', level: 1, language: 'en' },
    prompt: `Say ${i}.`,
    completion: `${i}!<eos>`,
  }));
  const dev3 = await trainSft({ ...job, stage: 'dev3', from: start, traces, settings: run });
  const control = await make({ ...job, stage: 'dev3-random' }, { run, data });
  assert.deepEqual([dev3!.info.config.traces, control!.info.config.traces], [3, 3]);
  const { kept } = control!.info.result!.counts as Counts;
  assert.ok(kept > 3, `${kept} were there`);
  for (const { model } of [dev3!, control!]) disposeMerged(model!.parameters, start.parameters);
});
