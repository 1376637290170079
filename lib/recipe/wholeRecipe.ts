import { chainStages, cycleStages, studentStages, type StageName } from './graph';
import type { Preset } from './presets';

/** A stage, and the preset with the size of the model that it is run on. */
export interface DueStage {
  readonly stage: StageName;
  readonly preset: Preset;
}

/**
 * The whole recipe in its order: to R1, the generations after it, and the students of its teacher. On a task of the
 * reader's own it is the chain to R1.
 */
export function wholeRecipe(preset: Preset): DueStage[] {
  if (preset.task !== undefined) return chainStages.map((stage) => ({ stage, preset }));
  const own = [...chainStages, ...cycleStages].map((stage) => ({ stage, preset }));
  const students = preset.students.flatMap((size) =>
    studentStages.map((stage) => ({ stage, preset: { ...preset, size } })),
  );
  return [...own, { stage: 'distillation-data', preset: { ...preset, size: preset.teacher } }, ...students]; // prettier-ignore
}
