import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import type { Row } from '../lib/core/csv';
import { stopFlag } from '../lib/core/loop';
import type { Evaluation } from '../lib/evaluation/score';
import { loadCheckpoint } from '../lib/model/checkpoint';
import { modelConfig } from '../lib/model/config';
import { readRunInfo, Run } from '../lib/runs/run';
import { wholeNumber } from '../lib/commands/arguments';
import { conversation } from '../lib/workbook/ask';
import { trainBase } from '../lib/stages/base';
import { corpusNamed } from '../lib/stages/corpora';
import {
  checkpointFolder,
  runFolder,
  samplerFor,
  saveModel,
  stageName,
} from '../lib/stages/places';
import { stageNamed } from '../lib/recipe/graph';
import { presetNamed, presets } from '../lib/recipe/presets';
import { runStage } from '../lib/recipe/runStage';
import { rolloutMetrics, rolloutRecord, sampleStep } from '../lib/stages/rollouts';
import { seedLines, seedTable } from '../lib/reports/seeds';
import { stageLines, stageTable } from '../lib/reports/stageTables';
import { baseSettings, mixture, rlSettings } from '../lib/stages/settings';
import { evaluationRow } from '../lib/stages/evaluateLevel';
import { countdownProblem } from '../lib/tasks/countdown';
import type { RewardFunction } from '../lib/rewards/reward';
import { generate, taskNamed } from '../lib/tasks/index';
import { createRandom } from '../lib/core/random';
import { taskVocabularySize, tokenIds } from '../lib/tokenizer/vocabulary';
import { guardMemory } from './support/guardMemory';
import { assertAllclose } from './support/allclose';
import { contents, temporaryFolder } from './support/folder';
import { randomParameters } from './support/microModel';

const place = temporaryFolder();
const config = modelConfig('tiny', taskVocabularySize);

test('names that do not exist are refused with the ones that do', () => {
  const refused = (call: () => unknown, message: string): void =>
    assert.throws(call, { name: 'UserError', message });
  refused(() => presetNamed('fast'), 'unknown preset fast: use smoke, quick, full');
  refused(
    () => stageNamed('r9'),
    'unknown stage r9: use base, r1-zero, dev1, dev2, dev3, reward-model, r1, or a control or comparison of --help',
  );
  assert.equal(stageNamed('ladder-grpo'), 'ladder-grpo');
  refused(
    () => corpusNamed('none'),
    'unknown corpus none: use default, no-search, weak-verdict, unequal-languages, or a task of your own',
  );
  refused(
    () => taskNamed('chess'),
    'unknown task chess: use countdown, programs, units, words, sums',
  );
  refused(
    () => generate('countdown', 7, createRandom(0), 'train'),
    'unknown level 7 for countdown: use 1 to 6',
  );
  refused(
    () => wholeNumber('2.5', '--steps', 1),
    'invalid --steps: 2.5: use a whole number from 1 up',
  );
  refused(() => wholeNumber('-1', '--seed'), 'invalid --seed: -1: use a whole number from 0 up');
  assert.equal(wholeNumber('12', '--seed'), 12);
  assert.equal(presetNamed('smoke'), presets.smoke);
});

test('a stage with an unknown size or corpus fails before it writes anything', async () => {
  const options = { seed: 0, place, gated: false };
  await assert.rejects(trainBase({ ...options, size: 'huge' as never }), {
    name: 'UserError',
    message: 'unknown size huge: use tiny, mini, small, base, large',
  });
  const corpus = { corpus: 'none' as never };
  await assert.rejects(trainBase({ ...options, size: 'tiny', settings: corpus }), {
    name: 'UserError',
    message:
      'unknown corpus none: use default, no-search, weak-verdict, unequal-languages, or a task of your own',
  });
  assert.deepEqual(contents(place), {});
});

