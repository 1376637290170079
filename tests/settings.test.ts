import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { knownStage, stageNames, stages } from '../lib/recipe/graph';
import { presets, type Preset } from '../lib/recipe/presets';
import { checkedSettings, runStage } from '../lib/recipe/runStage';
import { presetOfRecorded } from '../lib/reports/recordedRuns';
import { readMetrics, readRunInfo, type RunInfo } from '../lib/runs/run';
import { recorded, runFolder } from '../lib/stages/places';
import { rlSettings, settingsFrom, type RLSettings } from '../lib/stages/settings';
import { advantageEpsilon } from '../lib/training/variants';
import { temporaryFolder } from './support/folder';

test('one rule: defaults < stage < preset < caller, value by value', () => {
  const defaults = { a: 1, b: 1, c: 1, d: 1 };
  const stage = { b: 2, c: 2, d: 2 };
  assert.deepEqual(settingsFrom({ defaults }), defaults);
  assert.deepEqual(settingsFrom({ defaults, stage, preset: { c: 3, d: 3 }, caller: { d: 4 } }), {
    a: 1,
    b: 2,
    c: 3,
    d: 4,
  });
});

/** What `run.json` keeps beside the settings. */
const besideSettings = ['from', 'model', 'pairs', 'stages'];

const all = fs
  .readdirSync(path.join(recorded, 'runs'))
  .map((name) => [name, readRunInfo(runFolder(recorded, name))!] as const);

/** The recorded runs of the graph's stages, by name. */
const recordedRuns = Object.fromEntries(all.filter(([, { stage }]) => knownStage(stage)));

/** The recorded runs of notebook 10, whose cells say their settings. */
const ofNotebook = all.filter(([, { stage }]) => !knownStage(stage)).map(([name]) => name);

/** Whole traces of the data set that students learn from: those who get fewer have as many steps. */
const wholeDataSet = 10_000;

/** The settings that a recorded run of this kind would be made with today, in the form that `run.json` has. */
function settingsToday({ size, stage, config }: RunInfo): Record<string, unknown> {
  const preset: Preset = {
    ...presets[presetOfRecorded(size, stage)],
    size: size as Preset['size'],
  };
  const { kind, ofStudents, settings } = knownStage(stage)!;
  const { run } = settings({ preset, caller: {} });
  const today = JSON.parse(JSON.stringify(run)) as Record<string, unknown>;
  if (kind === 'SFT' && ofStudents)
    today.epochs = Math.round((Number(today.epochs) * wholeDataSet) / Number(config.traces));
  return today;
}

/** The settings of a recorded run. */
function settingsThen({ stage, config }: RunInfo): Record<string, unknown> {
  const then = { ...config };
  // of the stage that makes the students' data it is a setting: the most traces
  if (knownStage(stage)!.kind !== 'data') delete then.traces;
  for (const key of besideSettings) delete then[key];
  // once a setting, with the value that is a constant today
  const { advantageEpsilon: epsilon = advantageEpsilon, ...grpo } = (then.grpo ?? {}) as { advantageEpsilon?: number }; // prettier-ignore
  assert.equal(epsilon, advantageEpsilon);
  return 'grpo' in then ? { ...then, grpo } : then;
}

const seeds = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, seed) => `${name}-s${seed}`);

/** Runs that were recorded before a setting existed: they do not record it. */
const olderThan: Readonly<Record<string, readonly string[]>> = {
  gateProblems: [
    'base-base-s0',
    ...seeds('small-base', 3),
    ...seeds('tiny-base', 3),
    'small-base-no-search-s0',
    'small-base-weak-verdict-s0',
    ...seeds('small-base-unequal', 3),
  ],
  finalGeneralPrompts: [
    'base-dev1-s0',
    'base-dev2-s0',
    'base-r1-zero-s0',
    ...seeds('small-dev1', 3),
    'small-dev1-uncurated-s0',
    ...seeds('small-dev2', 3),
    'small-dev2-no-language-s0',
    'small-r1-zero-s1',
    'small-r1-zero-s2',
    'small-r1-zero-no-search-s0',
    'small-r1-zero-weak-verdict-s0',
  ],
  inspect: [
    'small-r1-zero-s1',
    'small-r1-zero-s2',
    'small-r1-zero-no-search-s0',
    'small-r1-zero-weak-verdict-s0',
  ],
  // a constant of 150 tokens in the code that sampled
  maxNewTokens: [
    'base-distillation-data-s0',
    'base-test-time-s0',
    ...seeds('small-test-time-generations', 3),
    'small-test-time-students-s0',
    'tiny-test-time-students-s0',
  ],
};

