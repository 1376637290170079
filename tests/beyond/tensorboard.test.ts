/** TensorBoard itself reads what a run writes for it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { test } from 'node:test';
import { openLog } from '../../lib/runs/log';
import { readEvaluations, readMetrics } from '../../lib/runs/run';
import { recorded, runFolder } from '../../lib/stages/places';
import { temporaryFolder } from '../support/folder';
import { verlPython } from './verlPython';

test('every number of a recorded run arrives, at its step and time', (t) => {
  const run = runFolder(recorded, 'small-r1-zero-s0');
  const [metrics, evaluations] = [readMetrics(run), readEvaluations(run)];
  const folder = temporaryFolder();
  const log = openLog('tensorboard', folder);
  log.write(metrics.slice(0, 40), [], 1_000);
  log.write(metrics, evaluations, 1_000);
  const { stdout, stderr } = spawnSync(verlPython(), [path.join(__dirname, 'read_events.py'), path.join(folder, 'tensorboard')], { encoding: 'utf8', maxBuffer: 2 ** 26 }); // prettier-ignore
  assert.notEqual(stdout, '', stderr.slice(-1500));
  const read = JSON.parse(stdout) as Record<string, [number, number, number][]>;
  let numbers = 0;
  for (const [name, events] of Object.entries(read)) {
    if (name.startsWith('held-out/')) continue;
    const rows = metrics.filter((row) => typeof row[name] === 'number');
    assert.deepEqual(
      events,
      rows.map((row) => [row.step, 1_000 + Number(row.seconds), Math.fround(Number(row[name]))]),
      name,
    );
    numbers += events.length;
  }
  assert.equal(read['held-out/countdown-3/passAt1']!.length, 5);
  t.diagnostic(`${numbers} numbers of ${Object.keys(read).length} curves are read as they were written`); // prettier-ignore
});