test('settings follow from the size and can be overridden', () => {
  assert.equal(baseSettings('small', { tokens: 5 }).tokens, 5);
  assert.equal(rlSettings('small', { groupSize: 3 }).groupSize, 3);
  assert.equal(
    mixture.reduce((sum, { prompts }) => sum + prompts, 0) * rlSettings('small').groupSize,
    512,
  );
  assert.equal(stageName('small', 'base', 7), 'small-base-s7');
});

const plan = [
  { task: 'countdown', level: 3, prompts: 2 },
  { task: 'units', level: 2, prompts: 1 },
] as const;
const rewards = { accuracy: 1, format: 0.1, language: 0 };

test('a step samples each problem of the plan, in turn in both languages', async () => {
  const parameters = randomParameters(config, 30);
  const sampler = samplerFor(config);
  const options = { plan, groupSize: 3, maxNewTokens: 6, rewards, seed: 4, step: 9 };
  const groups = await guardMemory('a step', () => sampleStep(parameters, sampler, options));
  const flat = groups.flat();
  assert.deepEqual(
    groups.map((group) => group.length),
    [3, 3, 3],
  );
  assert.deepEqual(
    groups.map((g) => [g[0]!.problem.task, g[0]!.problem.level, g[0]!.language]),
    [
      ['countdown', 3, 'en'],
      ['countdown', 3, 'zh'],
      ['units', 2, 'en'],
    ],
  );
  for (const { rollout } of flat) {
    assert.equal(rollout.promptIds[0], tokenIds.bos);
    assert.ok(!rollout.promptIds.slice(1).includes(tokenIds.bos), 'one start of text');
    assert.ok(rollout.promptIds.length <= 13);
  }
  const again = async (changes: object) => {
    const rollouts = (await sampleStep(parameters, sampler, { ...options, ...changes })).flat();
    return {
      prompts: rollouts.map(({ rollout }) => rollout.promptIds.join()),
      texts: rollouts.map(({ rollout }) => rollout.text),
    };
  };
  assert.deepEqual(
    (await again({})).texts,
    flat.map(({ rollout }) => rollout.text),
  );
  for (const other of [{ seed: 5 }, { step: 8 }]) {
    const [changed, same] = [await again(other), await again({})];
    assert.notDeepEqual(changed.prompts, same.prompts);
    assert.notDeepEqual(changed.texts, same.texts);
  }
  const constant: RewardFunction = () => ({ accuracy: 0, format: 0, language: 0, total: 7 });
  const paid = (await sampleStep(parameters, sampler, { ...options, rewardFn: constant })).flat();
  assert.ok(paid.every(({ reward }) => reward.total === 7));
  sampler.dispose();
});

/** A scored rollout of a countdown problem, made by hand. */
const scored = (
  text: string,
  total: number,
  accuracy: number,
  finishReason: 'stop' | 'length',
  entropy: number,
  task = 'countdown',
) => {
  const completionIds = text.split(' ').map(() => 9);
  const entropies = completionIds.map(() => entropy);
  return {
    problem: { ...countdownProblem(26, [3, 5, 7]), task } as never,
    language: 'en' as const,
    rollout: {
      promptIds: [1],
      completionIds,
      text,
      logprobs: [],
      entropies,
      entropy,
      finishReason,
    },
    reward: { accuracy, format: 0, language: 1, total },
  };
};

