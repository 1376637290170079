import type { Random } from '../core/random';
import { generate, type Problem } from './index';

/** How many prompts of one task and level a batch or a data set has. */
export interface PlanEntry {
  readonly task: string;
  readonly level: number;
  readonly prompts: number;
}

/** Generates the training problems of a plan, entry by entry. Throws a UserError for an unknown task or level. */
export const problemsOfPlan = (plan: readonly PlanEntry[], random: Random): Problem[] =>
  plan.flatMap(({ task, level, prompts }) =>
    Array.from({ length: prompts }, () => generate(task, level, random, 'train')),
  );
