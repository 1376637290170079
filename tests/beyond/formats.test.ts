/** What is handed over is read by those it is for. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { torchPython } from '../../lib/bench/torch';
import { root } from '../../lib/core/files';
import { formatNames, formats } from '../../lib/handover/formats';
import { handPreferences, handTraces } from '../../lib/handover/dataSets';
import { handOver } from '../../lib/handover/handOver';
import { heldOutRows, trainingRows } from '../../lib/handover/rows';
import { writeTable } from '../../lib/handover/table';
import { checkpointFolder, recorded } from '../../lib/stages/places';
import { preferenceFile, readPreferences } from '../../lib/stages/preferences';
import { rlSettings } from '../../lib/stages/settings';
import { readTraces, traceFile } from '../../lib/stages/traces';
import { planOf } from '../../lib/tasks/plan';
import { temporaryFolder } from '../support/folder';
import { verlPython } from './verlPython';

const python = torchPython(path.join(root, '.venv-torch'), 'python3');

const columns: Readonly<Record<(typeof formatNames)[number], string>> = {
  trl: 'prompt ground_truth task level language',
  verl: 'data_source prompt ability reward_model extra_info',
  openrlhf: 'prompt label task level language',
  skyrl: 'data_source prompt env_class reward_spec extra_info',
  slime: 'prompt label metadata',
  verifiers: 'prompt answer task info',
};

test('load_dataset reads every format, parquet and JSON Lines alike, row by row', async () => {
  const folder = temporaryFolder();
  const plan = planOf({ countdown: { 3: 3, 5: 2 }, programs: { 3: 2 }, units: { 0: 3 } });
  const rows = [...trainingRows(plan, 130, 0), ...trainingRows(planOf({ words: { 1: 2, 10: 1 }, sums: { 4: 2 } }), 20, 0), ...heldOutRows([{ task: 'words', level: 23 }], 9)]; // prettier-ignore
  for (const name of formatNames)
    await writeTable(path.join(folder, name), rows.map((row, i) => formats[name].row(row, i, 'train'))); // prettier-ignore
  await handTraces(
    path.join(folder, 'traces'),
    'small-dev1-s0',
    readTraces(traceFile(recorded, 'small-dev1-s0')),
  );
  await handPreferences(
    path.join(folder, 'pairs'),
    'pairs',
    readPreferences(preferenceFile(recorded, 'small-reward-model-s0')),
  );
  const sets = ['traces/train', 'pairs/train'].map((name) => path.join(folder, name));
  const files = [...formatNames.map((name) => path.join(folder, name)), ...sets];
  const { stdout, stderr } = spawnSync(python, [path.join(__dirname, 'read_tables.py'), ...files], {
    ...{ encoding: 'utf8', env: { ...process.env, HF_DATASETS_CACHE: path.join(folder, 'cache') } },
  });
  assert.notEqual(stdout, '', stderr.slice(-1500));
  const found = JSON.parse(stdout) as Record<
    string,
    { columns: string[]; rows: number; same: boolean }
  >;
  const [traces, pairs] = sets.map((set) => found[set]!) as [
    (typeof found)[''],
    (typeof found)[''],
  ];
  assert.deepEqual(
    [traces!.columns.slice(0, 2), pairs!.columns.slice(0, 3)],
    [
      ['prompt', 'completion'],
      ['prompt', 'chosen', 'rejected'],
    ],
  );
  assert.ok(traces!.same && pairs!.same && traces!.rows > 100 && pairs!.rows > 1000);
  for (const name of formatNames)
    assert.deepEqual(found[path.join(folder, name)], { columns: columns[name].split(' '), rows: rows.length, same: true }, name); // prettier-ignore
});

test('verl reads its configuration and its problems from the folder, and pays by our rewards', async (t) => {
  const target = path.join(temporaryFolder(), 'handed');
  const rewards = { accuracy: 1, format: 0.2, language: 0 }; // not the usual weights: they have to arrive
  const settings = { ...rlSettings('small'), steps: 5, rewards };
  const checkpoint = checkpointFolder(recorded, 'small-base-s0');
  await handOver(target, { format: 'verl', checkpoint, name: 'small-base-s0', size: 'small', settings, seed: 0, heldOut: 10 }); // prettier-ignore
  const { stdout, stderr } = spawnSync(verlPython(), [path.join(__dirname, 'read_verl.py'), target], { encoding: 'utf8' }); // prettier-ignore
  assert.notEqual(stdout, '', stderr.slice(-1500));
  const found: unknown = JSON.parse(stdout.trim().split('\n').at(-1)!);
  assert.deepEqual(found, { rows: 160, estimator: 'grpo', rewards: [1.2, 0.2] });
  await writeTable(path.join(target, 'other'), [{ prompt: 'of another trainer' }]);
  fs.renameSync(path.join(target, 'other.parquet'), path.join(target, 'data/train.parquet'));
  const refused = spawnSync(verlPython(), [path.join(target, 'train.py')], { encoding: 'utf8' });
  assert.match(refused.stderr, /^data\/train.parquet has no column data_source, reward_model, extra_info: [^\n]+\n$/); // prettier-ignore
  t.diagnostic('read, loaded and called; not run: sampling and training, which need a GPU');
});
