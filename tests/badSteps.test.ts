/** Steps that must not be learned from: each stops its run in one line, and the last good state stays. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../lib/core/errors';
import { tf } from '../lib/engine/tensorflow';
import { disposeTree } from '../lib/engine/tree';
import { cloneParameters, type Parameters } from '../lib/model/parameters';
import { reward, type RewardFunction } from '../lib/rewards/reward';
import { readMetrics, readRunInfo } from '../lib/runs/run';
import { trainRL, type RLOptions } from '../lib/stages/rl';
import type { RLSettings } from '../lib/stages/settings';
import { decodeUpdate } from '../lib/training/badStep';
import { grpoBatchLoss, type GrpoBatch } from '../lib/training/grpo';
import { nextTokenLoss, type TextBatch } from '../lib/training/nextToken';
import { defaultOptimizer } from '../lib/training/optimizer';
import { packRows, type Sequence } from '../lib/training/packing';
import { createTrainerState, Trainer } from '../lib/training/trainer';
import { decodeTrainerState } from '../lib/training/trainerState';
import { temporaryFolder } from './support/folder';
import { microConfig, randomParameters, snapshot } from './support/microModel';
import { microBase, microRun, microSteps } from './support/microRun';

const folder = temporaryFolder();
const settings: Partial<RLSettings> = {
  ...microSteps,
  steps: 3,
  plan: [{ task: 'countdown', level: 1, prompts: 2 }],
};

/** Pays by the length of a completion, so that groups differ, until the `bad`th call. */
function rewardUntil(bad: number, parts: (good: ReturnType<RewardFunction>) => unknown) {
  let calls = 0;
  return ((problem, completion, language, weights) => {
    const good = { ...reward(problem, completion, language, weights), total: completion.length };
    return calls++ < bad ? good : parts(good);
  }) as RewardFunction;
}

const errorOf = async (options: Partial<RLOptions>): Promise<string> => {
  try {
    await trainRL({ ...microRun, place: folder, settings, ...options });
  } catch (error) {
    assert.ok(error instanceof UserError, String((error as Error).stack));
    assert.ok(!error.message.includes('\n'), error.message);
    return error.message;
  }
  return 'no error';
};

/** Eight completions a step: the ninth is the first of step 1. */
const badRewards: [string, (good: ReturnType<RewardFunction>) => unknown, RegExp][] = [
  ['NaN', (good) => ({ ...good, total: NaN }), /the total of the reward of "make .*" is NaN:/],
  ['infinite', (good) => ({ ...good, total: Infinity }), /is Infinity: return a number/],
  ['minus infinite', (good) => ({ ...good, total: -Infinity }), /is -Infinity:/],
  ['undefined', (good) => ({ ...good, total: undefined }), /total .* is undefined:/],
  ['null', (good) => ({ ...good, total: null }), /total .* is null:/],
  ['a text', (good) => ({ ...good, total: '1' }), /total .* is 1: return a number/],
  [
    'too large',
    (good) => ({ ...good, total: 1e30 }),
    /is 1e\+30: return a number of at most 1000000/,
  ],
  ['bad in a part', (good) => ({ ...good, format: NaN }), /the format of the reward .* is NaN:/],
  ['nothing', () => undefined, /total .* is undefined:/],
];
for (const [i, [name, parts, message]] of badRewards.entries())
  test(`a reward that is ${name} stops the run before anything is learned from it`, async () => {
    const stage = `reward-${i}`;
    const tensors = tf.memory().numTensors;
    const said = await errorOf({ stage, rewardFn: rewardUntil(8, parts) });
    assert.match(said, /^step 1 was not made: /);
    assert.match(said, message);
    assert.equal(tf.memory().numTensors, tensors);
    const run = path.join(folder, 'runs', `tiny-${stage}-s0`);
    const kept = JSON.parse(
      fs.readFileSync(path.join(run, 'bad-step-1.json'), 'utf8'),
    ) as unknown[][];
    assert.deepEqual([kept.length, kept.flat().length], [2, 8]);
    assert.equal(readRunInfo(run)!.steps, 1);
    assert.equal(readRunInfo(run)!.finished, false);
    assert.equal(fs.existsSync(path.join(folder, 'checkpoints', `tiny-${stage}-s0`)), false);
  });

test('a run goes on from its bad step once the reward is mended, as if nothing had happened', async () => {
  const good: RewardFunction = (problem, completion, language, weights) => ({
    ...reward(problem, completion, language, weights),
    total: completion.length,
  });
  const bad = rewardUntil(8, (parts) => ({ ...parts, total: NaN }));
  await errorOf({ stage: 'mended', rewardFn: bad });
  const mended = await trainRL({
    ...microRun,
    place: folder,
    settings,
    stage: 'mended',
    rewardFn: good,
  });
  const whole = await trainRL({
    ...microRun,
    place: folder,
    settings,
    stage: 'whole',
    rewardFn: good,
  });
  assert.deepEqual(snapshot(mended!.model.parameters), snapshot(whole!.model.parameters));
  const losses = (stage: string) =>
    readMetrics(path.join(folder, 'runs', `tiny-${stage}-s0`)).map((row) => row['loss/policy']);
  assert.deepEqual(losses('mended'), losses('whole'));
  disposeTree(mended!.model.parameters, whole!.model.parameters);
});

