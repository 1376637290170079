import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tf } from '../lib/engine/tensorflow';
import { disposeTree } from '../lib/engine/tree';
import { cloneParameters } from '../lib/model/parameters';
import { defaultOptimizer } from '../lib/training/optimizer';
import {
  defaultGrpo,
  grpoBatchLoss,
  grpoUpdates,
  wholeModel,
  referenceOf,
  type GrpoBatch,
  type ScoredCompletion,
} from '../lib/training/grpo';
import { grpoLoss, tokenKl, type GrpoLossInputs } from '../lib/training/losses';
import { batchLogprobs } from '../lib/training/nextToken';
import { packRows } from '../lib/training/packing';
import { createTrainerState, Trainer } from '../lib/training/trainer';
import { groupAdvantages, sumOverTokens, workbookVariant } from '../lib/training/variants';
import { assertAllclose, assertFlatMemory } from './support/allclose';
import { microConfig, randomParameters, toReference } from './support/microModel';
import { referenceLogprobs } from './support/referenceDecoder';

test('advantages by hand', () => {
  assertAllclose(groupAdvantages([1, 0, 0, 1], 0), [1, -1, -1, 1]);
  // mean 1.5, variance (2.25 + 3 * .25) / 4 = .75
  const deviation = Math.sqrt(0.75);
  assertAllclose(
    groupAdvantages([3, 1, 1, 1], 0),
    [1.5, -0.5, -0.5, -0.5].map((x) => x / deviation),
  );
  assertAllclose(groupAdvantages([1, 0], 0.5), [0.5, -0.5]); // .5 / (.5 + .5)
});

test('advantages do not change when a constant is added to every reward', () => {
  const rewards = [1.1, 0, 0.1, 0.1, 1];
  const advantages = groupAdvantages(rewards, 1e-4);
  for (const constant of [7, -3.5, 100])
    assertAllclose(
      groupAdvantages(
        rewards.map((r) => r + constant),
        1e-4,
      ),
      advantages,
    );
  assert.ok(Math.abs(advantages.reduce((sum, a) => sum + a, 0)) < 1e-12);
});

test('equal rewards have no advantage', () => {
  assert.deepEqual(groupAdvantages([0, 0, 0], 1e-4), [0, 0, 0]);
  assert.deepEqual(groupAdvantages([1, 1], 1e-4), [0, 0]);
  assertAllclose(groupAdvantages([0.1, 0.1, 0.1], 1e-4), [0, 0, 0], { absolute: 1e-12 }); // .1 * 3 is not .3
  assert.deepEqual(groupAdvantages([2], 1e-4), [0]);
});

test('the KL estimator by hand', () => {
  // exp(d) - d - 1 for d = reference - policy = 0, log 2, -log 2
  const kl = tokenKl(
    tf.tensor1d([-1, -1, -1]),
    tf.tensor1d([-1, -1 + Math.log(2), -1 - Math.log(2)]),
  );
  assertAllclose(kl, [0, 1 - Math.log(2), Math.log(2) - 0.5]);
});

/** Tokens of every kind; ratios are exp(logprobs - oldLogprobs). */
function tokens(): GrpoLossInputs {
  const rows = [
    // policy, old, reference, advantage, weight
    [-1, -1, -1, 2, 0.1], // ratio 1
    [-1, -1 - Math.log(1.5), -1, 2, 0.2], // 1.5, above the clip, and it was good: 1.3 counts
    [-1, -1 - Math.log(1.5), -1, -2, 0.3], // 1.5 and it was bad: not clipped
    [-1, -1 + Math.log(2), -1, 2, 0.1], // .5, below the clip, and it was good: not clipped
    [-1, -1 + Math.log(2), -1, -2, 0.2], // .5 and it was bad: .8 counts
    [-1, -1, -1 + Math.log(2), 0, 0.1], // only the KL term
    [-900, 0, 50, 3, 0], // not counted, whatever it is
    [0, -900, -900, 3, 0],
  ];
  const column = (i: number): tf.Tensor => tf.tensor1d(rows.map((row) => row[i]!));
  return {
    logprobs: column(0),
    oldLogprobs: column(1),
    referenceLogprobs: column(2),
    advantages: column(3),
    weights: column(4),
  };
}
const lossConfig = { clipEpsilonLow: 0.2, clipEpsilonHigh: 0.3, klCoef: 0.5 };
const kl = 1 - Math.log(2);

