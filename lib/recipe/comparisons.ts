/**
 * The comparisons that the paper makes, and some that it does not: stages that lead nowhere, each with one thing
 * changed. All of them but the caps are run for sixty steps, so that three seeds of each fit into an afternoon.
 */
import type { Model } from '../model/parameters';
import { flippedReward, halfSightedReward } from '../rewards/messy';
import { punishingLength } from '../rewards/overlong';
import { visibleReward, type RewardFunction } from '../rewards/reward';
import { allOnes, collectTraces, rightOnes, type CollectOptions } from '../stages/collect';
import { samplerFor } from '../stages/places';
import { trainPpo } from '../stages/ppo';
import { trainPreferenceRL } from '../stages/preferenceRL';
import { trainRL, type RLOptions } from '../stages/rl';
import { mixture, reasoningRewardWeights } from '../stages/settings';
import type { RLSettings, SftSettings } from '../stages/settings';
import { trainSft } from '../stages/sft';
import { planOf } from '../tasks/plan';
import { languages } from '../tokenizer/vocabulary';
import { defaultGrpo, grpoUpdates } from '../training/grpo';
import * as ladder from '../training/variants';
import { rlLayers, sftLayers } from './layers';
import type { Asked, Stage } from './stage';

/** Sixty steps, evaluated before the first and after the last alone. */
const short: Partial<RLSettings> = { steps: 60, evaluateEvery: 1000, finalProblems: 300 };

/** Settings of a comparison that differs from R1-Zero in `own`. */
const shortLayers = (asked: Asked, own: Partial<RLSettings> = {}): RLSettings =>
  rlLayers(asked, { ...short, ...own }, asked.preset.comparison);

/** A stage that does nothing but reinforcement learning. */
export type RLStage = Stage<string, { run: RLSettings }>;

/** What a comparison puts in the place of a part of the loop. It may depend on the settings, such as the cap. */
type Replacing = (run: RLSettings) => Pick<RLOptions, 'rewardFn' | 'updates'>;

/** R1-Zero with one thing changed. */
const changed = (
  own: Partial<RLSettings>,
  replacing: Replacing = () => ({}),
  from = 'base',
): RLStage => ({
  kind: 'RL',
  needs: [from],
  settings: (asked) => ({ run: shortLayers(asked, own) }),
  make: ({ models, ...job }, { run }) =>
    trainRL({ ...job, ...replacing(run), from: models[0]!, settings: run }),
});

/** R1-Zero with another reward. */
const rewarded = (rewardFn: RewardFunction, own: Partial<RLSettings> = {}): RLStage =>
  changed(own, () => ({ rewardFn }));

/** R1-Zero with another loss. */
const rung = (
  variantOf: (run: RLSettings) => ladder.Variant,
  own: Partial<RLSettings> = {},
): RLStage =>
  changed(own, (run) => ({
    updates: (trainer, groups, options) => grpoUpdates(trainer, groups, variantOf(run), options),
  }));

/** No clipping: plain REINFORCE. */
const noClip = { ...defaultGrpo, clipEpsilonLow: 1e9, clipEpsilonHigh: 1e9 };
const clipHigher = { ...defaultGrpo, clipEpsilonHigh: 0.28 };

/** The rungs of the ladder, from GRPO as published. Dr. GRPO's constant length is the cap of the run. */
const rungs = {
  'ladder-workbook': rung(() => ladder.workbookVariant),
  'ladder-grpo': rung(() => ({
    advantages: ladder.normalisedByGroup,
    tokenWeights: ladder.meanOverCompletions,
  })),
  'ladder-dr-grpo': rung(({ maxNewTokens }) => ({
    advantages: ladder.centredByGroup,
    tokenWeights: ladder.sumOverTokens(maxNewTokens),
  })),
  'ladder-dapo': changed({ grpo: clipHigher }, ({ maxNewTokens }) => ({
    rewardFn: punishingLength(maxNewTokens),
  })),
  'ladder-rloo': rung(
    ({ maxNewTokens }) => ({
      advantages: ladder.leaveOneOut,
      tokenWeights: ladder.sumOverTokens(maxNewTokens),
    }),
    { grpo: noClip },
  ),
  'ladder-reinforce': rung(() => ({
    advantages: ladder.normalisedByBatch,
    tokenWeights: ladder.meanOverTokens,
  })),
};

const ppo = (lambda: number): RLStage => ({
  kind: 'RL',
  needs: ['base'],
  settings: (asked) => ({ run: shortLayers(asked) }),
  make: ({ models, ...job }, { run }) =>
    trainPpo({ ...job, from: models[0]!, lambda, settings: run }),
});

/** The settings of a stage that imitates completions of its own. */
export interface ImitationSettings {
  readonly run: SftSettings;
  readonly data: Pick<CollectOptions, 'plan' | 'samples' | 'perPrompt' | 'maxNewTokens'>;
}

