/** The recipe on a reader's own task: the preset, with the task in place of the workbook's three. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { plainName } from '../core/files';
import { defaultColdStart } from '../stages/coldStart';
import { defaultDistillation } from '../stages/distillation';
import { defaultCycle } from '../stages/generations';
import { local, type Place } from '../stages/places';
import { preferenceSettings } from '../stages/preferenceRL';
import { defaultPreferences } from '../stages/preferences';
import { defaultCuration } from '../stages/rejectionSampling';
import { mixture } from '../stages/settings';
import { general } from '../tasks/general';
import type { Task } from '../tasks/index';
import type { PlanEntry } from '../tasks/plan';
import type { Preset } from './presets';
import type { Brought } from './ray/onRay';

/** Where the recipe on an own task leaves its checkpoints and runs: a folder beside the task's file. */
export const placeOfTask = (name: string): Place => path.join(local, 'tasks', plainName(name));

/** What another machine has to find for the recipe on a task: the folder of its runs, and its own file where it has one. */
export function broughtForTask(name: string): Brought {
  const files = ['ts', 'jsonl'].map((ending) => `tasks/${plainName(name)}.${ending}`);
  const reads = files.filter((file) => fs.existsSync(path.join(local, file)));
  return { within: `tasks/${plainName(name)}`, reads };
}

/**
 * Returns the preset for a task of the reader's own. Every plan asks the task on all of its levels alike, with as many
 * prompts as the preset's plan has for the workbook's tasks; general prompts stay, as R1 needs them.
 */
export function presetForTask({ name, levels }: Task, preset: Preset): Preset {
  const onLevels = <Entry extends PlanEntry>(plan: readonly Entry[]): Entry[] => {
    const others = plan.filter(({ task }) => task === general.name);
    const replaced = plan.filter(({ task }) => task !== general.name);
    const asked = replaced.reduce((sum, { prompts }) => sum + prompts, 0);
    const prompts = Math.ceil(asked / levels.length);
    const own = levels.map((level) => ({ ...replaced[0]!, task: name, level, prompts }));
    return replaced.length > 0 ? [...own, ...others] : others;
  };
  const evaluated = levels.map((level) => ({ task: name, level }));
  const late = preset.preferenceRL?.late ?? preferenceSettings.late!;
  return {
    ...preset,
    task: name,
    rl: { ...preset.rl, plan: onLevels(preset.rl.plan ?? mixture), evaluated },
    sft: { ...preset.sft, evaluated },
    coldStart: {
      ...preset.coldStart,
      plan: onLevels(preset.coldStart?.plan ?? defaultColdStart.plan),
    },
    curation: { ...preset.curation, plan: onLevels(preset.curation?.plan ?? defaultCuration.plan) },
    preferences: {
      ...preset.preferences,
      plan: onLevels(preset.preferences?.plan ?? defaultPreferences.plan),
    },
    preferenceRL: {
      ...preset.preferenceRL,
      late: { ...late, plan: onLevels(late.plan ?? mixture) },
    },
    distillation: {
      ...preset.distillation,
      plan: onLevels(preset.distillation?.plan ?? defaultDistillation.plan),
    },
    cycle: { ...preset.cycle, plan: onLevels(preset.cycle?.plan ?? defaultCycle.plan) },
    testTime: { ...preset.testTime, evaluated },
  };
}