test('the GRPO loss by hand', () => {
  const { loss, clipFraction, kl: meanKl } = grpoLoss(tokens(), lossConfig);
  const objective =
    0.1 * 2 + 0.2 * 1.3 * 2 + 0.3 * 1.5 * -2 + 0.1 * 0.5 * 2 + 0.2 * 0.8 * -2 - 0.1 * 0.5 * kl;
  assertAllclose(loss, [-objective]);
  assertAllclose(clipFraction, [0.2 + 0.2]);
  assertAllclose(meanKl, [0.1 * kl]);
  assertAllclose(grpoLoss(tokens(), { ...lossConfig, klCoef: 0 }).loss, [-objective - 0.05 * kl]);
});

test('the gradient of the GRPO loss by hand: not zero at ratio 1, zero where it is clipped', () => {
  const inputs = tokens();
  const gradient = tf.grad((logprobs) => grpoLoss({ ...inputs, logprobs }, lossConfig).loss)(
    inputs.logprobs,
  );
  assertAllclose(gradient, [
    -2 * 0.1, // -advantage weight
    0,
    0.3 * 2 * 1.5, // ratio times advantage
    -0.1 * 2 * 0.5,
    0,
    // the KL term exp(d) - d - 1 falls with slope 1 - exp(d) = -1 as the policy comes closer to the reference
    -0.1 * 0.5,
    0,
    0,
  ]);
});

const config = microConfig();
const shape = { rows: 2, rowLength: 12 };

/** Three groups: mixed rewards with a completion that was cut off, equal rewards, mixed rewards. */
const groups: ScoredCompletion[][] = [
  [
    { promptIds: [1, 3, 4], completionIds: [5, 6, 2], logprobs: [-1, -2, -3], reward: 1 },
    {
      promptIds: [1, 3, 4],
      completionIds: [7, 7, 7, 7, 7],
      logprobs: [-1, -1, -1, -1, -1],
      reward: 0,
    },
  ],
  [
    { promptIds: [1, 8], completionIds: [9, 2], logprobs: [-4, -5], reward: 0.1 },
    { promptIds: [1, 8], completionIds: [2], logprobs: [-6], reward: 0.1 },
  ],
  [
    { promptIds: [1], completionIds: [10, 2], logprobs: [-0.5, -0.25], reward: 0 },
    { promptIds: [1], completionIds: [4, 10, 2], logprobs: [-1.5, -2.5, -3.5], reward: 3 },
  ],
];

/** One completion as an update saw it. */
interface Seen {
  ids: number[];
  weights: number[];
  advantages: number[];
  oldLogprobs: number[];
  referenceLogprobs: number[];
}

/** Stands in for a trainer and writes down what each update is given. */
function observer(): { trainer: Trainer<GrpoBatch>; updates: Seen[][]; rates: number[] } {
  const updates: Seen[][] = [];
  const rates: number[] = [];
  const step = (batches: Iterable<GrpoBatch>, rate: number): Record<string, number> => {
    rates.push(rate);
    const seen: Seen[] = [];
    for (const batch of batches) {
      const ids = [...batch.ids.dataSync()];
      const starts = [...batch.starts.dataSync()];
      const targets = [...batch.targets.dataSync()];
      const channel = (name: keyof typeof batch.channels): number[] => [
        ...batch.channels[name].dataSync(),
      ];
      const channels = (['weights', 'advantages', 'oldLogprobs', 'referenceLogprobs'] as const).map(
        channel,
      );
      for (let from = 0; from < ids.length;) {
        let to = from + 1;
        while (to % shape.rowLength !== 0 && starts[to] === starts[from]) to++;
        const [weights, advantages, oldLogprobs, referenceLogprobs] = channels.map((values) =>
          values.slice(from, to),
        ) as [number[], number[], number[], number[]];
        const sequence = [...ids.slice(from, to), targets[to - 1]!];
        if (targets[from] !== 0)
          seen.push({ ids: sequence, weights, advantages, oldLogprobs, referenceLogprobs });
        from = to;
      }
      disposeTree(batch);
    }
    updates.push(seen);
    return {};
  };
  return { trainer: { step } as unknown as Trainer<GrpoBatch>, updates, rates };
}

const options = {
  updatesPerBatch: 2,
  shapes: [shape],
  learningRate: 0.01,
  seed: [3, 1],
} as const;

