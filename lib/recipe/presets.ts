/** How large the recipe is run: which model, and which settings differ from the defaults. */
import { UserError } from '../core/errors';
import type { ModelSize } from '../model/config';
import type { ColdStartSettings } from '../stages/coldStart';
import type { DistillationSettings } from '../stages/distillation';
import type { CycleSettings } from '../stages/generations';
import type { PreferenceSettings } from '../stages/preferences';
import type { CurationSettings } from '../stages/rejectionSampling';
import type { BaseSettings, SftSettings, RLSettings } from '../stages/settings';
import type { TestTimeSettings } from '../stages/testTime';

export interface Preset {
  readonly size: ModelSize;
  /** whose R1 teaches */
  readonly teacher: ModelSize;
  /** the models that learn from it */
  readonly students: readonly ModelSize[];
  readonly base: Partial<BaseSettings>;
  readonly rl: Partial<RLSettings>;
  readonly coldStart?: Partial<ColdStartSettings>;
  readonly sft?: Partial<SftSettings>;
  readonly curation?: Partial<CurationSettings>;
  readonly preferences?: Partial<PreferenceSettings>;
  /** what the rollout inspector gets to see of R1-Zero */
  readonly inspect?: RLSettings['inspect'];
  /** what differs from `zero` in the reasoning RL of Dev2 */
  readonly reasoningRL?: Partial<RLSettings>;
  /** the same for the preference RL of R1 */
  readonly preferenceRL?: Partial<RLSettings>;
  /** the same for the comparisons */
  readonly comparison?: Partial<RLSettings>;
  readonly distillation?: Partial<DistillationSettings>;
  /** what differs from the defaults when a student imitates */
  readonly distilled?: Partial<SftSettings>;
  /** the same when it learns by itself */
  readonly studentRL?: Partial<RLSettings>;
  readonly cycle?: Partial<CycleSettings>;
  readonly testTime?: Partial<TestTimeSettings>;
  /** measure the gate and train on while it fails */
  readonly gated: boolean;
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
      plan: [
        { task: 'countdown', level: 3, prompts: 2 },
        { task: 'programs', level: 2, prompts: 1 },
        { task: 'units', level: 0, prompts: 1 },
      ],
    },
    inspect: { everySteps: 2, problems: 1 },
    coldStart: {
      plan: [{ task: 'countdown', level: 3, prompts: 2 }],
      samples: 2,
      traces: 20,
      giveUpShare: 1,
    },
    sft: { epochs: 1, finalProblems: 4, finalGeneralPrompts: 4, maxNewTokens: 40 },
    curation: { plan: [{ task: 'units', level: 0, prompts: 4 }], samples: 4, randomTraces: 12 },
    preferences: {
      plan: [{ task: 'general', level: 1, prompts: 30 }],
      samples: 4,
      maxNewTokens: 20,
    },
    comparison: { steps: 2, finalProblems: 8 },
    preferenceRL: {
      steps: 2,
      late: {
        from: 1,
        plan: [
          { task: 'countdown', level: 3, prompts: 1 },
          { task: 'general', level: 1, prompts: 2 },
        ],
      },
    },
    distillation: {
      plan: [{ task: 'units', level: 0, prompts: 6 }],
      samples: 4,
      filter: 'all',
      traces: 12,
    },
    distilled: { epochs: 1, finalProblems: 4, maxNewTokens: 40 },
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
    inspect: { everySteps: 20, problems: 4 },
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
      plan: [
        { task: 'countdown', level: 3, prompts: 1000 },
        { task: 'countdown', level: 5, prompts: 1200 },
        { task: 'programs', level: 2, prompts: 1200 },
        { task: 'programs', level: 3, prompts: 300 },
        { task: 'units', level: 0, prompts: 1000 },
      ],
    },
    // `base` finds the reward model's holes within twenty steps of preferences: twelve are enough
    preferenceRL: { steps: 42 },
    gated: true,
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

export function presetNamed(name: string): Preset {
  const preset = presets[name as PresetName];
  if (!preset)
    throw new UserError(`unknown preset ${name}: use ${Object.keys(presets).join(', ')}`);
  return preset;
}
