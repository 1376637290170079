/** The graph of the recipe: what each stage needs, which settings it has, and how it is made. */
import { UserError } from '../core/errors';
import { disposeTree } from '../engine/tree';
import { extendVocabulary, type Model } from '../model/parameters';
import { defaultRewardWeights, type RewardWeights } from '../rewards/reward';
import { readRunInfo } from '../runs/run';
import { trainBase } from '../stages/base';
import { coldStartTraces, defaultColdStart, type ColdStartSettings } from '../stages/coldStart';
import type { CorpusName } from '../stages/corpora';
import { runFolder, stageName } from '../stages/places';
import { preferenceSettings, trainPreferenceRL } from '../stages/preferenceRL';
import {
  annotate,
  balance,
  defaultPreferences,
  preferenceFile,
  samplePairs,
  writePreferences,
  type PreferenceSettings,
} from '../stages/preferences';
import {
  curatedTraces,
  defaultCuration,
  makeUp,
  type CurationSettings,
  type MakeUp,
} from '../stages/rejectionSampling';
import { trainRewardModel } from '../stages/rewardModel';
import { trainRL } from '../stages/rl';
import {
  preferenceRewardWeights,
  reasoningRewardWeights,
  rewardModelSettings,
  settingsFrom,
  tooSmallForTheGate,
  type BaseSettings,
  type RewardModelSettings,
  type RLSettings,
  type SftSettings,
} from '../stages/settings';
import { trainSft } from '../stages/sft';
import { traceFile, writeTraces } from '../stages/traces';
import { vocabulary } from '../tokenizer/vocabulary';
import { comparisons } from './comparisons';
import { generationArms, generations } from './cycle';
import { baseLayers, rlLayers, sftLayers } from './layers';
import { nameOf, type Job, type Outcome, type Stage } from './stage';
import { studentArms, students } from './students';
import { testTimeArms, testTimes } from './testTimes';

/** Pre-training on a corpus. Only the default one is held to the gate. */
const base = (
  corpus: CorpusName,
): Stage<string, { run: BaseSettings & { readonly gated: boolean } }> => ({
  kind: 'pre-training',
  needs: [],
  settings: (asked) => {
    const { gated, size, task } = asked.preset;
    const isHeld = gated && corpus === 'default' && !tooSmallForTheGate.includes(size);
    const read = corpus === 'default' ? (task ?? corpus) : corpus;
    return { run: { ...baseLayers(asked, { corpus: read }), gated: isHeld } };
  },
  make: (job, { run: { gated, ...settings } }) => trainBase({ ...job, settings, gated }),
});

const zero = (from: string): Stage<string, { run: RLSettings }> => ({
  kind: 'RL',
  needs: [from],
  settings: (asked) => ({ run: rlLayers(asked, {}, asked.preset.zero) }),
  make: ({ models, ...job }, { run }) => trainRL({ ...job, from: models[0]!, settings: run }),
});

/** Dev1: the base imitates R1-Zero's clean traces. */
const coldStart = (
  control: Partial<ColdStartSettings>,
): Stage<string, { run: SftSettings; data: ColdStartSettings }> => ({
  kind: 'SFT',
  needs: ['base', 'r1-zero'],
  settings: (asked) => {
    const { coldStart: preset } = asked.preset;
    const data = settingsFrom({ defaults: defaultColdStart, stage: control, preset });
    return { run: sftLayers(asked), data };
  },
  make: async ({ models, ...job }, { run, data }) => {
    const { traces, counts, tokens } = await coldStartTraces(models[1]!, job.seed, data);
    writeTraces(traceFile(job.place, nameOf(job)), traces);
    const about = { counts, sampledTokens: tokens };
    return trainSft({ ...job, from: models[0]!, traces, about, settings: run });
  },
});

/** Dev2: reinforcement learning with a reward for staying in one language. */
const reasoningRL = (rewards: RewardWeights): Stage<string, { run: RLSettings }> => ({
  kind: 'RL',
  needs: ['dev1'],
  settings: (asked) => ({ run: rlLayers(asked, { rewards }, asked.preset.reasoningRL) }),
  make: ({ models, ...job }, { run }) => trainRL({ ...job, from: models[0]!, settings: run }),
});

/** Settings of a stage that imitates completions of Dev2, and of how these are chosen. */
interface CuratedSettings {
  readonly run: SftSettings;
  readonly data: CurationSettings;
}

/** Dev3: the base once more, on the best of what Dev2 says and on general documents. */
const rejectionSampling: Stage<string, CuratedSettings> = {
  kind: 'SFT',
  needs: ['base', 'dev2'],
  settings: (asked) => {
    const data = settingsFrom({ defaults: defaultCuration, preset: asked.preset.curation });
    return { run: sftLayers(asked), data };
  },
  make: curatedSft,
};