test('every completion of a group with unequal rewards is in one update', () => {
  const { trainer, updates, rates } = observer();
  const result = assertFlatMemory(() =>
    grpoUpdates(wholeModel(trainer), groups, workbookVariant, options),
  );
  assert.deepEqual(rates, [0.01, 0.01]);
  assert.equal(result.stats.length, 2);
  assertAllclose([result.zeroVarianceShare], [1 / 3]);
  // 2 updates of 2 rows of 12 places; 5 + 7 + 2 + 3 predictions in all, the prompts' included
  assertAllclose([result.padding], [48 / 17]);
  const used = [...groups[0]!, ...groups[2]!];
  const expected = used.map((c) => [...c.promptIds, ...c.completionIds].join());
  assert.deepEqual(
    updates
      .flat()
      .map(({ ids }) => ids.join())
      .sort(),
    expected.sort(),
  );
  assert.deepEqual(
    updates.map((update) => update.length),
    [2, 2],
  );
  for (const update of updates) {
    const completions = update.map(({ ids }) =>
      used.find((c) => [...c.promptIds, ...c.completionIds].join() === ids.join())!,
    );
    const count = completions.reduce((sum, c) => sum + c.completionIds.length, 0);
    update.forEach((seen, i) => {
      const { promptIds, completionIds, logprobs, reward } = completions[i]!;
      const before = Array<number>(promptIds.length - 1).fill(0);
      const over = (value: number): number[] => [...before, ...completionIds.map(() => value)];
      // Two rewards, r and lower: mean in the middle, deviation half the distance.
      const half = reward === 3 || groups[2]!.includes(completions[i]!) ? 1.5 : 0.5;
      const advantage = ((reward > 0 ? 1 : -1) * half) / (half + 1e-4);
      assertAllclose(seen.weights, over(1 / count));
      assertAllclose(seen.advantages, over(advantage));
      assertAllclose(seen.oldLogprobs, [...before, ...logprobs]);
      assert.deepEqual(seen.referenceLogprobs, seen.oldLogprobs);
    });
  }
});

test('the seed orders the completions', () => {
  const orderOf = (seed: number[]): string => {
    const { trainer, updates } = observer();
    grpoUpdates(wholeModel(trainer), groups, workbookVariant, { ...options, seed });
    return JSON.stringify(updates.map((update) => update.map(({ ids }) => ids)));
  };
  assert.equal(orderOf([3, 1]), orderOf([3, 1]));
  const orders = [0, 1, 2, 3, 4, 5, 6, 7].map((step) => orderOf([3, step]));
  assert.ok(new Set(orders).size > 2, 'more than two orders in eight steps');
});

test('without unequal rewards there is no update', () => {
  const { trainer, updates } = observer();
  const rounded = [groups[1]![0]!, groups[1]![1]!, groups[1]![0]!]; // .1 + .1 + .1 is not .3
  const equal = [groups[1]!, groups[1]!.map((c) => ({ ...c, reward: 0 })), rounded];
  const result = grpoUpdates(wholeModel(trainer), equal, workbookVariant, options);
  assert.deepEqual(result, { stats: [], zeroVarianceShare: 1, padding: 1 });
  assert.deepEqual(updates, []);
});

test('one update takes all completions, in as many batches as they need', () => {
  const { trainer, updates } = observer();
  const one = { ...options, updatesPerBatch: 1 };
  grpoUpdates(wholeModel(trainer), [...groups, ...groups], workbookVariant, one);
  assert.deepEqual(
    updates.map((update) => update.length),
    [8],
  );
  const weights = updates[0]!.flatMap((seen) => seen.weights);
  assertAllclose([weights.reduce((sum, w) => sum + w, 0)], [1]);
});

const logprobOf = (weights: ReturnType<typeof toReference>, c: ScoredCompletion): number =>
  referenceLogprobs(config, weights, [...c.promptIds, ...c.completionIds])
    .slice(c.promptIds.length - 1)
    .reduce((sum, x) => sum + x, 0);

