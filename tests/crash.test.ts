/** The small doses of what `npm test -- crash` gives in large ones: kills, and writes that fail. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { readRunInfo, removeLeftovers, Run, type RunPlan } from '../lib/runs/run';
import { runFolder, saveModel } from '../lib/stages/places';
import { writePreferences } from '../lib/stages/preferences';
import { writeTraces } from '../lib/stages/traces';
import { killedRecipes } from './crash/kills';
import { failEachWrite } from './crash/writes';
import { temporaryFolder } from './support/folder';
import { microBase } from './support/microRun';

const plan: RunPlan = { stage: 'a', size: 'tiny', seed: 0, config: { rate: 1 }, versions: {} };

/** Makes a run of four steps, saved after each second, and its data and model; or goes on with one. */
function makeRun(place: string): void {
  const folder = runFolder(place, 'tiny-a-s0');
  if (readRunInfo(folder)?.finished) return removeLeftovers(folder);
  const { run, saved } = Run.open(folder, plan);
  try {
    for (let step = saved?.step ?? 0; step < 4; step++) {
      run.metrics.push({ step, loss: step / 3 });
      run.evaluations.push({ step, task: 'units' });
      const change = { step, name: 'temperature', value: 1 + step };
      if (!run.changes.some((known) => known.step === step)) run.changes.push(change);
      if (step % 2 === 1) run.save(step + 1, Uint8Array.from([step]));
    }
    writeTraces(path.join(place, 'traces', 'tiny-a-s0.jsonl'), []);
    writePreferences(path.join(place, 'preferences', 'tiny-a-s0.jsonl'), []);
    saveModel(place, 'tiny-a-s0', microBase);
    run.finish(4);
  } finally {
    run.close();
  }
}

test('each call by which a run changes files fails once: it is said in one line, nothing half-written stays, and the run goes on', async () => {
  const folder = temporaryFolder();
  const before = path.join(folder, 'before');
  fs.mkdirSync(before);
  const { calls, survived, faults } = await failEachWrite({ before, folder, make: makeRun });
  assert.deepEqual(faults, []);
  assert.equal(survived, calls);
  assert.ok(calls > 50, `${calls} calls`);
});

test('a recipe that is killed again and again is the recipe that was never killed, bit for bit', async () => {
  const dose = { kills: 20, seed: 1, stages: 2, lanes: 2, folder: temporaryFolder() };
  const { kills, survived, faults } = await killedRecipes(dose);
  assert.deepEqual(faults, []);
  assert.equal(survived, kills);
  assert.ok(kills >= 20);
});
