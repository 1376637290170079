/**
 * The recipe to R1 with models, data and steps so small that all of it is made in seconds. Every stage that can go on
 * from what it has saved is stopped after each second step, and goes on.
 */
import { stopFlag } from '../../lib/core/loop';
import { chainStages, type StageName } from '../../lib/recipe/graph';
import type { Preset } from '../../lib/recipe/presets';
import { runStage } from '../../lib/recipe/runStage';
import type { Place } from '../../lib/stages/places';
import { planOf } from '../../lib/tasks/plan';

/** The stages of the recipe, in their order. */
export const recipeStages: readonly StageName[] = chainStages;

const preset: Preset = {
  size: 'tiny',
  teacher: 'tiny',
  students: [],
  gated: false,
  base: {
    tokens: 5 * 334, // five steps of 0.95 * 2 * 176 tokens
    batches: [{ rows: 2, rowLength: 176 }],
    warmUpSteps: 2,
    gateProblems: 1,
  },
  rl: {
    steps: 4,
    groupSize: 4,
    maxNewTokens: 8,
    learningRate: 0.01,
    warmUpSteps: 1,
    plan: planOf({ countdown: { 3: 1 }, units: { 0: 1 } }),
    batches: [{ rows: 3, rowLength: 32 }],
    evaluated: [{ task: 'countdown', level: 3 }],
    evaluateEvery: 3,
    evaluationProblems: 1,
    finalProblems: 1,
    finalGeneralPrompts: 1,
  },
  zero: { inspect: { everySteps: 3, problems: 1 } },
  coldStart: { plan: planOf({ countdown: { 3: 1 } }), samples: 2, traces: 6, giveUpShare: 1 },
  sft: { epochs: 2, tracesPerStep: 3, finalProblems: 1, finalGeneralPrompts: 1, maxNewTokens: 8 },
  reasoningRL: { groupSize: 64 }, // 128 rows, which are decoded in several processes
  curation: { plan: planOf({ units: { 0: 1 } }), samples: 2, randomTraces: 6 },
  preferences: { plan: planOf({ general: { 1: 8 } }), samples: 2, maxNewTokens: 8 },
  preferenceRL: { steps: 4, late: { from: 2, plan: planOf({ general: { 1: 2 } }) } },
};

/** A reward model starts over when it is stopped, so it is not. */
const startsOver = (stage: StageName): boolean => stage === 'reward-model';

/** Makes the first stages of the recipe, as far as they are not made. */
export async function makeMicroRecipe(place: Place, stages: number): Promise<void> {
  const usual = Object.getOwnPropertyDescriptor(stopFlag, 'requested')!;
  let stage: StageName;
  let looks = 0;
  // Each loop looks at the flag before every step.
  const get = (): boolean => !startsOver(stage) && ++looks % 3 === 0;
  Object.defineProperty(stopFlag, 'requested', { get, set: () => {}, configurable: true });
  try {
    for (stage of recipeStages.slice(0, stages))
      while (!(await runStage(stage, { preset, seed: 0, place })));
  } finally {
    Object.defineProperty(stopFlag, 'requested', usual);
  }
}