test('updates make good completions likelier and bad ones less likely, and leave no tensor', () => {
  const parameters = randomParameters(config, 14);
  const start = toReference(parameters);
  const sampled = groups.map((group) =>
    group.map((c) => ({
      ...c,
      logprobs: referenceLogprobs(config, start, [...c.promptIds, ...c.completionIds]).slice(
        c.promptIds.length - 1,
      ),
    })),
  );
  const reference = assertFlatMemory(() =>
    referenceOf(
      { config, parameters },
      sampled.flat().map((c) => [...c.promptIds, ...c.completionIds]),
      shape,
    ),
  );
  const grpo = { ...defaultGrpo, klCoef: 0.1, updatesPerBatch: 1 };
  const trainer = new Trainer(
    grpoBatchLoss(config, grpo),
    defaultOptimizer,
    createTrainerState(cloneParameters(parameters), defaultOptimizer),
  );
  const runs = [1, 2, 3].map((step) =>
    assertFlatMemory(() =>
      grpoUpdates(wholeModel(trainer), sampled, workbookVariant, {
        updatesPerBatch: 1,
        shapes: [shape],
        learningRate: 0.005,
        seed: [step],
        reference,
      }),
    ),
  );
  const [first, second] = runs.map(({ stats }) => stats[0]!);
  // At ratio 1 the loss is minus the mean advantage over tokens and there is no KL; the gradient is not zero.
  const advantage = ((3 - 5) * 0.5) / 0.5001 + ((3 - 2) * 1.5) / 1.5001;
  assertAllclose([first!.loss!, first!.kl!, first!.clipFraction!], [-advantage / 13, 0, 0]);
  assert.ok(first!.gradientNorm! > 0.01);
  assert.ok(second!.kl! > 1e-6 && second!.loss! < first!.loss!);
  const end = toReference(trainer.state.parameters);
  for (const [better, worse] of [
    [sampled[0]![0]!, sampled[0]![1]!],
    [sampled[2]![1]!, sampled[2]![0]!],
  ] as const) {
    assert.ok(logprobOf(end, better) > logprobOf(start, better));
    assert.ok(logprobOf(end, worse) < logprobOf(start, worse));
  }
  trainer.dispose();
});

test('clipFraction and kl are means over tokens, whatever the loss divides its sums by', () => {
  const parameters = randomParameters(config, 16);
  const weights = toReference(parameters);
  // Every token's ratio is exp(.3): it is clipped where the advantage is positive. KL of the ratio exp(.2) is .0187.
  const sampled = groups.map((group) =>
    group.map((c) => {
      const all = referenceLogprobs(config, weights, [...c.promptIds, ...c.completionIds]);
      return { ...c, logprobs: all.slice(c.promptIds.length - 1).map((x) => x - 0.3) };
    }),
  );
  const reference = (ids: readonly number[]): number[] =>
    referenceLogprobs(config, weights, [...ids]).map((x) => x - 0.2);
  const statsOf = (tokenWeights = workbookVariant.tokenWeights) => {
    const state = createTrainerState(cloneParameters(parameters), defaultOptimizer);
    const grpo = { ...defaultGrpo, klCoef: 0.1 };
    const trainer = new Trainer(grpoBatchLoss(config, grpo), defaultOptimizer, state);
    const { stats } = grpoUpdates(
      wholeModel(trainer),
      sampled,
      { ...workbookVariant, tokenWeights },
      { updatesPerBatch: 1, shapes: [shape], learningRate: 0, seed: [1], reference },
    );
    trainer.dispose();
    return stats[0]!;
  };
  const [mean, drGrpo] = [statsOf(), statsOf(sumOverTokens(150))];
  const used = groups.flatMap((group) => {
    const rewards = group.map((c) => c.reward);
    const advantages = groupAdvantages(rewards);
    return group.map((c, i) => ({ tokens: c.completionIds.length, advantage: advantages[i]! }));
  });
  const counted = used.filter(({ advantage }) => Math.abs(advantage) > 1e-9);
  const tokensOf = (part: typeof used): number => part.reduce((sum, { tokens }) => sum + tokens, 0);
  const clipped = tokensOf(counted.filter(({ advantage }) => advantage > 0)) / tokensOf(counted);
  const kl = Math.exp(-0.2) + 0.2 - 1;
  for (const stats of [mean, drGrpo])
    assertAllclose([stats.clipFraction!, stats.kl!], [clipped, kl], { relative: 1e-4 });
  // The loss itself is Dr. GRPO's: the sum over tokens divided by 150 for each completion.
  assertAllclose([drGrpo.loss!], [(mean.loss! * tokensOf(counted)) / (150 * counted.length)], {
    relative: 1e-4,
  });
  disposeTree(parameters);
});

test('the reference knows the log-probabilities of each sequence', () => {
  const parameters = randomParameters(config, 15);
  const sequences = [
    [1, 2],
    [1, 3, 4, 5, 6, 7, 8, 9, 10, 2],
    [1, 5, 2],
    [1, 5, 4, 2],
    [1, 2],
    [1, 9, 9, 9, 2],
    [1, 0, 0, 0, 0, 2],
  ];
  const weights = toReference(parameters);
  const reference = assertFlatMemory(() => referenceOf({ config, parameters }, sequences, shape));
  for (const ids of sequences) {
    const batch = packRows(
      [{ ids, channels: {} }],
      [[0]],
      { rows: 1, rowLength: ids.length - 1 },
      [],
    );
    assertAllclose(reference(ids), batchLogprobs(config, parameters, batch));
    assertAllclose(reference(ids), referenceLogprobs(config, weights, ids), {
      absolute: 1e-5,
    });
  }
});
