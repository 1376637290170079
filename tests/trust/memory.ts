/**
 * Watches the memory of one process over 10,000 steps of reinforcement learning with a micro model, for
 * `npm test -- memory`: some minutes. The steps are made in runs of 500, each from the model of the one before, because a
 * run keeps a row of metrics for each of its steps, about a KiB, as long as it lasts. Each step samples, rewards and
 * updates; every 25th saves the run, and every 250th evaluates. R1_MEMORY_STEPS sets another number of steps. The result
 * is written to data/trust/memory.json.
 */
import '../support/withoutXla';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Row } from '../../lib/core/csv';
import { formatSeconds, whole } from '../../lib/core/format';
import { tf } from '../../lib/engine/tensorflow';
import { disposeTree } from '../../lib/engine/tree';
import { cloneParameters, type Model } from '../../lib/model/parameters';
import { trainRL } from '../../lib/stages/rl';
import { microBase, microRL, microRun } from '../support/microRun';
import { writeTrust } from './record';

const steps = Number(process.env.R1_MEMORY_STEPS ?? 10_000);
const stepsOfRun = 500;
/** Graphs are recorded and buffers reach their size in the first steps. */
const firstCounted = 200;
const mostGrowth = 0.02;

interface Reading {
  readonly step: number;
  readonly residentMiB: number;
  readonly heapMiB: number;
  readonly tensors: number;
}

/** Returns the memory in use once what is no longer needed has been collected. */
function reading(step: number): Reading {
  (globalThis as { gc?: () => void }).gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const mebibytes = (bytes: number): number => Math.round((10 * bytes) / 2 ** 20) / 10;
  return {
    step,
    residentMiB: mebibytes(rss),
    heapMiB: mebibytes(heapUsed + external),
    tensors: tf.memory().numTensors,
  };
}

const settings = {
  ...microRL,
  steps: stepsOfRun,
  learningRate: 1e-4,
  plan: [{ task: 'countdown', level: 3, prompts: 2 }],
  evaluated: [{ task: 'countdown', level: 3 }],
  evaluateEvery: stepsOfRun / 2,
  evaluationProblems: 2,
  finalProblems: 2,
  finalGeneralPrompts: 0,
} as const;

/** Makes the runs one after another. `onStep` gets the number of steps that all runs have made. */
async function makeRuns(place: string, onStep: (done: number) => void): Promise<void> {
  let from: Model = { ...microBase, parameters: cloneParameters(microBase.parameters) };
  for (let before = 0; before < steps; before += stepsOfRun) {
    const made = await trainRL({
      ...{ ...microRun, from, place, settings, stage: `from-${before}` },
      onStep: ({ step }: Row) => onStep(before + (step as number) + 1),
    });
    disposeTree(from.parameters);
    from = made!.model;
  }
  disposeTree(from.parameters);
}

async function main(): Promise<void> {
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-memory-'));
  const started = Date.now();
  const readings: Reading[] = [];
  const onStep = (done: number): void => {
    if (done !== firstCounted && done % stepsOfRun !== 0) return;
    const now = reading(done);
    readings.push(now);
    const left = ((Date.now() - started) / 1000 / done) * (steps - done);
    console.log(
      `step ${whole(done)}: ${now.residentMiB} MiB resident, ${now.heapMiB} MiB of them JavaScript's, ${now.tensors} tensors; ${formatSeconds(left)} left`,
    );
  };
  try {
    await makeRuns(place, onStep);
  } finally {
    fs.rmSync(place, { recursive: true });
  }
  const first = readings.find(({ step }) => step === firstCounted)!;
  const highest = Math.max(...readings.slice(1).map(({ residentMiB }) => residentMiB));
  const growth = highest / first.residentMiB - 1;
  const sameTensors = readings.every(({ tensors }) => tensors === first.tensors);
  const percent = `${growth < 0 ? '-' : '+'}${Math.abs(100 * growth).toFixed(1)} %`;
  const number = `${percent} of ${first.residentMiB} MiB after step ${firstCounted}, ${sameTensors ? 'no tensor' : 'tensors'} more, in runs of ${stepsOfRun} steps`;
  writeTrust('memory', {
    what: `memory over ${whole(steps)} steps`,
    number,
    command: 'npm test -- memory',
    seconds: Math.round((Date.now() - started) / 1000),
    readings,
  });
  console.log(number);
  process.exitCode = growth <= mostGrowth && sameTensors ? 0 : 1;
}

export const finished: Promise<void> = main();
