import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test } from 'node:test';
import { stopFlag } from '../lib/core/loop';
import { tf } from '../lib/engine/tensorflow';
import { loadCheckpoint } from '../lib/model/checkpoint';
import type { RewardFunction } from '../lib/rewards/reward';
import { readEvaluations, readRollouts, readRunInfo } from '../lib/runs/run';
import { checkpointFolder, runFolder } from '../lib/stages/places';
import type { RLSettings } from '../lib/stages/settings';
import { trainRL, type RLResult } from '../lib/stages/rl';
import { assertAllclose } from './support/allclose';
import { contents, temporaryFolder } from './support/folder';
import { snapshot } from './support/microModel';
import { metricsOf, microBase, microRL, microRun } from './support/microRun';

const place = temporaryFolder();

const settings: Partial<RLSettings> = {
  ...microRL,
  steps: 4,
  plan: [
    { task: 'countdown', level: 3, prompts: 2 },
    { task: 'units', level: 2, prompts: 1 },
  ],
  maxNewTokens: 12,
  grpo: {
    clipEpsilonLow: 0.2,
    clipEpsilonHigh: 0.2,
    klCoef: 0.01,
    updatesPerBatch: 2,
  },
  evaluated: [
    { task: 'countdown', level: 3 },
    { task: 'units', level: 0 },
  ],
  evaluateEvery: 2,
  evaluationProblems: 2,
  finalProblems: 3,
};

/** What the completions of the current step were paid, group after group. */
let paid: number[] = [];

/** The share of groups that were paid alike, for each step. */
let equalShares: number[] = [];

function shareOfEqual(rewards: readonly number[]): number {
  const groups = [0, 4, 8].map((from) => rewards.slice(from, from + 4)); // 3 problems, 4 completions of each
  return groups.filter((group) => new Set(group).size === 1).length / groups.length;
}

/** A fresh model is never right, so it is paid for the word `to`. */
const payForTo: RewardFunction = (_, text) => {
  const accuracy = +text.includes('to');
  paid.push(accuracy);
  return { accuracy, format: 0, language: 0, total: accuracy };
};

/** The tensor counts seen after steps. */
let tensors = new Set<number>();

/** A micro run of R1-Zero; `stopAfter` presses the stop button after so many steps. */
function zero(stage: string, seed: number, stopAfter = Infinity): Promise<RLResult | null> {
  tensors = new Set();
  paid = [];
  equalShares = [];
  return trainRL({
    ...microRun,
    seed,
    stage,
    place,
    settings,
    rewardFn: payForTo,
    onStep: (row) => {
      tensors.add(tf.memory().numTensors);
      equalShares.push(shareOfEqual(paid.splice(0)));
      if (row.step === stopAfter - 1) stopFlag.requested = true;
    },
  });
}

/** Everything that a run left, except for what depends on the clock. */
function leftBy(name: string) {
  const folder = runFolder(place, name);
  const info = readRunInfo(folder)!;
  const model = loadCheckpoint(checkpointFolder(place, name));
  return {
    metrics: metricsOf(folder),
    evaluations: readEvaluations(folder),
    rollouts: readRollouts(folder),
    result: info.result,
    tokens: info.tokens,
    weights: snapshot(model.parameters),
  };
}

test('an R1-Zero run that is stopped and goes on is the run that was never stopped, bit for bit', async () => {
  const before = snapshot(microBase.parameters);
  const whole = await zero('whole', 0);
  const expectedShares = equalShares;
  assert.equal(tensors.size, 1, 'no step and no evaluation leaves a tensor behind');
  assert.deepEqual(snapshot(whole!.model.parameters), leftBy('tiny-whole-s0').weights);
  assert.deepEqual(
    snapshot(microBase.parameters),
    before,
    'the model it starts from stays as it was',
  );

  assert.equal(await zero('parts', 0, 3), null);
  assert.ok(!fs.existsSync(checkpointFolder(place, 'tiny-parts-s0')));
  assert.equal(readRunInfo(runFolder(place, 'tiny-parts-s0'))!.steps, 3);
  assert.ok(await zero('parts', 0));
  assert.deepEqual(leftBy('tiny-parts-s0'), leftBy('tiny-whole-s0'));

  const { metrics, evaluations, rollouts } = leftBy('tiny-whole-s0');
  assert.deepEqual(
    metrics.map((row) => row.step),
    [0, 1, 2, 3],
  );
  assert.ok(
    metrics.some((row) => (row['policy/kl'] as number) > 0),
    'it moves away from its start',
  );
  assertAllclose(
    metrics.map((row) => row['batch/zeroVarianceShare'] as number),
    expectedShares,
  );
  assert.ok(new Set(expectedShares).size > 1, 'steps differ');
  assert.notDeepEqual(leftBy('tiny-whole-s0').weights, before);
  assert.deepEqual(
    evaluations.map(({ step, task }) => [step, task]),
    [0, 2, 4].flatMap((step) => [
      [step, 'countdown'],
      [step, 'units'],
    ]),
  );
  assert.deepEqual(
    [...new Set(rollouts.map(({ step, split }) => `${step} ${split}`))],
    ['0 held-out', '0 train', '2 held-out', '3 train', '4 held-out'],
  );
  assert.deepEqual(
    whole!.evaluations.map(({ task, n }) => [task, n]),
    [
      ['countdown', 3],
      ['units', 3],
    ],
  );
});

test('another seed is another run', async () => {
  assert.equal(await zero('other', 1, 1), null);
  assert.notDeepEqual(
    metricsOf(runFolder(place, 'tiny-other-s1'))[0],
    metricsOf(runFolder(place, 'tiny-whole-s0'))[0],
  );
});

test('a finished run is not run again and nothing is overwritten', async () => {
  const before = contents(place);
  await assert.rejects(zero('whole', 0), { name: 'UserError', message: /holds a finished run/ });
  assert.deepEqual(contents(place), before);
});
