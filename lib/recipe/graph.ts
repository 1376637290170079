/** The graph of the recipe: what each stage needs, and how it is made from it. */
import { UserError } from '../core/errors';
import { extendVocabulary, type Model } from '../model/parameters';
import { disposeTree } from '../engine/tree';
import { defaultRewardWeights, type RewardWeights } from '../rewards/reward';
import { readRunInfo } from '../runs/run';
import { vocabulary } from '../tokenizer/vocabulary';
import { trainBase } from '../stages/base';
import { coldStartTraces, defaultColdStart, type ColdStartSettings } from '../stages/coldStart';
import type { CorpusName } from '../stages/corpora';
import { comparisons } from './comparisons';
import { distillation, distillationArms } from '../stages/distillation';
import { generationArms, generations } from '../stages/generations';
import { runFolder, stageName } from '../stages/places';
import { trainPreferenceRL } from '../stages/preferenceRL';
import {
  annotate,
  balance,
  defaultPreferences,
  preferenceFile,
  samplePairs,
  writePreferences,
} from '../stages/preferences';
import { curatedTraces, defaultCuration, makeUp } from '../stages/rejectionSampling';
import { trainRewardModel } from '../stages/rewardModel';
import {
  preferenceRewardWeights,
  reasoningRewardWeights,
  tooSmallForTheGate,
} from '../stages/settings';
import { trainSft } from '../stages/sft';
import { testTimeArms, testTimes } from '../stages/testTime';
import { nameOf, type Job, type Outcome, type Stage } from './stage';
import { traceFile, writeTraces } from '../stages/traces';
import { trainRL } from '../stages/rl';

/** Pre-training on a corpus. Only the default one is held to the gate. */
const base = (corpus: CorpusName): Stage => ({
  needs: [],
  make: ({ preset, ...job }) => {
    const gated = preset.gated && corpus === 'default' && !tooSmallForTheGate.includes(job.size);
    return trainBase({ ...job, settings: { ...preset.base, corpus }, gated });
  },
});

const zero = (from: string): Stage => ({
  needs: [from],
  make: ({ preset, models, ...job }) =>
    trainRL({
      ...job,
      from: models[0]!,
      settings: { ...preset.rl, inspect: preset.inspect },
    }),
});

/** Dev1: the base imitates R1-Zero's clean traces. */
const coldStart = (control: Partial<ColdStartSettings>): Stage => ({
  needs: ['base', 'r1-zero'],
  make: async ({ preset, models, ...job }) => {
    const settings = { ...defaultColdStart, ...preset.coldStart, ...control };
    const { traces, counts, tokens } = await coldStartTraces(models[1]!, job.seed, settings);
    writeTraces(traceFile(job.place, nameOf(job)), traces);
    const about = { counts, sampledTokens: tokens };
    return trainSft({ ...job, from: models[0]!, traces, about, settings: preset.sft });
  },
});

/** Dev2: reinforcement learning with a reward for staying in one language. */
const reasoningRL = (rewards: RewardWeights): Stage => ({
  needs: ['dev1'],
  make: ({ preset, models, ...job }) => {
    const settings = { ...preset.rl, ...preset.reasoningRL, rewards };
    return trainRL({ ...job, from: models[0]!, settings });
  },
});

/** Dev3: the base once more, on the best of what Dev2 says and on general documents. */
const rejectionSampling: Stage = {
  needs: ['base', 'dev2'],
  make: (job) => curatedSft(job, {}),
};

/** The same number of Dev2's completions, good or bad. */
const randomControl: Stage = {
  needs: ['base', 'dev2', 'dev3'],
  make: (job) => {
    const dev3 = readRunInfo(runFolder(job.place, stageName(job.size, 'dev3', job.seed)));
    const { reasoning } = dev3!.result!.makeUp as ReturnType<typeof makeUp>;
    return curatedSft(job, { randomTraces: reasoning!.traces });
  },
};

async function curatedSft(
  { preset, models, ...job }: Job,
  control: { randomTraces?: number },
): Outcome {
  const settings = { ...defaultCuration, ...preset.curation, ...control };
  const { traces, counts, tokens } = await curatedTraces(models[1]!, job.seed, settings);
  writeTraces(traceFile(job.place, nameOf(job)), traces);
  const from = extendVocabulary(models[0]!, vocabulary.length, job.seed);
  const about = { counts, sampledTokens: tokens, makeUp: makeUp(traces) };
  try {
    return await trainSft({ ...job, from, traces, about, settings: preset.sft });
  } finally {
    disposeTree(from.parameters);
  }
}

