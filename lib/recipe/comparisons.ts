/**
 * The comparisons that the paper makes, and some that it does not: stages that lead nowhere, each with one thing
 * changed. All of them but the caps are run for sixty steps, so that three seeds of each fit into an afternoon.
 */
import type { Model } from '../model/parameters';
import { reward, visibleReward, type RewardBreakdown } from '../rewards/reward';
import { flippedReward, halfSightedReward } from '../rewards/messy';
import { defaultGrpo, grpoUpdates } from '../training/grpo';
import { languages } from '../tokenizer/vocabulary';
import * as ladder from '../training/variants';
import { allOnes, collectTraces, rightOnes } from '../stages/collect';
import { samplerFor } from '../stages/places';
import { trainPpo } from '../stages/ppo';
import { trainPreferenceRL } from '../stages/preferenceRL';
import { mixture, reasoningRewardWeights, rlSettings, type RLSettings } from '../stages/settings';
import { trainSft } from '../stages/sft';
import type { Stage } from './stage';
import { trainRL, type RLOptions } from '../stages/rl';

/** Sixty steps, evaluated before the first and after the last alone. */
const short: Partial<RLSettings> = { steps: 60, evaluateEvery: 1000, finalProblems: 300 };

/** R1-Zero with one thing changed. */
const changed = (
  settings: Partial<RLSettings>,
  options: Pick<Partial<RLOptions>, 'rewardFn' | 'updates'> = {},
  from = 'base',
): Stage => ({
  needs: [from],
  make: ({ preset, models, ...job }) => {
    const all = { ...preset.rl, ...short, ...settings, ...preset.comparison };
    return trainRL({ ...job, ...options, from: models[0]!, settings: all });
  },
});

const rung = (variant: ladder.Variant, settings: Partial<RLSettings> = {}): Stage =>
  changed(settings, { updates: (trainer, groups, o) => grpoUpdates(trainer, groups, variant, o) });

/** No clipping: plain REINFORCE. */
const noClip = { ...defaultGrpo, clipEpsilonLow: 1e9, clipEpsilonHigh: 1e9 };
const clipHigher = { ...defaultGrpo, clipEpsilonHigh: 0.28 };

/** The rungs of the ladder, from GRPO as published. */
const rungs = {
  'ladder-workbook': rung(ladder.workbookVariant),
  'ladder-grpo': rung({
    advantages: ladder.normalisedByGroup,
    tokenWeights: ladder.meanOverCompletions,
  }),
  'ladder-dr-grpo': rung({
    advantages: ladder.centredByGroup,
    tokenWeights: ladder.sumOverTokens(150),
  }),
  'ladder-dapo': changed({ grpo: clipHigher }, { rewardFn: punishingLength }),
  'ladder-rloo': rung(
    { advantages: ladder.leaveOneOut, tokenWeights: ladder.sumOverTokens(150) },
    { grpo: noClip },
  ),
  'ladder-reinforce': rung({
    advantages: ladder.normalisedByBatch,
    tokenWeights: ladder.meanOverTokens,
  }),
};

/** DAPO's soft punishment over the last thirty tokens before the cap. */
function punishingLength(...about: Parameters<typeof reward>): RewardBreakdown {
  const parts = reward(...about);
  const length = about[1].split(' ').length;
  return { ...parts, total: parts.total + ladder.overlongPunishment(length, 150, 30) };
}

const ppo = (lambda: number): Stage => ({
  needs: ['base'],
  make: ({ preset, models, ...job }) =>
    trainPpo({
      ...job,
      from: models[0]!,
      lambda,
      settings: { ...preset.rl, ...short, ...preset.comparison },
    }),
});