/** As many completions of Dev2 as Dev3 learned from, good or bad. */
const randomControl: Stage<string, CuratedSettings> = {
  ...rejectionSampling,
  needs: ['base', 'dev2', 'dev3'],
  make: (job, { run, data }) => {
    const dev3 = readRunInfo(runFolder(job.place, stageName(job.size, 'dev3', job.seed)));
    const { reasoning } = dev3!.result!.makeUp as MakeUp;
    return curatedSft(job, { run, data: { ...data, randomTraces: reasoning!.traces } });
  },
};

async function curatedSft({ models, ...job }: Job, { run, data }: CuratedSettings): Outcome {
  const { traces, counts, tokens } = await curatedTraces(models[1]!, job.seed, data);
  writeTraces(traceFile(job.place, nameOf(job)), traces);
  const from = extendVocabulary(models[0]!, vocabulary.length, job.seed);
  const about = { counts, sampledTokens: tokens, makeUp: makeUp(traces) };
  try {
    return await trainSft({ ...job, from, traces, about, settings: run });
  } finally {
    disposeTree(from.parameters);
  }
}

/** The simulated annotator compares answers of Dev3, and Dev3 learns to predict the comparisons. */
const rewardModel: Stage<string, { run: RewardModelSettings; data: PreferenceSettings }> = {
  kind: 'reward model',
  needs: ['dev3'],
  settings: ({ preset: { size, preferences } }) => ({
    run: rewardModelSettings(size),
    data: settingsFrom({ defaults: defaultPreferences, preset: preferences }),
  }),
  make: async ({ models, ...job }, { run, data }) => {
    const pairs = await samplePairs(models[0]!, job.seed, data);
    const preferences = balance(annotate(pairs, job.seed), job.seed);
    writePreferences(preferenceFile(job.place, nameOf(job)), preferences);
    return trainRewardModel({ ...job, from: models[0]!, preferences, settings: run });
  },
};

/** R1: rules for reasoning, the reward model for general prompts. With weight 0, the same steps by the rules alone. */
const preferenceRL = (preference: number | undefined): Stage<string, { run: RLSettings }> => ({
  kind: 'RL',
  needs: ['dev3', 'reward-model'],
  settings: (asked) => {
    const rewards = { ...preferenceRewardWeights, preference };
    const own = { ...preferenceSettings, rewards };
    return { run: rlLayers(asked, own, asked.preset.preferenceRL) };
  },
  make: ({ models, ...job }, { run }) => {
    const [from, rewardModel] = models as [Model, Model];
    return trainPreferenceRL({ ...job, from, rewardModel, settings: run });
  },
});

const ofTheRecipe = {
  base: base('default'),
  'r1-zero': zero('base'),
  dev1: coldStart({}),
  dev2: reasoningRL(reasoningRewardWeights),
  dev3: rejectionSampling,
  'reward-model': rewardModel,
  r1: preferenceRL(preferenceRewardWeights.preference),
} as const satisfies Record<string, Stage>;

/** The recipe with one thing left out or spoilt. */
const controls = {
  'dev1-uncurated': coldStart({ curated: false }),
  'dev2-no-language': reasoningRL(defaultRewardWeights),
  'dev3-random': randomControl,
  'r1-no-preference': preferenceRL(0),
  'base-no-search': base('no-search'),
  'r1-zero-no-search': zero('base-no-search'),
  'base-weak-verdict': base('weak-verdict'),
  'r1-zero-weak-verdict': zero('base-weak-verdict'),
  'base-unequal': base('unequal-languages'),
} as const satisfies Record<string, Stage>;

/** Everything after R1: data for others, other models, and what thinking longer buys. */
const ofTheSecondHalf = { ...students, ...generations, ...testTimes };
const armsOfTheSecondHalf = { ...studentArms, ...generationArms, ...testTimeArms };

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

/** The stages that lead from nothing to R1, in their order. */
export const chainStages = Object.keys(ofTheRecipe) as StageName[];

/** The stages that follow R1 with a model of its size. */
export const cycleStages: readonly StageName[] = [
  ...(Object.keys(generations) as StageName[]),
  ...(Object.keys(testTimes) as StageName[]),
];

/** The stages of each student. */
export const studentStages: readonly StageName[] = ['distilled', 'student-rl'];

/** The recipe with one thing left out or spoilt. */
export const controlStages = Object.keys(controls) as StageName[];
/** What the paper compares, and arms of the experiments after R1. */
export const comparisonStages = [
  ...Object.keys(comparisons),
  ...Object.keys(armsOfTheSecondHalf),
] as StageName[];

/** The stage of that name of a run, or undefined where a reader gave the run a name of his own. */
export const knownStage = (name: string): Stage<StageName> | undefined =>
  Object.hasOwn(stages, name) ? stages[name as StageName] : undefined;

/** Returns the name of a stage of the graph. Throws a UserError for a name that is none. */
export function stageNamed(name: string): StageName {
  if (!stageNames.includes(name as StageName))
    throw new UserError(
      `unknown stage ${name}: use ${chainStages.join(', ')}, or a control or comparison of --help`,
    );
  return name as StageName;
}
