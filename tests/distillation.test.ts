import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { joulesBetween, readEnergy } from '../lib/core/energy';
import { createRandom } from '../lib/core/random';
import { tf } from '../lib/engine/tensorflow';
import { disposeTree } from '../lib/engine/tree';
import { heldOutProblems } from '../lib/evaluation/evaluate';
import { measureBudget, measureTestTime } from '../lib/evaluation/testTime';
import { voteCurve } from '../lib/evaluation/votes';
import type { Rollout, Sampler } from '../lib/sampling/sampler';
import { costOf } from '../lib/reports/cost';
import { shortAnswers } from '../lib/stages/distillation';
import { defaultCycle, generationTraces } from '../lib/stages/generations';
import { stages } from '../lib/recipe/graph';
import { presets } from '../lib/recipe/presets';
import { wholeRecipe } from '../lib/recipe/wholeRecipe';
import type { Trace } from '../lib/stages/traces';
import { corpusDocument, defaultCorpus } from '../lib/tasks/corpus';
import { generate, promptIds, promptText, verify } from '../lib/tasks/index';
import { decode, encode } from '../lib/tokenizer/tokenizer';
import { nextTokenLoss, type TextBatch } from '../lib/training/nextToken';
import { defaultOptimizer } from '../lib/training/optimizer';
import { packBatches } from '../lib/training/packing';
import {
  createSoftLabelTrainer,
  softCrossEntropy,
  softLabelLoss,
} from '../lib/training/softLabels';
import { createTrainerState } from '../lib/training/trainer';
import { temporaryFolder } from './support/folder';
import { microConfig, randomParameters } from './support/microModel';

const close = (actual: number, expected: number, tolerance = 1e-6): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);

test('soft cross-entropy by hand, and its gradient', () => {
  const logits = [
    [0, Math.log(3)], // 1/4, 3/4
    [0, 0],
  ];
  const soft = [
    [0.5, 0.5],
    [1, 0],
  ];
  tf.tidy(() => {
    const labels = tf.tensor2d(soft);
    const weights = tf.tensor1d([2, 0.5]);
    const loss = (x: tf.Tensor): tf.Scalar => softCrossEntropy(x, labels, weights) as tf.Scalar;
    const expected = 2 * (0.5 * Math.log(4) + 0.5 * Math.log(4 / 3)) + 0.5 * Math.log(2);
    close(loss(tf.tensor2d(logits)).dataSync()[0]!, expected);
    // weights (softmax - soft)
    const gradient = tf.grad(loss)(tf.tensor2d(logits)).dataSync();
    [2 * -0.25, 2 * 0.25, 0.5 * -0.5, 0.5 * 0.5].forEach((g, i) => close(gradient[i]!, g));
  });
});

const config = microConfig();
const sequences = [
  { ids: [1, 4, 7, 2, 9], channels: { weights: [0, 0.2, 0.3, 0.5] } },
  { ids: [3, 8, 8], channels: { weights: [0.4, 0.6] } },
];
const batch = (): TextBatch => [...packBatches(sequences, [{ rows: 1, rowLength: 8 }], ['weights'])][0]!; // prettier-ignore

test('one-hot labels are next-token training', () => {
  const parameters = randomParameters(config, 1);
  tf.tidy(() => {
    const hard = batch();
    const soft = tf.oneHot(hard.targets as tf.Tensor1D, config.vocabSize);
    const both = [
      nextTokenLoss(config)(parameters, hard).loss,
      softLabelLoss(config)(parameters, { ...hard, soft }).loss,
    ].map((loss) => loss!.dataSync()[0]!);
    close(both[1]!, both[0]!, 1e-5);
  });
  disposeTree(parameters);
});

test('a student that is its teacher has nothing to learn, another one has; a larger vocabulary is cut', () => {
  const parameters = randomParameters(config, 2);
  const wideConfig = microConfig({ vocabSize: 14 });
  const wide = { config: wideConfig, parameters: randomParameters(wideConfig, 3) };
  const norms = [{ config, parameters }, wide].map((teacher) => {
    const own = randomParameters(config, 2);
    const state = createTrainerState(own, defaultOptimizer);
    const trainer = createSoftLabelTrainer(teacher, config, defaultOptimizer, state);
    trainer.step([batch(), batch()], 0);
    const tensors = tf.memory().numTensors;
    const { gradientNorm } = trainer.step([batch(), batch()], 1e-3);
    assert.equal(tf.memory().numTensors, tensors);
    trainer.dispose();
    return gradientNorm!;
  });
  assert.ok(norms[0]! < 2e-4, `${norms[0]}`);
  assert.ok(norms[1]! > 1e-2, `${norms[1]}`);
  disposeTree(parameters, wide.parameters);
});

