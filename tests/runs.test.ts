import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { mock, test } from 'node:test';
import type { Row } from '../lib/core/csv';
import { stopFlag } from '../lib/core/loop';
import { tf } from '../lib/engine/tensorflow';
import {
  readEvaluations,
  readMetrics,
  readRollouts,
  readRunInfo,
  Run,
  stateFile,
  type RolloutRecord,
  type RunPlan,
} from '../lib/runs/run';
import { trainBase } from '../lib/stages/base';
import { runFolder } from '../lib/stages/places';
import type { BaseSettings } from '../lib/stages/settings';
import { contents, temporaryFolder } from './support/folder';
import { metricsOf } from './support/microRun';

const place = temporaryFolder();
const plan: RunPlan = {
  stage: 'base',
  size: 'tiny',
  seed: 3,
  config: { rate: 0.1, list: [1, 2], deep: { a: null } },
  versions: { node: '20' },
};
const rollout = (step: number): RolloutRecord => ({
  step,
  split: 'train',
  task: 'countdown',
  level: 3,
  language: 'zh',
  prompt: '凑 26 : 3 5 7 _',
  completion: '<think> "3 * 7" </think>\n',
  reward: { accuracy: 1, total: 1.1 },
  correct: true,
});
const state = Uint8Array.from([1, 2, 3]);

/** A run of three steps, saved after the second and then ended by force. */
function interruptedRun(name: string): string {
  const folder = path.join(place, name);
  const { run, saved } = Run.open(folder, plan);
  assert.equal(saved, null);
  for (const step of [0, 1, 2]) {
    run.metrics.push({ step, loss: step / 3, 'a, "b"': step === 1 ? null : 7 });
    run.evaluations.push({ step, task: 'units' });
    run.rollouts.push(rollout(step));
    run.tokens += 10;
    if (step === 1) run.save(2, state);
  }
  run.close(); // the process that ended has no lock any more
  return folder;
}

test('a new run leaves nothing but its lock until it is saved, and no trace when it is closed', () => {
  const folder = path.join(place, 'new');
  const { run } = Run.open(folder, plan);
  assert.deepEqual(fs.readdirSync(folder), ['run.lock']);
  run.close();
  assert.ok(!fs.existsSync(folder));
  assert.equal(readRunInfo(folder), null);
  assert.deepEqual(
    [readMetrics(folder), readEvaluations(folder), readRollouts(folder)],
    [[], [], []],
  );
});

test('a saved run goes on with its rows and its state', () => {
  const folder = interruptedRun('saved');
  assert.deepEqual(fs.readdirSync(folder).sort(), [
    'checkpoint-2.safetensors',
    'evaluations.csv',
    'metrics.csv',
    'rollouts.jsonl',
    'run.json',
  ]);
  assert.equal(
    fs.readFileSync(path.join(folder, 'metrics.csv'), 'utf8'),
    'step,loss,"a, ""b"""\n0,0,7\n1,0.333333,\n',
  );
  mock.timers.enable({ apis: ['Date'], now: 1e6 });
  const { run, saved, changed } = Run.open(folder, { ...plan, versions: { node: '22' } });
  assert.equal(changed, 'node "20", now "22"');
  assert.deepEqual([saved!.step, saved!.tokens, [...saved!.state]], [2, 20, [1, 2, 3]]);
  assert.deepEqual(run.metrics, [
    { step: 0, loss: 0, 'a, "b"': 7 },
    { step: 1, loss: 0.333333, 'a, "b"': null },
  ]);
  assert.deepEqual(
    run.evaluations,
    [0, 1].map((step) => ({ step, task: 'units' })),
  );
  assert.deepEqual(run.rollouts, [rollout(0), rollout(1)]);
  assert.equal(run.tokens, 20);
  mock.timers.setTime(1e6 + 2500);
  assert.equal(run.seconds, saved!.seconds + 2.5);
  mock.timers.reset();
});

test('rows of steps after the saved one do not count', () => {
  const folder = interruptedRun('ahead');
  for (const name of ['metrics.csv', 'evaluations.csv'])
    fs.appendFileSync(path.join(folder, name), name === 'metrics.csv' ? '2,0.5,8\n' : '2,units\n');
  fs.appendFileSync(path.join(folder, 'rollouts.jsonl'), JSON.stringify(rollout(2)) + '\n');
  const { run } = Run.open(folder, plan);
  for (const rows of [run.metrics, run.evaluations, run.rollouts])
    assert.deepEqual(
      (rows as Row[]).map((row) => row.step),
      [0, 1],
    );
});

test('a finished run has its result and no state to go on from', () => {
  const folder = interruptedRun('finished');
  mock.timers.enable({ apis: ['Date'], now: 1e6 });
  const { run, saved } = Run.open(folder, plan, 1e6 - 4000);
  run.metrics.push({ step: 2, loss: 1 });
  run.tokens += 10;
  const info = run.finish(3, { accuracy: 0.5 });
  mock.timers.reset();
  assert.ok(!fs.readdirSync(folder).some((file) => file.startsWith('checkpoint')));
  assert.deepEqual(readRunInfo(folder), info);
  const { commit, seconds, ...rest } = info;
  assert.match(commit, /^[0-9a-f]{7,}$|^unknown$/);
  assert.equal(seconds, saved!.seconds + 4);
  assert.deepEqual(rest, {
    ...plan,
    finished: true,
    steps: 3,
    tokens: 30,
    result: { accuracy: 0.5 },
  });
  assert.equal(readMetrics(folder).length, 3);
});

