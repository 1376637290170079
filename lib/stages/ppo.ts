/**
 * The loop of R1-Zero with PPO in place of GRPO: what a state is worth is said by a critic, and not by the other
 * completions of the group.
 */
import type { ModelSize } from '../model/config';
import { withScoreHead } from '../model/parameters';
import { criticLoss, ppoUpdates } from '../training/ppo';
import { createTrainerState, Trainer } from '../training/trainer';
import { rlSettings } from './settings';
import { trainRL, type Updates, type RLOptions, type RLResult } from './rl';

/** The critic's learning rate as a multiple of the policy's: the critic has to learn faster. */
const criticRateFactor = 10;

/**
 * Trains with PPO; the critic starts from the same weights as the policy. `lambda` is GAE's. The critic is no part of
 * a saved state, so an interrupted run starts again.
 */
export async function trainPpo(
  options: RLOptions & { readonly lambda: number },
): Promise<RLResult | null> {
  const { lambda, ...others } = options;
  const { config, parameters } = options.from;
  const settings = rlSettings(options.size as ModelSize, options.settings);
  const state = createTrainerState(withScoreHead(parameters), settings.optimizer);
  const critic = new Trainer(criticLoss(config), settings.optimizer, state);
  const updates: Updates = (policy, groups, update) => {
    const criticRate = criticRateFactor * update.learningRate;
    return ppoUpdates({ config, policy, critic }, groups.flat(), { ...update, lambda, criticRate });
  };
  try {
    return await trainRL({ ...others, updates, resumable: false });
  } finally {
    critic.dispose();
  }
}
