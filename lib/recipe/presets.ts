/** How large the recipe is run: which model, and which settings differ from those that the stages have by themselves. */
import { UserError } from '../core/errors';
import type { ModelSize } from '../model/config';
import type { ColdStartSettings } from '../stages/coldStart';
import type { DistillationSettings } from '../stages/distillation';
import type { CycleSettings } from '../stages/generations';
import type { PreferenceSettings } from '../stages/preferences';
import type { CurationSettings } from '../stages/rejectionSampling';
import type { BaseSettings, SftSettings, RLSettings } from '../stages/settings';
import type { TestTimeSettings } from '../stages/testTime';
import { planOf } from '../tasks/plan';

export interface Preset {
  readonly size: ModelSize;
  /** whose R1 teaches */
  readonly teacher: ModelSize;
  /** the models that learn from it */
  readonly students: readonly ModelSize[];
  /** measure the gate and train on while it fails */
  readonly gated: boolean;
  /** a task of the reader's own, whose corpus the base reads in place of the default one */
  readonly task?: string;

  // What differs from the defaults of the model's size in all stages of a kind. A stage can differ from it again.
  readonly base: Partial<BaseSettings>;
  readonly rl: Partial<RLSettings>;
  readonly sft?: Partial<SftSettings>;

  // What this preset changes in single stages. It wins over what the stage says.
  /** R1-Zero */
  readonly zero?: Partial<RLSettings>;
  /** the traces that Dev1 learns from */
  readonly coldStart?: Partial<ColdStartSettings>;
  /** Dev2 */
  readonly reasoningRL?: Partial<RLSettings>;
  /** the traces that Dev3 learns from */
  readonly curation?: Partial<CurationSettings>;
  /** the pairs that the reward model learns from */
  readonly preferences?: Partial<PreferenceSettings>;
  /** R1 */
  readonly preferenceRL?: Partial<RLSettings>;
  /** the comparisons */
  readonly comparison?: Partial<RLSettings>;
  /** the traces that students learn from */
  readonly distillation?: Partial<DistillationSettings>;
  /** a student that imitates */
  readonly distilled?: Partial<SftSettings>;
  /** a student that learns by itself */
  readonly studentRL?: Partial<RLSettings>;
  /** the traces that a generation learns from */
  readonly cycle?: Partial<CycleSettings>;
  readonly testTime?: Partial<TestTimeSettings>;
}

/** `smoke` takes seconds and proves nothing; `quick` is a workshop's; `full` makes the recorded results. */
export const presets = {
  smoke: {
    size: 'tiny',
    teacher: 'tiny',
    students: ['tiny'],
    base: { tokens: 20_000, warmUpSteps: 5, gateProblems: 4 },
    rl: {
      steps: 2,
      groupSize: 4,
      maxNewTokens: 40,
      evaluateEvery: 2,
      evaluationProblems: 4,
      finalProblems: 8,
      finalGeneralPrompts: 4,
      plan: planOf({ countdown: { 3: 2 }, programs: { 2: 1 }, units: { 0: 1 } }),
    },
    zero: { inspect: { everySteps: 2, problems: 1 } },
    coldStart: {
      plan: planOf({ countdown: { 3: 2 } }),
      samples: 2,
      traces: 20,
      giveUpShare: 1,
    },
    sft: { epochs: 1, finalProblems: 4, finalGeneralPrompts: 4, maxNewTokens: 40 },
    curation: { plan: planOf({ units: { 0: 4 } }), samples: 4, randomTraces: 12 },
    preferences: {
      plan: planOf({ general: { 1: 30 } }),
      samples: 4,
      maxNewTokens: 20,
    },
    comparison: { steps: 2, finalProblems: 8 },
    preferenceRL: {
      steps: 2,
      late: {
        from: 1,
        plan: planOf({ countdown: { 3: 1 }, general: { 1: 2 } }),
      },
    },
    distillation: {
      plan: planOf({ units: { 0: 6 } }),
      samples: 4,
      filter: 'all',
      traces: 12,
    },
    distilled: { epochs: 1 },
    studentRL: { steps: 2 },
    cycle: {
      plan: [{ task: 'units', level: 0, prompts: 6, keep: 8 }],
      levelPrompts: 4,
      samples: 4,
      filter: 'all',
    },
    testTime: { problems: 4, samples: 4, budgets: [10, 20], budgetSamples: 2 },
    gated: false,
  },
  quick: {
    size: 'small',
    teacher: 'small',
    students: ['tiny'],
    base: {},
    rl: {},
    zero: { inspect: { everySteps: 20, problems: 4 } },
    reasoningRL: { steps: 60 },
    gated: true,
  },
  full: {
    size: 'base',
    teacher: 'base',
    students: ['tiny', 'mini', 'small'],
    base: {},
    rl: { steps: 150 },
    reasoningRL: { steps: 80 },
    curation: {
      plan: planOf({
        countdown: { 3: 1000, 5: 1200 },
        programs: { 2: 1200, 3: 300 },
        units: { 0: 1000 },
      }),
    },
    // `base` finds the reward model's holes within twenty steps of preferences: twelve are enough
    preferenceRL: { steps: 42 },
    gated: true,
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

/** Returns a preset by its name. Throws a UserError for an unknown one. */
export function presetNamed(name: string): Preset {
  if (!Object.hasOwn(presets, name))
    throw new UserError(`unknown preset ${name}: use ${Object.keys(presets).join(', ')}`);
  return presets[name as PresetName];
}