test('pass@k and cons@k of many votes by hand', () => {
  const right = { answer: 'a', correct: true };
  const wrong = { answer: 'b', correct: false };
  const silent = { answer: null, correct: false };
  const [one, two, four] = voteCurve([
    [right, wrong, right, right],
    [wrong, wrong, silent, right],
  ]);
  assert.deepEqual([one!.k, two!.k, four!.k], [1, 2, 4]);
  close(one!.passAtK, (3 / 4 + 1 / 4) / 2);
  close(one!.consAtK, (3 / 4 + 1 / 4) / 2);
  close(two!.passAtK, (1 + 1 / 2) / 2); // of two among four: 1 - 0/6, and 1 - C(3,2)/6
  // (right, wrong) is a tie that the first one wins, (right, right); (wrong, wrong), (silent, right)
  close(two!.consAtK, 3 / 4);
  close(four!.passAtK, 1);
  close(four!.consAtK, 1 / 2);
});

/** A sampler that says these texts, whatever it is asked; `asked` gets its prompts. */
function parrot(texts: readonly string[], asked: string[] = []): Sampler {
  return {
    sample: (_, prompts, { groupSize, maxNewTokens }) => {
      asked.push(...prompts.map(decode));
      return prompts.map((promptTokens) =>
        Array.from({ length: groupSize }, (_, i): Rollout => {
          const ids = encode(texts[i % texts.length]!);
          const completionIds = ids.slice(0, maxNewTokens);
          const finishReason = ids.length > maxNewTokens ? 'length' : 'stop';
          const text = decode(completionIds);
          return { promptIds: promptTokens, completionIds, text, finishReason } as unknown as Rollout; // prettier-ignore
        }),
      );
    },
    dispose: () => undefined,
  };
}

test('test-time compute counts right answers and tokens of each problem', async () => {
  const set = heldOutProblems('units', 0, 1);
  const [problem] = set.problems as [(typeof set.problems)[0]];

  const sampler = parrot(['<answer> 1 m </answer> <eos>', 'no <eos>']);
  const { right, lengths, votes } = await measureTestTime({} as never, sampler, set, {
    samples: 4,
  });
  const correct = verify(problem, '<answer> 1 m </answer> <eos>').correct ? 2 : 0;
  assert.deepEqual(right, [correct]);
  assert.deepEqual(lengths, [3.5]); // of 5 and 2 tokens
  assert.deepEqual(votes.map(({ k }) => k), [1, 2, 4]); // prettier-ignore
});

test('a limit on thinking: what is not answering yet is made to answer', async () => {
  const set = heldOutProblems('countdown', 3, 1);
  const asked: string[] = [];
  const long = '<think> try 1 + 1 = 2 -> 9 no wait try 1 + 1 = 2 -> 9 no </think> <answer> 1';
  const sampler = parrot([long, '<answer> 1 </answer> <eos>'], asked);
  const point = await measureBudget({} as never, sampler, set, { budget: 6, samples: 2 });
  assert.equal(point.forced, 0.5);
  assert.equal(asked.length, 2); // the problem, then the one that was cut
  const prompt = decode(promptIds(set.problems[0]!, 'en'));
  assert.equal(asked[1], `${prompt} <think> try 1 + 1 = </think> <answer>`);
  // 6 thought, 2 written for it, 14 said; and 4 by the one that had answered
  assert.equal(point.meanLength, (6 + 2 + 14 + 4) / 2);
  // one that is cut in the middle of its answer only goes on
  const answering: string[] = [];
  const cut = parrot(['<think> yes </think> <answer> 1 + 2 + 3 + 4 </answer> <eos>'], answering);
  const gentle = await measureBudget({} as never, cut, set, { budget: 6, samples: 1 });
  assert.equal(gentle.forced, 0);
  assert.equal(answering[1], `${prompt} <think> yes </think> <answer> 1 +`);
});

function trace(task: string, level: number): Trace {
  return { kind: 'reasoning', task, level, language: 'zh', prompt: '', completion: '' };
}

test('short answers are right, as many of each kind, and never search', () => {
  const wanted = [trace('countdown', 5), trace('programs', 2), trace('units', 1)];
  const made = shortAnswers(Array.from({ length: 20 }, () => wanted).flat(), 0);
  assert.deepEqual(
    made.map(({ task, level, language }) => [task, level, language]),
    made.map((_, i) => [wanted[i % 3]!.task, wanted[i % 3]!.level, 'zh']),
  );
  assert.equal(made.length, 60);
  const answers = made.map(({ prompt, completion }) => {
    assert.doesNotMatch(completion, /wait|等/);
    return [prompt, /<answer> (.*) <\/answer> <eos>$/.exec(completion)![1]!] as const;
  });
  assert.deepEqual(answers.slice(0, 3), [
    ['凑 50 : 3 3 9 5', '3 / 3 + 9 * 5'], // 1, 10, 50
    ['律 3 -> 16 ; 9 -> 34 : _ _', '* 3 + 7'], // 9 + 7 and 27 + 7
    ['从 11 m 率 + 2 时 5 :', '21 m'], // 11 + 2 * 5
  ]);
  for (const [prompt, answer] of answers.filter((_, i) => i % 3 === 0)) {
    const [target, ...numbers] = prompt.match(/\d+/g)!;
    const [start, ...steps] = answer.split(' ');
    let value = Number(start);
    for (let i = 0; i < steps.length; i += 2) {
      const n = Number(steps[i + 1]);
      value = { '+': value + n, '-': value - n, '*': value * n, '/': value / n }[steps[i]!]!;
    }
    assert.equal(value, Number(target), `${prompt} ${answer}`);
    assert.deepEqual(answer.match(/\d+/g)!.sort(), numbers.sort(), `${prompt} ${answer}`);
  }
  assert.deepEqual(shortAnswers(wanted, 0), made.slice(0, 3));
});

