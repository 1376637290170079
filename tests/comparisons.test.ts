import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../lib/core/random';
import { tf } from '../lib/engine/tensorflow';
import { modelConfig } from '../lib/model/config';
import { initParameters, type Model } from '../lib/model/parameters';
import type { Evaluation } from '../lib/evaluation/score';
import { readMetrics, readRollouts, Run } from '../lib/runs/run';
import type { Rollout, Sampler } from '../lib/sampling/sampler';
import { armLines, armRows, armTable } from '../lib/reports/arms';
import { allOnes, cleanOnes, collectTraces, rightOnes } from '../lib/stages/collect';
import { chainStages, stageNames, stages, type StageName } from '../lib/recipe/graph';
import { runFolder } from '../lib/stages/places';
import { presets, type Preset } from '../lib/recipe/presets';
import { runStage } from '../lib/recipe/runStage';
import { generalTable, stageLines } from '../lib/reports/stageTables';
import { makeUp } from '../lib/stages/rejectionSampling';
import { readTraces, traceFile, type Trace } from '../lib/stages/traces';
import { coldStartCompletion } from '../lib/tasks/coldStart';
import { isHonestGiveUp } from '../lib/tasks/curate';
import { countdownProblem } from '../lib/tasks/countdown';
import { generate } from '../lib/tasks/index';
import { taskVocabularySize } from '../lib/tokenizer/vocabulary';
import { temporaryFolder } from './support/folder';

const place = temporaryFolder();
/** What is measured is not looked at here, so little is. */
const little = {
  evaluated: [{ task: 'units', level: 0 }],
  finalProblems: 2,
  finalGeneralPrompts: 2,
  maxNewTokens: 16,
} as const;
const { smoke } = presets;
const preset: Preset = {
  ...smoke,
  rl: { ...smoke.rl, ...little, evaluationProblems: 2 },
  sft: { ...smoke.sft, ...little },
  comparison: { steps: 2, finalProblems: 2 },
};

test('every stage needs stages that exist, and none needs itself', () => {
  assert.deepEqual(chainStages, ['base', 'r1-zero', 'dev1', 'dev2', 'dev3', 'reward-model', 'r1']);
  const ancestors = (name: StageName): StageName[] => {
    const { needs, ofTeacher = [] } = stages[name];
    return [...needs, ...ofTeacher].flatMap((before) => {
      assert.ok(stageNames.includes(before), `${name} needs ${before}`);
      return [before, ...ancestors(before)]; // a circle would never end
    });
  };
  assert.deepEqual(
    stageNames.filter((name) => ancestors(name).length === 0),
    ['base', 'base-no-search', 'base-weak-verdict', 'base-unequal'],
  );
  const every = (name: StageName): string[] => [...new Set(ancestors(name))].sort();
  assert.deepEqual(every('dev1'), ['base', 'r1-zero']);
  assert.deepEqual(every('gen4-growing'), ['base', 'gen1-growing', 'gen2-growing', 'gen3-growing']);
  assert.deepEqual(every('distilled'), [...chainStages, 'distillation-data'].sort());
});

test('the whole recipe at smoke size, PPO, and RL on the reward model alone; no tensor is left', async () => {
  const before = tf.memory().numTensors;
  const names = ['r1', 'ppo-lambda-95', 'hacked-reward-model', 'distilled-soft', 'gen1-climbing'] as const; // prettier-ignore
  const steps: Record<string, number> = {};
  for (const stage of names) {
    const info = await runStage(stage, { preset, seed: 0, place });
    assert.equal(info?.finished, true, stage);
    steps[stage] = info.steps;
  }
  const { r1, 'ppo-lambda-95': ppoSteps, 'hacked-reward-model': hackedSteps } = steps;
  assert.deepEqual([r1, ppoSteps, hackedSteps], [2, 2, 2]);
  assert.equal(tf.memory().numTensors, before);

  const dev3 = readTraces(traceFile(place, 'tiny-dev3-s0'));
  // 12 random completions are .68 of the whole, so that a quarter of it, 4.4 documents, is no reasoning
  const traces = Object.entries(makeUp(dev3)).map(([kind, part]) => [kind, part.traces]);
  assert.deepEqual(traces, [['reasoning', 12], ['general', 4]]); // prettier-ignore
  const lines = stageLines(place, ['tiny-dev2-s0', 'tiny-dev3-s0', 'tiny-r1-s0']);
  assert.equal(generalTable(lines).split('\n').length, 3); // Dev2 does not know the words
  const columns = (stage: string, ...names: string[]): unknown[][] =>
    readMetrics(runFolder(place, `tiny-${stage}-s0`)).map((row) => names.map((name) => row[name] ?? null)); // prettier-ignore
  // this base is never right, so a critic that expects 0 is
  assert.deepEqual(columns('ppo-lambda-95', 'reward/mean', 'loss/value'), [[0, 0], [0, 0]]); // prettier-ignore
  const [[early], [late]] = columns('r1', 'reward/preference') as [unknown[], unknown[]];
  assert.equal(early, null); // only late
  assert.ok(Number.isFinite(late), `a score of ${String(late)}`);
  for (const [total, score] of columns('hacked-reward-model', 'reward/mean', 'reward/preference')) {
    assert.equal(total, score); // nothing else is paid
    assert.notEqual(score, 0);
  }
});

