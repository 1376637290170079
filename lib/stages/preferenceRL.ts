/**
 * Preference RL (DeepSeek-R1, section 3.2.2): reinforcement learning once more, with the rules for reasoning and the
 * reward model for general prompts. The result is R1. As in the paper the preference reward comes late and is short,
 * because a policy finds the holes of a reward model sooner or later.
 */
import type { Model } from '../model/parameters';
import { planOf } from '../tasks/plan';
import { createScorer } from '../training/rewardModel';
import { preferenceRewardWeights, type RLSettings } from './settings';
import type { Judge } from './rollouts';
import { trainRL, type RLOptions, type RLResult } from './rl';

/** The mixture with three general prompts in eight. */
export const mixtureWithGeneral = planOf({
  countdown: { 3: 6, 5: 4 },
  programs: { 2: 4 },
  units: { 0: 6 },
  general: { 1: 12 },
});

/** How preference RL differs from R1-Zero: fifty steps, the last twenty of them with general prompts and the reward model. */
export const preferenceSettings: Partial<RLSettings> = {
  steps: 50,
  late: { from: 30, plan: mixtureWithGeneral },
  rewards: preferenceRewardWeights,
};

export interface PreferenceRLOptions extends RLOptions {
  readonly rewardModel: Model;
  /** whose completions the reward model judges; general prompts unless an experiment says otherwise */
  readonly judged?: readonly string[];
}

/** A judge that says what a reward model finds, of the rollouts of these tasks. Its weights stay the caller's. */
export function rewardModelJudge(
  model: Model,
  tasks: readonly string[],
): Judge & { dispose(): void } {
  const scorer = createScorer(model);
  return {
    scores: (rollouts) => scorer.scores(rollouts.map((r) => [...r.promptIds, ...r.completionIds])),
    tasks,
    dispose: () => scorer.dispose(),
  };
}

/** Trains with the rules and the reward model. Returns null when the person stopped it, and the run has saved itself. */
export async function trainPreferenceRL(options: PreferenceRLOptions): Promise<RLResult | null> {
  const { rewardModel, judged = ['general'], ...others } = options;
  const judge = rewardModelJudge(rewardModel, judged);
  try {
    return await trainRL({ ...others, judge });
  } finally {
    judge.dispose();
  }
}