test('the metrics of a batch of rollouts, by hand', () => {
  const groups = [
    [
      scored('<answer> 3 * 7 + 5 </answer> <eos>', 1, 1, 'stop', 0.5),
      scored('<think> try 3 + 5 = 8 -> 26 no wait try', 0, 0, 'length', 2),
    ],
  ];
  const row = rolloutMetrics(groups);
  const { 'reward/mean': mean, 'reward/std': std, 'policy/entropy': entropy } = row;
  // 8 and 12 tokens
  assertAllclose(
    [mean as number, std as number, entropy as number],
    [0.5, 0.5, (8 * 0.5 + 12 * 2) / 20],
  );
  assert.equal(row['reward/accuracy'], 0.5);
  assert.equal(row['reward/format'], 0);
  assert.equal(row['completion/length'], 10);
  assert.equal(row['completion/stopRate'], 0.5);
  assert.equal(row['countdown/accuracy'], 0.5);
  assert.equal(row['countdown/length'], 10);
  assert.equal(row['countdown/waits'], 0.5);
  assert.equal(row['countdown/languageConsistency'], 1);
  assert.ok(!('units/accuracy' in row));
  assert.deepEqual(rolloutRecord(groups[0]![0]!, 4, 'train'), {
    step: 4,
    split: 'train',
    task: 'countdown',
    level: 3,
    language: 'en',
    prompt: 'make 26 : 3 5 7 _',
    completion: '<answer> 3 * 7 + 5 </answer> <eos>',
    reward: { accuracy: 1, format: 0, language: 1, total: 1 },
    correct: true,
  });
});

test('base runs of two seeds differ from the first step', async () => {
  const firstRow = async (seed: number, stage: string): Promise<Row> => {
    const rows: Row[] = [];
    const onStep = (row: Row): void => {
      rows.push(row);
      stopFlag.requested = true;
    };
    const micro = { tokens: 5000, batches: [{ rows: 3, rowLength: 176 }], warmUpSteps: 1 };
    await trainBase({ size: 'tiny', seed, stage, place, gated: false, settings: micro, onStep });
    return { tokens: rows[0]!.tokens!, loss: rows[0]!['loss/policy']! };
  };
  const first = await firstRow(1, 'a');
  assert.deepEqual(await firstRow(1, 'b'), first);
  assert.notDeepEqual(await firstRow(2, 'a'), first);
});

/** A finished run with one evaluation, without the work. */
function finishedRun(name: string, stage: string, evaluations: Evaluation[]): void {
  const about = { stage, size: 'tiny', seed: 5, config: {}, versions: {} };
  const { run } = Run.open(runFolder(place, name), about);
  run.tokens = 1_260_000;
  run.finish(7, { evaluations });
}

const measures = {
  task: 'countdown',
  level: 3,
  n: 300,
  samples: 8,
  passAt1: 0.456,
  passAtK: 1,
  consAtK: 0.5,
  meanLength: 20.6,
  waits: 0.125,
  formatRate: 0.75,
  languageConsistency: 1,
  traceArithmetic: null,
  verdictAccuracy: 0.95,
};
const evaluation = {
  ...measures,
  passAt1Interval: [0.4, 0.5],
  modeShares: { direct: 0.5, search: 0.5 },
  intervals: { waits: [0.1, 0.2], passAtK: null },
} as unknown as Evaluation;

test('no reinforcement learning starts from a base that failed its gate', async () => {
  const about = { stage: 'base', size: 'tiny', seed: 6, config: {}, versions: {} };
  const gate = [
    { name: 'drill accuracy', value: 0.99, wanted: 0.95, passed: true },
    { name: 'pass@1, units', value: 0.2, wanted: 0.35, passed: false },
  ];
  Run.open(runFolder(place, 'tiny-base-s6'), about).run.finish(7, { gate });
  await assert.rejects(
    runStage('r1-zero', { preset: { ...presets.smoke, gated: true }, seed: 6, place }),
    {
      name: 'UserError',
      message:
        'tiny-base-s6 did not pass its gate (pass@1, units): remove it and use more --tokens or another --seed',
    },
  );
});

test('a stage that is done is not run again', async () => {
  finishedRun('tiny-base-s5', 'base', []);
  const before = contents(place);
  const info = await runStage('base', { preset: presets.smoke, seed: 5, place });
  assert.deepEqual(info, readRunInfo(runFolder(place, 'tiny-base-s5')));
  await assert.rejects(runStage('r1-zero', { preset: presets.smoke, seed: 5, place }), {
    name: 'UserError',
    message: `${checkpointFolder(place, 'tiny-base-s5')} is missing though its run is finished: remove ${runFolder(place, 'tiny-base-s5')}`,
  });
  assert.deepEqual(contents(place), before);
});