/** The simulated annotator compares answers of Dev3, and Dev3 learns to predict the comparisons. */
const rewardModel: Stage = {
  needs: ['dev3'],
  make: async ({ preset, models, ...job }) => {
    const settings = { ...defaultPreferences, ...preset.preferences };
    const pairs = await samplePairs(models[0]!, job.seed, settings);
    const preferences = balance(annotate(pairs, job.seed), job.seed);
    writePreferences(preferenceFile(job.place, nameOf(job)), preferences);
    return trainRewardModel({ ...job, from: models[0]!, preferences });
  },
};

/** R1: rules for reasoning, the reward model for general prompts; without it, the same steps by the rules alone. */
const preferenceRL = (preference: boolean): Stage => ({
  needs: ['dev3', 'reward-model'],
  make: ({ preset, models, ...job }) => {
    const weight = preference ? preferenceRewardWeights.preference : 0;
    const rewards = { ...preferenceRewardWeights, preference: weight };
    const settings = { ...preset.rl, ...preset.preferenceRL, rewards };
    const [from, rewardModel] = models as [Model, Model];
    return trainPreferenceRL({ ...job, from, rewardModel, settings });
  },
});

const ofTheRecipe = {
  base: base('default'),
  'r1-zero': zero('base'),
  dev1: coldStart({}),
  dev2: reasoningRL(reasoningRewardWeights),
  dev3: rejectionSampling,
  'reward-model': rewardModel,
  r1: preferenceRL(true),
} as const satisfies Record<string, Stage>;

/** The recipe with one thing left out or spoilt. */
const controls = {
  'dev1-uncurated': coldStart({ curated: false, giveUpShare: 0 }),
  'dev2-no-language': reasoningRL(defaultRewardWeights),
  'dev3-random': randomControl,
  'r1-no-preference': preferenceRL(false),
  'base-no-search': base('no-search'),
  'r1-zero-no-search': zero('base-no-search'),
  'base-weak-verdict': base('weak-verdict'),
  'r1-zero-weak-verdict': zero('base-weak-verdict'),
  'base-unequal': base('unequal-languages'),
} as const satisfies Record<string, Stage>;

/** Everything after R1: data for others, other models, and what thinking longer buys. */
const ofTheSecondHalf = { ...distillation, ...generations, ...testTimes };
const armsOfTheSecondHalf = { ...distillationArms, ...generationArms, ...testTimeArms };

export type StageName =
  | keyof typeof ofTheRecipe
  | keyof typeof controls
  | keyof typeof comparisons
  | keyof typeof ofTheSecondHalf
  | keyof typeof armsOfTheSecondHalf;

export const stages = {
  ...ofTheRecipe,
  ...ofTheSecondHalf,
  ...controls,
  ...comparisons,
  ...armsOfTheSecondHalf,
} as Readonly<Record<StageName, Stage<StageName>>>;

/** The stages that exist: those of the recipe in its order, then the controls and the comparisons. */
export const stageNames = Object.keys(stages) as StageName[];

/** From nothing to R1. */
export const chainStages = Object.keys(ofTheRecipe) as StageName[];

/** What follows on the same model. */
export const cycleStages: readonly StageName[] = [
  ...(Object.keys(generations) as StageName[]),
  ...(Object.keys(testTimes) as StageName[]),
];

/** What the students do. */
export const studentStages: readonly StageName[] = ['distilled', 'student-rl'];

/** The others: the recipe with one thing left out, and what the paper compares. */
export const controlStages = Object.keys(controls) as StageName[];
export const comparisonStages = [
  ...Object.keys(comparisons),
  ...Object.keys(armsOfTheSecondHalf),
] as StageName[];

export function stageNamed(name: string): StageName {
  if (!stageNames.includes(name as StageName))
    throw new UserError(
      `unknown stage ${name}: use ${chainStages.join(', ')}, or a control or comparison of --help`,
    );
  return name as StageName;
}