test('the settings of every recorded run come out as they are recorded', () => {
  assert.ok(Object.keys(recordedRuns).length > 100);
  const coins = ['base', 'hacked', 'mended', 'r1-zero', 'tossed'];
  assert.deepEqual(ofNotebook, coins.map((stage) => `small-coins-${stage}-s0`)); // prettier-ignore
  const missing: Record<string, string[]> = {};
  for (const [name, info] of Object.entries(recordedRuns)) {
    const [then, today] = [settingsThen(info), settingsToday(info)];
    for (const key of Object.keys(today).filter((one) => !(one in then))) {
      (missing[key] ??= []).push(name);
      delete today[key];
    }
    assert.deepEqual(today, then, name);
  }
  const sorted = (of: Readonly<Record<string, readonly string[]>>) =>
    Object.fromEntries(Object.entries(of).map(([key, names]) => [key, [...names].sort()]));
  assert.deepEqual(sorted(missing), sorted(olderThan));
});

test('--steps reaches every stage of reinforcement learning, and the others refuse it in one line', () => {
  const why = {
    'pre-training': 'its length is given in --tokens',
    SFT: 'its steps follow from its traces and epochs',
    'reward model': 'its steps follow from its pairs and epochs',
    data: 'it does not learn',
    measuring: 'it does not learn',
  };
  const preset = presets.quick;
  const caller = { steps: 5 };
  for (const stage of stageNames) {
    const { kind } = stages[stage];
    const settings = (): RLSettings => checkedSettings(stage, { preset, caller }).run as RLSettings;
    if (kind !== 'RL') {
      const message = `--steps does not apply to ${stage}: ${why[kind]}`;
      assert.throws(settings, { name: 'UserError', message });
    } else if (stage === 'r1' || stage === 'r1-no-preference') {
      // preferences begin at step 30: without them R1 would be its own control
      const message = `${stage} changes its settings at step 30 of 5: use 31 steps or more`;
      assert.throws(settings, { name: 'UserError', message });
    } else {
      const { steps, late } = settings();
      assert.deepEqual([steps, late?.from], [5, stage === 'cap-raised' ? 2 : undefined], stage);
    }
  }
  const r1 = checkedSettings('r1', { preset, caller: { steps: 31 } }).run as RLSettings;
  assert.deepEqual([r1.steps, r1.late!.from], [31, 30]);
  assert.throws(() => checkedSettings('cap-raised', { preset, caller: { steps: 1 } }), {
    name: 'UserError',
    message: 'cap-raised changes its settings at step 0 of 1: use 2 steps or more',
  });
});

test('--tokens is for pre-training', () => {
  const preset = presets.quick;
  const caller = { tokens: 1000 };
  const { run } = checkedSettings('base-no-search', { preset, caller });
  const { tokens, corpus } = run as { tokens?: number; corpus?: string };
  assert.deepEqual([tokens, corpus], [1000, 'no-search']);
  assert.throws(() => checkedSettings('r1-zero', { preset, caller }), {
    name: 'UserError',
    message: '--tokens does not apply to r1-zero: its length is given in --steps',
  });
});

test('what the caller asks for is for the named stage alone, and is not taken for done with other values', async () => {
  const place = temporaryFolder();
  const evaluated = [{ task: 'units', level: 0 }];
  const little = { evaluated, finalProblems: 2, finalGeneralPrompts: 0 };
  const preset: Preset = {
    ...presets.smoke,
    rl: { ...presets.smoke.rl, ...little, maxNewTokens: 8 },
    sft: { ...presets.smoke.sft, ...little },
  };
  const options = { preset, seed: 0, place };
  const info = await runStage('dev2', { ...options, caller: { steps: 3 } });
  assert.equal(info!.config.steps, 3);
  assert.equal(readMetrics(runFolder(place, 'tiny-dev2-s0')).length, 3);
  assert.equal(readMetrics(runFolder(place, 'tiny-r1-zero-s0')).length, rlSettings('tiny', preset.rl).steps); // prettier-ignore
  assert.deepEqual(await runStage('dev2', { ...options, caller: { steps: 3 } }), info);
  assert.deepEqual(await runStage('dev2', options), info);
  await assert.rejects(runStage('dev2', { ...options, caller: { steps: 4 } }), {
    name: 'UserError',
    message: `tiny-dev2-s0 is finished with 3 steps: remove ${runFolder(place, 'tiny-dev2-s0')} to make it anew`,
  });
});