test('an evaluation as a row, and the stage table, by hand', () => {
  assert.deepEqual(evaluationRow(25, evaluation), {
    step: 25,
    ...measures,
    'mode/direct': 0.5,
    'mode/search': 0.5,
    'waits/low': 0.1,
    'waits/high': 0.2,
    'passAtK/low': null,
    'passAtK/high': null,
  });
  finishedRun('tiny-r1-zero-s5', 'r1-zero', [
    evaluation,
    { ...evaluation, task: 'units', level: 0 },
  ]);
  const lines = stageLines(place, ['tiny-base-s5', 'tiny-r1-zero-s5', 'tiny-nothing-s5']);
  assert.deepEqual(
    lines.map(({ name }) => name),
    ['tiny-base-s5', 'tiny-r1-zero-s5'],
  );
  const table = stageTable(lines)
    .split('\n')
    .map((line) => line.split(/ {2,}/).join('|'));
  const numbers = '.46 [.40, .50]|1.00|.50|21|0.13|.75|1.00|-|.95|300';
  assert.deepEqual(table, [
    'stage|task|pass@1|pass@8|cons@8|length|waits|format|language|arithmetic|verdicts|n|seconds|tokens',
    `tiny-r1-zero-s5|countdown 3|${numbers}|0|1.3M`,
    `|units|${numbers}|`,
  ]);
});

test('seeds beside each other, by hand', () => {
  const folder = temporaryFolder();
  const seeds = [
    { passAt1: 0.7, meanLength: 60, waits: 3 },
    { passAt1: 0.8, meanLength: 80, waits: 2 },
  ];
  seeds.forEach((after, seed) => {
    const about = { stage: 'r1-zero', size: 'tiny', seed, config: {}, versions: {} };
    const { run } = Run.open(runFolder(folder, `tiny-r1-zero-s${seed}`), about);
    const of = { task: 'countdown', level: 3, n: 300 };
    run.evaluations.push({ step: 0, ...of, passAt1: 0.2, meanLength: 20, waits: 0.5 });
    run.evaluations.push({ step: 4, ...of, n: 100, passAt1: 0.4, meanLength: 30, waits: 1 });
    run.evaluations.push({ step: 8, ...of, ...after });
    run.finish(8);
  });
  assert.deepEqual(seedLines(folder, 'tiny', 'r1'), []);
  const table = seedTable(seedLines(folder, 'tiny', 'r1-zero')).split('\n');
  // t = 12.706 with one degree of freedom: .75 +- 12.706 * .05
  assert.equal(
    table[1]!.replace(/ {2,}/g, '|'),
    'countdown 3|.20|.75 [.11, 1.39]|.70 .80|20 -> 70 (x3.5)|0.50 -> 2.50 (x5.0)|2 x 300',
  );
});

test('a model is saved with its tokenizer', () => {
  const folder = saveModel(place, 'with-tokenizer', {
    config,
    parameters: randomParameters(config, 31),
  });
  assert.deepEqual(fs.readdirSync(folder).sort(), [
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  const vocab = (
    JSON.parse(fs.readFileSync(path.join(folder, 'tokenizer.json'), 'utf8')) as {
      model: { vocab: object };
    }
  ).model.vocab;
  assert.equal(Object.keys(vocab).length, loadCheckpoint(folder).config.vocabSize);
});

test('a conversation shows the verdicts', () => {
  const problem = countdownProblem(26, [3, 5, 7]);
  const texts = ['<answer> 3 * 7 + 5 </answer> <eos>', 'nonsense'].map((text) => ({ text }));
  assert.equal(
    conversation(problem, texts),
    'prompt | make 26 : 3 5 7 _\nright | <answer> 3 * 7 + 5 </answer> <eos>\nwrong | nonsense',
  );
});