test('a cap that is raised in the middle of a run: the same run up to there', async () => {
  const longest = async (stage: StageName): Promise<number[]> => {
    const info = await runStage(stage, { preset, seed: 0, place });
    assert.deepEqual([info?.finished, info?.steps], [true, preset.rl.steps]);
    const rollouts = readRollouts(runFolder(place, `tiny-${stage}-s0`));
    return [0, preset.rl.steps!].map((step) => {
      const own = rollouts.filter((rollout) => rollout.step === step);
      return Math.max(...own.map(({ completion }) => completion.split(' ').length));
    });
  };
  assert.deepEqual(await longest('cap-kept'), [110, 110]);
  assert.deepEqual(await longest('cap-raised'), [110, 200]);
  const [kept, raised] = ['kept', 'raised'].map((arm) => {
    const [first] = readMetrics(runFolder(place, `tiny-cap-${arm}-s0`));
    return Object.entries(first!).filter(([key]) => !/^(seconds|speed|memory)/.test(key));
  });
  assert.deepEqual(kept, raised);
});

const random = createRandom('comparisons');
const config = modelConfig('tiny', taskVocabularySize);
const from: Model = { config, parameters: initParameters(config, 1) };

/** A sampler that answers every prompt with these texts. */
const parrot = (texts: readonly string[]): Sampler => ({
  sample: (_, prompts) =>
    prompts.map(() => texts.map((text) => ({ text, completionIds: [1] }) as unknown as Rollout)),
  dispose: () => undefined,
});

test('filters: everything, what is right, what is clean; honest give-ups apart', async () => {
  const plan = [{ task: 'countdown', level: 3, prompts: 1 } as const];
  const problem = generate('countdown', 3, createRandom(0, 'traces'), 'train');
  const right = coldStartCompletion(problem, 'en', random);
  const careless = right.replace('<think>', '<think> 1 + 1 = 3'); // right, with a wrong calculation
  const options = { seed: 0, plan, samples: 3, perPrompt: 9, maxNewTokens: 10 };
  const kept = async (filter: typeof allOnes): Promise<string[]> => {
    const sampler = parrot([right, careless, 'no <eos>']);
    const { traces } = await collectTraces(from, sampler, { ...options, ...filter });
    return traces.map((trace: Trace) => trace.completion);
  };
  assert.deepEqual(await kept(allOnes), [right, careless, 'no <eos>']);
  assert.deepEqual(await kept(rightOnes), [right, careless]);
  assert.deepEqual(await kept(cleanOnes), [right]);
});

test('an honest give-up has tried, and every step of it is right', () => {
  const problem = countdownProblem(19, [3, 5, 8]);
  const tries = ['3 + 5 = 8 + 8 = 16', '3 * 5 = 15 - 8 = 7', '8 - 3 = 5 + 5 = 10', '8 - 5 = 3 * 3 = 9']; // prettier-ignore
  const search = (attempts: readonly string[]): string =>
    attempts.map((attempt) => `try ${attempt} -> 19 no`).join(' wait ');
  const end = '</think> <answer> 8 - 5 * 3 </answer> <eos>';
  const says = (text: string): boolean => isHonestGiveUp(problem, `<think> ${text} ${end}`, 'en');
  assert.equal(says(search(tries)), true);
  assert.equal(says(search(tries.slice(0, 3))), false); // impatient
  assert.equal(says(search([...tries, tries[0]!])), false); // repeats itself
  assert.equal(says(search(tries).replace('= 16', '= 17')), false); // a slip
  assert.equal(says(search(tries).replace('wait', '等')), false);
  assert.equal(isHonestGiveUp(problem, `<think> ${search(tries)}`, 'en'), false); // not finished
});

test('stages beside each other, over seeds', () => {
  const evaluation = (passAt1: number): Evaluation =>
    ({ task: 'units', level: 0, n: 50, passAt1, passAt1Interval: [0, 1], passAtK: 1, meanLength: 20, waits: 0, formatRate: 1, languageConsistency: 1, traceArithmetic: null, repeatRate: 0.5 }) as unknown as Evaluation; // prettier-ignore
  const own = temporaryFolder();
  [0.2, 0.4, 0.6].forEach((value, seed) => {
    const plan = { stage: 'a', size: 'tiny' as const, seed, config: {}, versions: {} };
    const { run } = Run.open(runFolder(own, `tiny-a-s${seed}`), plan);
    run.finish(1, { evaluations: [evaluation(value)] });
  });
  const plan = { stage: 'b', size: 'tiny' as const, seed: 0, config: {}, versions: {} };
  const alone = Run.open(runFolder(own, 'tiny-b-s0'), plan);
  alone.run.finish(1, { evaluations: [evaluation(0.5)] });
  const lines = armLines(own, 'tiny', { first: 'a', second: 'b', none: 'c' });
  const rows = armRows(lines);
  assert.deepEqual(
    rows.map(({ arm, task }) => [arm, task]),
    [
      ['first', 'units'],
      ['second', 'units'],
    ],
  );
  // mean .4, deviation .2, Student's t of 2 degrees of freedom: .4 ± 4.303 * .2 / sqrt(3)
  assert.ok(Math.abs(rows[0]!.value - 0.4) < 1e-9);
  assert.ok(Math.abs(lines[0]!.accuracy.interval[1] - (0.4 + (4.303 * 0.2) / Math.sqrt(3))) < 1e-3);
  assert.deepEqual([rows[0]!.low, rows[1]!.low, rows[1]!.high], [0, 0, 1]);
  const table = armTable(lines);
  assert.match(table, /first +units +\.40 .* \.20 \.40 \.60 /);
  assert.match(table, /3 x 50/);
});
