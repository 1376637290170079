import { evaluateEach, type ProblemSet } from '../evaluation/evaluate';
import type { Evaluation } from '../evaluation/score';
import type { Model } from '../model/parameters';
import { samplerFor } from '../stages/places';

/**
 * Measures a model on sets of held-out problems, 8 completions of each problem, and returns one evaluation for each
 * set. It takes what `startingPoint` and the `run…` functions return; equal sets are sampled with equal random numbers,
 * so that models can be compared. Throws a UserError for a model whose vocabulary is not that of the tasks.
 */
export async function scoreOf(
  { model }: { readonly model: Model },
  sets: readonly ProblemSet[],
): Promise<Evaluation[]> {
  const sampler = samplerFor(model.config);
  const measured = await evaluateEach(model.parameters, sampler, sets);
  sampler.dispose();
  return measured.map(({ evaluation }) => evaluation);
}
