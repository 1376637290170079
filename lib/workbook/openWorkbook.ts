/** What a notebook runs with: its mode, the size of its model, its seed, and where its runs go. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { startEngine } from '../engine/tensorflow';
import type { ModelSize } from '../model/config';
import { placeOfTask, presetForTask } from '../recipe/ownTask';
import { presets, type Preset } from '../recipe/presets';
import { findTask } from '../stages/ownTask';
import { local, type Place } from '../stages/places';
import { mixtureWithGeneral } from '../stages/preferenceRL';

/**
 * `live` trains the small model here and now, `full` the base model; `replay` draws the recorded runs; `smoke` runs
 * every cell in seconds on a tiny model, for tests.
 */
export type Mode = 'smoke' | 'replay' | 'live' | 'full';

export interface Workbook {
  readonly mode: Mode;
  readonly size: ModelSize;
  readonly seed: number;
  /** where this notebook's runs go */
  readonly place: Place;
  readonly preset: Preset;
}

/** In the notebooks evaluations are short; the recorded runs use 300 problems. */
const shortEvaluations = { evaluateEvery: 50, evaluationProblems: 40, finalProblems: 100 };

/** What `live` does less of than the recorded runs, so that a notebook takes five minutes. */
const livePreset: Preset = {
  ...presets.quick,
  rl: { ...presets.quick.rl, ...shortEvaluations },
  sft: { finalProblems: shortEvaluations.finalProblems },
  preferenceRL: { steps: 34, late: { from: 16, plan: mixtureWithGeneral } },
};

const presetOf: Readonly<Record<Mode, Preset>> = {
  smoke: presets.smoke,
  replay: livePreset,
  live: livePreset,
  full: presets.full,
};

/**
 * Starts the engine, says what it runs on, and fixes mode, model size and seed. R1_MODE in the environment wins over the
 * mode that a cell asks for. With a `task` of the reader's own everything is about that task, and nothing is recorded.
 * Throws a UserError for an unknown mode or task.
 */
export async function openWorkbook({
  mode: asked = 'live' as Mode,
  seed = 0,
  task: name = undefined as string | undefined,
} = {}): Promise<Workbook> {
  const mode = (process.env.R1_MODE ?? asked) as Mode;
  if (!Object.hasOwn(presetOf, mode))
    throw new UserError(`unknown mode ${mode}: use ${Object.keys(presetOf).join(', ')}`);
  if (name !== undefined && mode === 'replay')
    throw new UserError(`nothing is recorded of the task ${name}: use the mode live`);
  const task = name === undefined ? undefined : await findTask(name);
  const preset = task ? presetForTask(task, presetOf[mode]) : presetOf[mode];
  const { tensorflow, device, cpu, threads, node } = await startEngine();
  console.log(
    [
      `TensorFlow ${tensorflow} on the ${device} (${cpu}, ${threads} threads), Node ${node}`,
      `mode ${mode}, model ${preset.size}, seed ${seed}`,
    ].join('\n'),
  );
  const place = mode === 'smoke' ? smokePlace() : task ? placeOfTask(task.name) : local;
  return { mode, size: preset.size, seed, place, preset };
}

/** A folder for the runs of a test: a given one, which several notebooks share, or one of this process's own. */
function smokePlace(): Place {
  const shared = process.env.R1_SMOKE_PLACE;
  if (shared) return shared;
  const own = path.join(os.tmpdir(), `r1-smoke-${process.pid}`);
  process.on('exit', () => fs.rmSync(own, { recursive: true, force: true }));
  return own;
}