/** The base imitates its own completions, as many as sixty steps of reinforcement learning see. */
const imitation = (filter: typeof rightOnes): Stage<string, ImitationSettings> => ({
  kind: 'SFT',
  needs: ['base'],
  settings: (asked) => {
    const { plan, groupSize, steps, maxNewTokens } = shortLayers(asked);
    const everyStep = plan.map((entry) => ({ ...entry, prompts: entry.prompts * steps }));
    return {
      run: sftLayers(asked, { epochs: 2, tracesPerStep: 128 }),
      data: { plan: everyStep, samples: groupSize, perPrompt: groupSize, maxNewTokens },
    };
  },
  make: async ({ models, ...job }, { run, data }) => {
    const from = models[0]!;
    const sampler = samplerFor(from.config);
    const options = { seed: job.seed, ...data, ...filter };
    const { traces, counts } = await collectTraces(from, sampler, options);
    sampler.dispose();
    return trainSft({ ...job, from, traces, about: { counts }, settings: run });
  },
});

/**
 * The twin of the jump in R1-Zero's response length: a cap on the tokens of an answer that is raised in the middle of
 * the run, and beside it one that stays. The raised one needs a longer context than the base was made with. Rotary
 * positions have no weights, so its limit is a number alone; but beyond it the base has read nothing.
 */
const caps = { first: 110, raised: 200, context: 226 };

/** R1-Zero under a cap. */
const capped = (isRaised: boolean): RLStage => ({
  kind: 'RL',
  needs: ['base'],
  settings: (asked) => {
    const layers = (own: Partial<RLSettings>): RLSettings =>
      rlLayers(asked, own, asked.preset.comparison);
    const { steps, batches } = layers({});
    const [long, ...others] = batches;
    const run = layers({
      maxNewTokens: caps.first,
      batches: [{ ...long!, rowLength: caps.context }, ...others],
      ...(isRaised && { late: { from: Math.floor(steps / 2), maxNewTokens: caps.raised } }),
    });
    return { run };
  },
  make: ({ models, ...job }, { run }) => {
    const { config, parameters } = models[0]!;
    const from = { config: { ...config, contextLength: caps.context }, parameters };
    return trainRL({ ...job, from, settings: run });
  },
});

/** Everything for the reward model's score, nothing for being right. The KL term is there to be measured only. */
export const scoreAlone: Partial<RLSettings> = {
  rewards: { accuracy: 0, format: 0, language: 0, preference: 1 },
  grpo: { ...defaultGrpo, klCoef: 1e-6 },
};

/** The twin of the paper's Figure 6. */
const rewardModelAlone: RLStage = {
  kind: 'RL',
  needs: ['dev3', 'reward-model'],
  settings: (asked) => {
    const watched = { evaluateEvery: 5, evaluationProblems: 60 };
    return { run: shortLayers(asked, { ...watched, ...scoreAlone }) };
  },
  make: ({ models, ...job }, { run }) => {
    const [from, rewardModel] = models as [Model, Model];
    const judged = mixture.map(({ task }) => task);
    return trainPreferenceRL({ ...job, from, rewardModel, judged, settings: run });
  },
};

/** Programs judged by the two examples that the prompt shows. A list of these two is a perfect answer. */
export const programsAlone: Partial<RLSettings> = {
  plan: planOf({ programs: { 2: 24, 3: 8 } }),
  evaluated: [{ task: 'programs', level: 2 }],
  evaluateEvery: 5,
  evaluationProblems: 100,
};

/** Per language, to see who pays for staying in one. */
const perLanguage: Partial<RLSettings> = {
  evaluated: [3, 5].flatMap((level) =>
    languages.map((language) => ({ task: 'countdown' as const, level, language })),
  ),
};

export const comparisons = {
  ...rungs,
  'ppo-lambda-1': ppo(1),
  'ppo-lambda-95': ppo(0.95),
  'sft-all': imitation(allOnes),
  'sft-right': imitation(rightOnes),
  'flipped-10': rewarded(flippedReward(0.1)),
  'flipped-25': rewarded(flippedReward(0.25)),
  'flipped-40': rewarded(flippedReward(0.4)),
  'half-sighted': rewarded(halfSightedReward),
  'hacked-reward-model': rewardModelAlone,
  'hacked-tests': rewarded(visibleReward, programsAlone),
  'honest-tests': changed(programsAlone),
  'cap-raised': capped(true),
  'cap-kept': capped(false),
  'unequal-free': changed(perLanguage, undefined, 'base-unequal'),
  'unequal-one-language': changed(
    { ...perLanguage, rewards: reasoningRewardWeights },
    undefined,
    'base-unequal',
  ),
} as const satisfies Record<string, Stage>;
