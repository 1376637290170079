/** The recorded arms of the virtuous cycle, as points of a chart. */
import type { MeasuredAt } from '../plots/fromGenerations';
import { armLines, armRows, type Arms } from './arms';
import { recorded } from '../stages/places';

/** The arms for the reader: the stage of each generation, the base first. */
export const shownGenerations = {
  'as many traces each': ['gen1', 'gen2', 'gen3', 'gen4'],
  'all that is good': ['gen1-growing', 'gen2-growing', 'gen3-growing', 'gen4-growing'],
  'right answers only': ['gen1-right', 'gen2-right', 'gen3-right', 'gen4-right'],
  'with RL': ['gen1-rl', 'gen2-rl', 'gen3-rl', 'gen4-rl'],
  climbing: ['gen1-climbing', 'gen2-climbing', 'gen3-climbing', 'gen4-climbing'],
} as const;

export type GenerationArm = keyof typeof shownGenerations;

/** pass@1 of every recorded generation of an arm, over its seeds; the base is generation 0. */
export function generationPoints(arm: GenerationArm, size = 'small'): MeasuredAt[] {
  return ['base', ...shownGenerations[arm]].map((stage, x) => ({
    series: arm,
    x,
    rows: armRows(armLines(recorded, size, { [arm]: stage })),
  }));
}

/** The generations of an arm for a table: `{ 'generation 1': 'gen1' }`. */
export const generationTable = (arm: GenerationArm): Arms =>
  Object.fromEntries(shownGenerations[arm].map((stage, i) => [`${arm}, ${i + 1}`, stage]));