test('generations: a fixed number of traces, or all; problems of their own', async () => {
  const before = { config: { vocabSize: 104 }, parameters: {} } as never;
  const plan = [{ task: 'units' as const, level: 0, prompts: 5, keep: 3 }];
  const settings = { ...defaultCycle, plan, samples: 2, filter: 'all' as const };
  const sampler = parrot(['<answer> 1 m </answer> <eos>', 'no <eos>']);
  const make = (generation: number, growing = false) =>
    generationTraces(before, { generation, seed: 0, settings: { ...settings, growing }, sampler });
  const [first, again, second] = [await make(1), await make(1), await make(2)];
  assert.equal(first.traces.length, 3);
  assert.deepEqual(again, first);
  assert.notDeepEqual(second.traces.map((t) => t.prompt), first.traces.map((t) => t.prompt)); // prettier-ignore
  assert.equal((await make(1, true)).traces.length, 10);
});

test('level 6 has five numbers and is in no corpus', () => {
  const random = createRandom('level 6');
  const problem = generate('countdown', 6, random, 'held-out');
  assert.match(promptText(problem, 'en'), /^make \d+ :( \d){5}$/);
  assert.ok(problem.task === 'countdown');
  const { start, steps } = problem.solution;
  const chain = [start, ...steps.map((s) => `${s.operator} ${s.operand}`)].join(' ');
  assert.ok(verify(problem, `<answer> ${chain} </answer> <eos>`).correct);
  for (let i = 0; i < 300; i++) {
    const { ids } = corpusDocument(defaultCorpus, random);
    assert.ok(!/^<bos> (make|凑) \d+ :( \d){5}/.test(decode(ids)));
  }
});

test('students come after their teacher, from bases that need no gate', () => {
  const due = wholeRecipe(presets.full).map(({ stage, preset }) => `${preset.size}-${stage}`);
  assert.ok(due.indexOf('base-r1') < due.indexOf('base-distillation-data'));
  assert.ok(due.indexOf('base-distillation-data') < due.indexOf('tiny-distilled'));
  assert.deepEqual(stages.distilled.ofTeacher, ['distillation-data']);
  assert.ok(stages.distilled.anyBase && stages['student-rl'].anyBase && !stages['r1-zero'].anyBase);
});

test('energy counters are read where there are any, and may start again', () => {
  const folder = temporaryFolder();
  assert.deepEqual(readEnergy(path.join(folder, 'none')), []);
  for (const [name, value] of [
    ['intel-rapl:0', 900],
    ['intel-rapl:1', 50],
    ['intel-rapl:0:0', 7],
  ] as const) {
    // prettier-ignore
    fs.mkdirSync(path.join(folder, name));
    fs.writeFileSync(path.join(folder, name, 'energy_uj'), `${value}000000\n`);
    fs.writeFileSync(path.join(folder, name, 'max_energy_range_uj'), '1000000000\n');
  }
  const before = readEnergy(folder);
  assert.deepEqual(before.map(({ value }) => value), [9e8, 5e7]); // prettier-ignore
  const after = [
    { value: 1e8, range: 1e9 },
    { value: 8e7, range: 1e9 },
  ];
  assert.equal(joulesBetween(before, after), 200 + 30);
  assert.equal(joulesBetween([], []), null);
});

test('what a stage cost, by hand', () => {
  // per token: 2 layers of 6 x 2 x (8 + 4) + 3 x 6 x 7, and 11 x 6 for the logits
  const weights = 2 * (144 + 126) + 66;
  const info = { stage: 'gen1', seconds: 9, tokens: 100, config: { model: config }, result: { sampledTokens: 40 } }; // prettier-ignore
  const sft = costOf('a', info as never);
  assert.deepEqual(
    [sft.kind, sft.sampledTokens, sft.trainedTokens, sft.flops, sft.joules],
    ['data and SFT', 40, 100, weights * (2 * 40 + 6 * 100), null],
  );
  const zero = { ...info, stage: 'r1-zero', config: { model: config, groupSize: 16 }, joules: 5 };
  const rl = costOf('b', zero as never);
  assert.deepEqual([rl.kind, rl.sampledTokens, rl.flops, rl.joules], ['RL', 100, weights * 800, 5]);
});
