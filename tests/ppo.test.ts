import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tf } from '../lib/engine/tensorflow';
import { cloneParameters, withScoreHead, type Parameters } from '../lib/model/parameters';
import { grpoBatchLoss, wholeModel, type ScoredCompletion } from '../lib/training/grpo';
import { defaultOptimizer } from '../lib/training/optimizer';
import { packRows } from '../lib/training/packing';
import { criticLoss, generalisedAdvantages, placeValues, ppoUpdates } from '../lib/training/ppo';
import { createTrainerState, Trainer } from '../lib/training/trainer';
import { defaultGrpo } from '../lib/training/grpo';
import { assertAllclose, assertFlatMemory } from './support/allclose';
import { microConfig, randomParameters, toReference } from './support/microModel';
import { referenceLogits } from './support/referenceDecoder';

const config = microConfig();

test('generalised advantages by hand', () => {
  const values = [0.5, 0.25, 0.75];
  // lambda 0: one step ahead. lambda 1: the reward minus what was expected.
  assertAllclose(generalisedAdvantages(values, 1, 0), [-0.25, 0.5, 0.25]);
  assertAllclose(generalisedAdvantages(values, 1, 1), [0.5, 0.75, 0.25]);
  // .5: .25; .5 + .125 = .625; -.25 + .3125 = .0625
  assertAllclose(generalisedAdvantages(values, 1, 0.5), [0.0625, 0.625, 0.25]);
  assert.deepEqual(generalisedAdvantages([], 1, 1), []);
});

test('the critic reads its number off every place; its loss is half the weighted squared error', () => {
  const plain = randomParameters(config, 3);
  const row = 4;
  const head = tf.reshape(tf.slice(plain.embedding, [row, 0], [1, -1]), [-1, 1]);
  const parameters = { ...plain, scoreHead: head };
  const ids = [1, 5, 7, 2];
  const channels = { weights: [0, 0.5, 0.5], returns: [9, 1, 0] };
  const batch = packRows([{ ids, channels }], [[0]], { rows: 1, rowLength: 3 }, [
    'weights',
    'returns',
  ]);
  // the head is a row of the embedding, so a value is the logit of that token
  const logits = referenceLogits(config, toReference(plain), ids.slice(0, 3));
  const expected = logits.map((after) => after[row]!);
  const values = placeValues(config, parameters, batch);
  assertAllclose(values, expected, { absolute: 1e-5 });
  const loss = (0.5 * (expected[1]! - 1) ** 2 + 0.5 * expected[2]! ** 2) / 2;
  assertAllclose(criticLoss(config)(parameters, batch).loss, [loss], { absolute: 1e-5 });
});

test('PPO: better than expected becomes likelier, the critic learns what to expect, no tensor is kept', () => {
  const parameters = randomParameters(config, 8);
  const start = (p: Parameters) => createTrainerState(p, defaultOptimizer);
  const lossOf = grpoBatchLoss(config, defaultGrpo);
  const policyTrainer = new Trainer(lossOf, defaultOptimizer, start(cloneParameters(parameters)));
  const policy = wholeModel(policyTrainer);
  const critic = new Trainer(
    criticLoss(config),
    defaultOptimizer,
    start(withScoreHead(parameters)),
  );
  const completion = (token: number, reward: number): ScoredCompletion => ({
    promptIds: [1, 3],
    completionIds: [token, 2],
    logprobs: [-2, -2],
    reward,
  });
  const completions = [completion(5, 1), completion(6, 0)];
  const options = {
    lambda: 0.95,
    updatesPerBatch: 1,
    learningRate: 0.003,
    criticRate: 0.02,
    shapes: [{ rows: 2, rowLength: 8 }],
  };
  const logitsOf = (): Float64Array | number[] =>
    referenceLogits(config, toReference(policyTrainer.state.parameters), [1, 3])[1]!;
  const gap = (): number => logitsOf()[5]! - logitsOf()[6]!;
  const before = gap();
  // What the critic expects at first, 0 everywhere, makes the advantages .95, 1, 0 and 0. Their mean is .4875, and the
  // mean of their squares is .475625.
  const spread = Math.sqrt(0.475625 - 0.4875 ** 2);
  const advantages = [0.95, 1, 0, 0].map((a) => (a - 0.4875) / spread);
  const logprobs = completions.flatMap(({ promptIds, completionIds }) => {
    const ids = [...promptIds, ...completionIds];
    const logits = referenceLogits(config, toReference(policyTrainer.state.parameters), ids);
    return [2, 3].map((place) => {
      const after = logits[place - 1]!;
      return after[ids[place]!]! - Math.log(after.reduce((sum, x) => sum + Math.exp(x), 0));
    });
  });
  const objectives = logprobs.map((logprob, i) => {
    const ratio = Math.exp(logprob + 2); // -2 when it was sampled
    const clipped = Math.min(Math.max(ratio, 0.8), 1.2);
    return Math.min(ratio * advantages[i]!, clipped * advantages[i]!);
  });
  const policyLoss = -objectives.reduce((sum, one) => sum + one, 0) / 4;

  const updates = [1, 2, 3, 4, 5, 6].map((step) =>
    assertFlatMemory(() =>
      ppoUpdates({ config, policy, critic }, completions, { ...options, seed: [step] }),
    ),
  );
  assertAllclose([updates[0]!.stats[0]!.loss!], [policyLoss], { absolute: 1e-5 });
  const losses = updates.map(({ valueLoss }) => valueLoss);
  // the critic starts at 0, so the returns are .95 and 1 for the right answer, 0 and 0 for the wrong one
  assertAllclose([losses[0]!], [(0.95 ** 2 + 1) / 4 / 2]);
  assert.ok(losses.at(-1)! < losses[0]!);
  assert.ok(gap() > before);
  policyTrainer.dispose();
  critic.dispose();
});
