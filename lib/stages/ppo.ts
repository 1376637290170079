/** R1-Zero's loop with PPO in place of GRPO: a critic says what a state is worth, not the rest of the group. */
import { withScoreHead } from '../model/parameters';
import { criticLoss, ppoUpdates } from '../training/ppo';
import { createTrainerState, Trainer } from '../training/trainer';
import { rlSettings } from './settings';
import { trainRL, type Updates, type RLOptions, type RLResult } from './rl';

/** The critic learns faster than the policy: its rate is so many times the policy's. */
const criticRateFactor = 10;

/**
 * Trains with PPO; the critic starts from the same weights as the policy. `lambda` is GAE's. The critic is no part of
 * a saved state, so an interrupted run starts again.
 */
export async function trainPpo(
  options: RLOptions & { readonly lambda: number },
): Promise<RLResult | null> {
  const { lambda, ...zero } = options;
  const { config, parameters } = options.from;
  const settings = rlSettings(options.size, options.settings);
  const state = createTrainerState(withScoreHead(parameters), settings.optimizer);
  const critic = new Trainer(criticLoss(config), settings.optimizer, state);
  const updates: Updates = (policy, groups, update) => {
    const criticRate = criticRateFactor * update.learningRate;
    return ppoUpdates({ config, policy, critic }, groups.flat(), { ...update, lambda, criticRate });
  };
  try {
    return await trainRL({ ...zero, updates, resumable: false });
  } finally {
    critic.dispose();
  }
}
