import type { Model } from '../../model/parameters';
import { createLikelihood } from '../../training/likelihood';
import type { Judge } from '../rollouts';
import type { RLSettings } from '../settings';

/** What the judge gives at least, in nats a token: nothing a completion says costs it more. */
const worst = -6;

/**
 * A judge that finds good what the start model finds likely: its score is the mean log-probability of a token, so that a
 * text of perplexity 20 gets -3. It knows nothing of what was asked beyond what that model makes of it.
 */
export function likelihoodJudge(
  start: Model,
  { plan, batches }: Pick<RLSettings, 'plan' | 'batches'>,
): Judge & { dispose(): void } {
  const likelihood = createLikelihood(start, batches[0]!);
  return {
    scores: (rollouts) => likelihood.of(rollouts).map((nats) => Math.max(worst, nats)),
    tasks: [...new Set(plan.map(({ task }) => task))],
    dispose: () => likelihood.dispose(),
  };
}
