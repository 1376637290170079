import type { Random } from '../core/random';
import { generate, type Problem } from './index';

/** How many prompts of one task and level a batch or a data set has. */
export interface PlanEntry {
  readonly task: string;
  readonly level: number;
  readonly prompts: number;
}

/**
 * Returns the plan with these numbers of prompts of each task and level: `planOf({ countdown: { 3: 80, 5: 40 } })` asks
 * for 80 problems of level 3 and for 40 of level 5. The tasks keep their order, and the levels of a task rise.
 */
export const planOf = (
  prompts: Readonly<Record<string, Readonly<Record<number, number>>>>,
): readonly PlanEntry[] =>
  Object.entries(prompts).flatMap(([task, ofLevel]) =>
    Object.entries(ofLevel).map(([level, count]) => ({
      task,
      level: Number(level),
      prompts: count,
    })),
  );

/** Generates the training problems of a plan, entry by entry. Throws a UserError for an unknown task or level. */
export const problemsOfPlan = (plan: readonly PlanEntry[], random: Random): Problem[] =>
  plan.flatMap(({ task, level, prompts }) =>
    Array.from({ length: prompts }, () => generate(task, level, random, 'train')),
  );