test('a folder with another run in it is left alone', () => {
  const folder = interruptedRun('other');
  const before = contents(folder);
  const { config } = plan;
  const others: [other: Partial<RunPlan>, said: string][] = [
    [{ stage: 'r1-zero' }, 'stage "base", now "r1-zero"'],
    [{ size: 'small', seed: 4 }, 'size "tiny", now "small"; seed 3, now 4'],
    [{ config: { ...config, rate: 0.2 } }, 'config.rate 0.1, now 0.2'],
    [{ config: { ...config, more: 1 } }, 'config.more absent, now 1'],
    [{ config: { ...config, deep: {} } }, 'config.deep.a null, now absent'],
    [
      { config: { ...config, list: [1], rate: 1, deep: { a: 'x'.repeat(99) }, more: true } },
      `config.rate 0.1, now 1; config.list [1,2], now [1]; config.deep.a null, now "${'x'.repeat(59)}…; and 1 more`,
    ],
  ];
  for (const [other, said] of others)
    assert.throws(() => Run.open(folder, { ...plan, ...other }), {
      name: 'UserError',
      message: `${folder} holds a run with other settings (${said}): remove it or name another`,
    });
  assert.deepEqual(contents(folder), before);
  const reordered = Object.fromEntries(Object.entries(plan.config).reverse());
  const opened = Run.open(folder, { ...plan, config: reordered });
  assert.ok(opened.saved);
  assert.equal(opened.changed, '');
  opened.run.close();
  Run.open(folder, plan).run.finish(3);
  const finished = contents(folder);
  assert.throws(() => Run.open(folder, plan), {
    name: 'UserError',
    message: `${folder} holds a finished run: remove it to run again`,
  });
  assert.deepEqual(contents(folder), finished);
});

test('a run whose state is gone starts anew', () => {
  const folder = interruptedRun('stateless');
  fs.rmSync(stateFile(folder, readRunInfo(folder)!.steps));
  const { run, saved } = Run.open(folder, plan);
  assert.equal(saved, null);
  assert.deepEqual([run.metrics, run.evaluations, run.rollouts, run.tokens], [[], [], [], 0]);
});

const settings: Partial<BaseSettings> = {
  tokens: 9 * 669, // nine steps of 0.95 * 4 * 176 tokens, of which no test makes the last
  batches: [{ rows: 4, rowLength: 176 }],
  warmUpSteps: 3,
};

/** The different numbers of tensors that were seen after steps. */
const tensors = new Set<number>();

/** Trains a tiny base model and presses the stop button when `steps` steps are done. */
async function trainUntil(steps: number, stage: string, changes = {}): Promise<string> {
  const result = await trainBase({
    size: 'tiny',
    seed: 0,
    stage,
    place,
    settings: { ...settings, ...changes },
    gated: false,
    onStep: (row, planned) => {
      assert.equal(planned, 9);
      tensors.add(tf.memory().numTensors);
      if (row.step === steps - 1) stopFlag.requested = true;
    },
  });
  assert.equal(result, null);
  return runFolder(place, `tiny-${stage}-s0`);
}

const stateOf = (folder: string): Buffer =>
  fs.readFileSync(stateFile(folder, readRunInfo(folder)!.steps));

test('a base run that is stopped and goes on is the run that was never stopped, bit for bit', async () => {
  const whole = await trainUntil(6, 'whole');
  assert.equal(tensors.size, 1, 'no step leaves a tensor behind');
  const parts = await trainUntil(2, 'parts');
  assert.deepEqual(metricsOf(parts), metricsOf(whole).slice(0, 2));
  assert.equal(readRunInfo(parts)!.steps, 2);
  assert.equal(await trainUntil(6, 'parts'), parts);
  assert.deepEqual(metricsOf(parts), metricsOf(whole));
  assert.ok(stateOf(parts).equals(stateOf(whole)), 'weights and moments');
  assert.deepEqual(
    metricsOf(whole).map((row) => row.step),
    [0, 1, 2, 3, 4, 5],
  );
  const { steps, tokens, finished } = readRunInfo(parts)!;
  assert.deepEqual([steps, finished], [6, false]);
  assert.equal(tokens, metricsOf(whole)[5]!.tokens);

  // A damaged state is one line for the person, and nothing is overwritten.
  const checkpoint = stateFile(parts, 6);
  const sound = fs.readFileSync(checkpoint);
  for (const length of [0, 7, 100, 5000, sound.length - 1]) {
    fs.writeFileSync(checkpoint, sound.subarray(0, length));
    const before = contents(place);
    await assert.rejects(trainUntil(7, 'parts'), {
      name: 'UserError',
      message: /^\S+ is damaged \([^\n]+\): make or copy it again$/,
    });
    assert.deepEqual(contents(place), before);
  }
  await assert.rejects(trainUntil(7, 'parts', { learningRate: 0.5 }), { name: 'UserError' });
});
