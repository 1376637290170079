/** Runs of other trainers become runs of the workbook; logs that are none are refused by name. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { tf } from '../lib/engine/tensorflow';
import { readLog } from '../lib/handover/readLog';
import { takeOver } from '../lib/handover/takeOver';
import { loadCheckpoint } from '../lib/model/checkpoint';
import { stageLines } from '../lib/reports/stageTables';
import { readMetrics } from '../lib/runs/run';
import { checkpointFolder, recorded, runFolder } from '../lib/stages/places';
import { rlSettings } from '../lib/stages/settings';
import { readInspectorData } from '../lib/workbook/inspector';
import { temporaryFolder } from './support/folder';

const folder = temporaryFolder();
const written = (name: string, text: string): string => {
  fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  fs.writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};

const trlHistory = [
  { step: 1, loss: -0.2, grad_norm: 0.5, learning_rate: 1e-5, reward: 0.25, reward_std: 0.4, 'completions/mean_length': 27, entropy: 0.3 }, // prettier-ignore
  { step: 2, loss: -0.1, grad_norm: 0.4, learning_rate: 2e-5 }, // a second update on the same rollouts
  { step: 3, loss: -0.1, reward: 0.5, completion_length: 30, 'rewards/accuracy_reward/mean': 0.4 },
  { train_runtime: 10 },
];

test("TRL's state and verl's lines are read under our names", () => {
  const trl = written('trl/trainer_state.json', JSON.stringify({ log_history: trlHistory }));
  const { trainer, rows } = readLog(path.dirname(trl));
  assert.deepEqual(readLog(trl), { trainer, rows });
  assert.equal(trainer, 'TRL');
  assert.deepEqual(rows, [
    { step: 0, 'reward/mean': 0.25, 'reward/std': 0.4, 'completion/length': 27, 'policy/entropy': 0.3, 'loss/policy': -0.2, 'loss/gradientNorm': 0.5, learningRate: 1e-5 }, // prettier-ignore
    { step: 2, 'reward/mean': 0.5, 'reward/accuracy': 0.4, 'completion/length': 30, 'loss/policy': -0.1 }, // prettier-ignore
  ]);
  const lines = [
    { step: 0, data: { 'val-core/x/acc': 0.1 } },
    { step: 1, data: { 'critic/rewards/mean': 0.3, 'response_length/mean': 40, 'actor/entropy': 1, 'timing_s/step': 2 } }, // prettier-ignore
  ];
  const verl = written('verl.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
  assert.deepEqual(readLog(verl), {
    trainer: 'verl',
    rows: [{ step: 0, 'reward/mean': 0.3, 'completion/length': 40, 'policy/entropy': 1, 'speed/secondsPerStep': 2 }], // prettier-ignore
  });
});

test('what is no log is refused, and says what was looked for', () => {
  assert.throws(() => readLog(path.join(folder, 'none')), /no log at .*none: name a file/);
  fs.mkdirSync(path.join(folder, 'empty'));
  assert.throws(() => readLog(path.join(folder, 'empty')), /no metrics.csv and no trainer_state/);
  assert.throws(() => readLog(written('x.txt', 'hello')), /x.txt, line 1 is no step of verl: it needs "step" and "data"/); // prettier-ignore
  const sft = written('sft.json', JSON.stringify({ log_history: [{ step: 1, loss: 2 }] }));
  assert.throws(() => readLog(sft), /has no step with a reward: is it a run of reinforcement/);
});

test('a run is taken over: measured, inspected, in the tables, and its model is a checkpoint', async () => {
  const place = temporaryFolder();
  const log = written('again/trainer_state.json', JSON.stringify({ log_history: trlHistory }));
  const checkpoint = checkpointFolder(recorded, 'tiny-base-s0');
  const settings = { ...rlSettings('tiny'), evaluated: [{ task: 'units', level: 1 }], finalProblems: 4, groupSize: 2 }; // prettier-ignore
  const before = tf.memory().numTensors;
  const all = { size: 'tiny', stage: 'trl', seed: 0, place, checkpoint, settings };
  const info = await takeOver(log, all);
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual([info.finished, info.steps, info.config.from], [true, 3, 'TRL']);
  assert.equal(readMetrics(runFolder(place, 'tiny-trl-s0')).length, 2);
  assert.deepEqual(readInspectorData(runFolder(place, 'tiny-trl-s0')).steps, [3]);
  assert.equal(stageLines(place, ['tiny-trl-s0']).length, 1);
  const [ours, theirs] = [checkpointFolder(place, 'tiny-trl-s0'), checkpoint].map((one) => loadCheckpoint(one)); // prettier-ignore
  assert.deepEqual(ours!.parameters.embedding.arraySync(), theirs!.parameters.embedding.arraySync()); // prettier-ignore
  await assert.rejects(takeOver(log, all), /tiny-trl-s0 is there already: give it another name/);
});
