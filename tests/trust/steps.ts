/**
 * What the checks of every training step find, and what they cost, for `npm test -- steps`: each kind of bad step is
 * tried, and each check is timed beside whole GRPO steps of a recorded model, some minutes on a machine that does
 * nothing else. The results are written to data/trust/steps.json and cost.json.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { createBench, groupSize, plan } from '../../lib/bench/ours';
import { whole } from '../../lib/core/format';
import { mean } from '../../lib/core/statistics';
import { jit } from '../../lib/engine/jit';
import { disposeTree } from '../../lib/engine/tree';
import { cloneParameters, type Model, type Parameters } from '../../lib/model/parameters';
import { takeLock } from '../../lib/runs/lock';
import { findCheckpoint, samplerFor } from '../../lib/stages/places';
import { refuseBadRewards, sampleStep } from '../../lib/stages/rollouts';
import { rlSettings } from '../../lib/stages/settings';
import { refuseBadUpdate } from '../../lib/training/badStep';
import { globalNorm, initOptimizer, defaultOptimizer } from '../../lib/training/optimizer';
import { writeTrust } from './record';

const command = 'npm test -- steps';
const size = 'small';
const stage = 'small-r1-zero-s0';
const grpoSteps = 10;
const mostCost = 0.01;

/** Tries each kind of bad step, as tests/badSteps.test.ts does. */
function tryBadSteps(): boolean {
  const file = path.join(__dirname, '../badSteps.test.ts');
  const args = [...process.execArgv, '--test', '--test-reporter=tap', file];
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const results = [...stdout.matchAll(/^(ok|not ok) \d+ - (.*(?:stops the run|is refused).*)$/gm)];
  const kinds = results.map(([, result, name]) => ({ name: name!, stopped: result === 'ok' }));
  const stopped = kinds.filter((kind) => kind.stopped).length;
  const what = 'bad rewards, rates, batches stopped with the last good state';
  const number = `${stopped} of ${kinds.length} kinds`;
  writeTrust('steps', { what, number, command, kinds });
  console.log(`${what}: ${number}`);
  return status === 0 && kinds.length > 0 && stopped === kinds.length;
}

/** Returns the seconds that one call takes, as the mean of many. */
function secondsOf(times: number, call: () => void): number {
  call(); // what is recorded and compiled once is not counted
  const started = performance.now();
  for (let i = 0; i < times; i++) call();
  return (performance.now() - started) / 1000 / times;
}

/** Returns what each check of a GRPO step takes, in seconds of the whole step. */
async function secondsOfChecks({ config, parameters }: Model): Promise<Record<string, number>> {
  const settings = { ...rlSettings(size), plan, groupSize }; // those of the bench
  const sampler = samplerFor(config);
  const groups = await sampleStep(parameters, sampler, { ...settings, seed: 0, step: 0 });
  sampler.dispose();
  const optimizer = initOptimizer(defaultOptimizer, parameters);
  const tried = { parameters, optimizer, updates: 0, batches: [], learningRate: 1e-4 };
  const numbers = { loss: 0.1, clipFraction: 0.1, kl: 0.1, gradientNorm: 0.1 };
  const norm = jit((p: Parameters) => ({ norm: globalNorm(p) }));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-steps-'));
  const lock = takeLock(folder);
  const inUpdate = {
    'norm of the weights': secondsOf(200, () => {
      const result = norm(parameters);
      result.norm.dataSync();
      disposeTree(result);
    }),
    'numbers of the update': secondsOf(1000, () =>
      refuseBadUpdate(tried, numbers, { before: 1, after: 1 }),
    ),
  };
  const inStep = {
    rewards: secondsOf(100, () => refuseBadRewards(groups, 0)),
    'lock of the run': secondsOf(100, () => lock.check()), // once a save, which is more seldom
  };
  lock.free(); // the folder goes with it
  norm.dispose();
  disposeTree(optimizer);
  const perStep = Object.entries(inUpdate).map(
    ([name, seconds]) => [name, seconds * settings.grpo.updatesPerBatch] as const,
  );
  return { ...Object.fromEntries(perStep), ...inStep };
}

/** Times the checks beside whole GRPO steps with the settings of a recorded run. */
async function timeChecks(): Promise<boolean> {
  const { model } = findCheckpoint(stage);
  const checks = await secondsOfChecks(model);
  const bench = createBench(size, { ...model, parameters: cloneParameters(model.parameters) });
  const steps: number[] = [];
  for (let i = 0; i <= grpoSteps; i++) {
    const { seconds } = await bench.grpo();
    if (i > 0) steps.push(seconds); // the first one records the graphs
    console.log(`step ${i} of ${grpoSteps}: ${seconds.toFixed(2)} s`);
  }
  bench.dispose();
  disposeTree(model.parameters);
  const ofChecks = Object.values(checks).reduce((a, b) => a + b, 0);
  const cost = ofChecks / mean(steps);
  const what = 'cost of all checks';
  const number = `${(100 * cost).toFixed(2)} % of a GRPO step of ${size} (${whole(1000 * ofChecks)} ms of ${mean(steps).toFixed(2)} s, mean of ${steps.length})`; // prettier-ignore
  writeTrust('cost', { what, number, command, model: stage, checks, steps });
  console.log(`${what}: ${number}`);
  return cost < mostCost;
}

async function main(): Promise<void> {
  const stopped = tryBadSteps();
  const cheap = await timeChecks();
  process.exit(stopped && cheap ? 0 : 1); // the decoding processes would keep this one waiting
}

export const finished: Promise<void> = main();