const badRates: [number, RegExp][] = [
  [NaN, /learning rate NaN: use a number from 0 up/],
  [Infinity, /learning rate Infinity: use/],
  [-1e-3, /learning rate -0.001: use/],
  [
    1e3,
    /one update takes the norm of the weights from \d+\.?\d* to \d+: lower the learning rate, 1000/,
  ],
];
for (const [rate, message] of badRates)
  test(`a learning rate of ${rate} stops the run, and its update can be repeated`, async () => {
    const stage = `rate-${rate}`;
    const tensors = tf.memory().numTensors;
    const rewardFn = rewardUntil(Infinity, (good) => good);
    const said = await errorOf({
      stage,
      rewardFn,
      settings: { ...settings, learningRate: rate, warmUpSteps: 0 },
    });
    assert.match(said, /^step 0 was not made: /);
    assert.match(said, message);
    assert.equal(tf.memory().numTensors, tensors);
    const run = path.join(folder, 'runs', `tiny-${stage}-s0`);
    const { config } = microBase;
    const file = path.join(run, 'bad-step-0.safetensors');
    const { batches, learningRate, ...state } = decodeUpdate(fs.readFileSync(file), file);
    assert.deepEqual(snapshot(state.parameters), snapshot(microBase.parameters));
    const lossConfig = { clipEpsilonLow: 0.2, clipEpsilonHigh: 0.2, klCoef: 0 };
    const trainer = new Trainer(grpoBatchLoss(config, lossConfig), defaultOptimizer, { ...state });
    const again = (): unknown => trainer.step(batches as GrpoBatch[], learningRate);
    assert.throws(again, (error: Error) => said.includes(error.message));
    trainer.dispose();
    assert.equal(tf.memory().numTensors, tensors);
    const info = readRunInfo(run)!;
    assert.deepEqual([info.steps, info.finished], [0, false]);
    const saved = fs.readFileSync(path.join(run, 'checkpoint-0.safetensors'));
    const restored = decodeTrainerState(config, defaultOptimizer, saved, run);
    assert.deepEqual(snapshot(restored.parameters), snapshot(microBase.parameters));
    disposeTree(restored.parameters, restored.optimizer);
  });

const config = microConfig();
const sequence: Sequence<'weights'> = { ids: [1, 5, 2, 7], channels: { weights: [0.2, 0.3, 0.5] } };
const batchOf = (weights: readonly number[]): TextBatch =>
  packRows([{ ...sequence, channels: { weights } }], [[0]], { rows: 1, rowLength: 4 }, ['weights']);

/** One update of a small model with something bad in it. Returns its message, and checks that nothing has changed. */
function refusedUpdate(parameters: Parameters, batches: TextBatch[]): string {
  const state = createTrainerState(parameters, defaultOptimizer);
  const trainer = new Trainer(nextTokenLoss(config), defaultOptimizer, state);
  const before = snapshot(state.parameters, state.optimizer);
  let said = 'no error';
  try {
    trainer.step(batches, 0.01);
  } catch (error) {
    assert.ok(error instanceof UserError, String((error as Error).stack));
    said = error.message;
  }
  assert.deepEqual(snapshot(state.parameters, state.optimizer), before);
  assert.equal(state.updates, 0);
  trainer.dispose();
  return said;
}

const good = randomParameters(config, 1);
after(() => disposeTree(good));

/** The weights with one of them, and so every output, multiplied by `value`. */
function withBad(value: number): Parameters {
  const { finalNorm, ...rest } = cloneParameters(good);
  const spoiled = tf.mul(finalNorm, value);
  finalNorm.dispose();
  return { ...rest, finalNorm: spoiled as typeof finalNorm };
}
const fine = (): TextBatch => batchOf([0.2, 0.3, 0.5]);

const badUpdates: [string, () => [Parameters, TextBatch[]], RegExp][] = [
  [
    'a batch that holds NaN',
    () => [cloneParameters(good), [batchOf([0.2, NaN, 0.5])]],
    /^loss is NaN: batches\.0\.channels\.weights held NaN before the update$/,
  ],
  [
    'a second batch that holds Infinity',
    () => [cloneParameters(good), [fine(), batchOf([0.2, 0.3, Infinity])]],
    /^loss is (NaN|Infinity): batches\.1\.channels\.weights held Infinity before the update$/,
  ],
  ['weights that hold NaN', () => [withBad(NaN), [fine()]], /finalNorm held NaN/],
  [
    'a loss that overflows',
    () => [cloneParameters(good), [batchOf([1e38, 1e38, 1e38])]],
    /is (Infinity|NaN): lower the learning rate, 0\.01$/,
  ],
];
for (const [name, make, message] of badUpdates)
  test(`an update with ${name} is refused, and says where the bad number was`, () => {
    const tensors = tf.memory().numTensors;
    assert.match(refusedUpdate(...make()), message);
    assert.equal(tf.memory().numTensors, tensors);
  });