/** The base imitates its own completions, as many as sixty steps of reinforcement learning see. */
const imitation = (filter: typeof rightOnes): Stage => ({
  needs: ['base'],
  make: async ({ preset, models, ...job }) => {
    const from = models[0]!;
    const { plan, groupSize, steps, maxNewTokens } = rlSettings(job.size, {
      ...preset.rl,
      ...short,
      ...preset.comparison,
    });
    const everyStep = plan.map((entry) => ({ ...entry, prompts: entry.prompts * steps }));
    const sampler = samplerFor(from.config);
    const budget = { plan: everyStep, samples: groupSize, perPrompt: groupSize, maxNewTokens };
    const { traces, counts } = await collectTraces(from, sampler, {
      seed: job.seed,
      ...budget,
      ...filter,
    });
    sampler.dispose();
    const settings = { epochs: 2, tracesPerStep: 128, ...preset.sft };
    return trainSft({ ...job, from, traces, about: { counts }, settings });
  },
});

/**
 * The twin of the jump in R1-Zero's response length: a cap on the tokens of an answer that is raised in the middle of
 * the run, and beside it one that stays. The raised one needs a longer context than the base was made with. Rotary
 * positions have no weights, so its limit is a number alone; but beyond it the base has read nothing.
 */
const caps = { first: 110, raised: 200, context: 226 };

/** R1-Zero under a cap. */
const capped = (isRaised: boolean): Stage => ({
  needs: ['base'],
  make: ({ preset, models, ...job }) => {
    const { config, parameters } = models[0]!;
    const from = { config: { ...config, contextLength: caps.context }, parameters };
    const all = { ...preset.rl, ...preset.comparison, maxNewTokens: caps.first };
    const { steps, batches } = rlSettings(job.size, all);
    const [long, ...others] = batches;
    const settings = {
      ...all,
      batches: [{ ...long!, rowLength: caps.context }, ...others],
      ...(isRaised && { late: { from: Math.floor(steps / 2), maxNewTokens: caps.raised } }),
    };
    return trainRL({ ...job, from, settings });
  },
});

/** Everything for the reward model's score, nothing for being right. The KL term is there to be measured only. */
export const scoreAlone: Partial<RLSettings> = {
  rewards: { accuracy: 0, format: 0, language: 0, preference: 1 },
  grpo: { ...defaultGrpo, klCoef: 1e-6 },
  late: undefined,
};

/** The twin of the paper's Figure 6. */
const rewardModelAlone: Stage = {
  needs: ['dev3', 'reward-model'],
  make: ({ preset, models, ...job }) => {
    const [from, rewardModel] = models as [Model, Model];
    const settings = {
      ...preset.rl,
      ...short,
      evaluateEvery: 5,
      evaluationProblems: 60,
      ...preset.comparison,
      ...scoreAlone,
    };
    const judged = mixture.map(({ task }) => task);
    return trainPreferenceRL({ ...job, from, rewardModel, judged, settings });
  },
};

/** Programs judged by the two examples that the prompt shows. A list of these two is a perfect answer. */
export const programsAlone: Partial<RLSettings> = {
  plan: [
    { task: 'programs', level: 2, prompts: 24 },
    { task: 'programs', level: 3, prompts: 8 },
  ],
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
  'flipped-10': changed({}, { rewardFn: flippedReward(0.1) }),
  'flipped-25': changed({}, { rewardFn: flippedReward(0.25) }),
  'flipped-40': changed({}, { rewardFn: flippedReward(0.4) }),
  'half-sighted': changed({}, { rewardFn: halfSightedReward }),
  'hacked-reward-model': rewardModelAlone,
  'hacked-tests': changed(programsAlone, { rewardFn: visibleReward }),
  'honest-tests': changed(programsAlone),
  'cap-raised': capped(true),
  'cap-kept': capped(false),
  'unequal-free': changed(perLanguage, {}, 'base-unequal'),
  'unequal-one-language': changed(
    { ...perLanguage, rewards: reasoningRewardWeights },
    {},
    'base-unequal',
  ),
} as const satisfies Record<string, Stage>;
