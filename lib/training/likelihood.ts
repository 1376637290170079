import { jit } from '../engine/jit';
import { tf } from '../engine/tensorflow';
import { disposeTree } from '../engine/tree';
import type { Model, Parameters } from '../model/parameters';
import { sharedPromptStates } from '../model/sharedPrompt';
import { vocabularyLogprobs } from '../model/vocabularyLogprobs';
import type { BatchShape } from './packing';
import { packShared, type PromptedSequence, type SharedBatch } from './sharedPacking';

/** A completion and what it answers. */
export interface Completion {
  readonly promptIds: readonly number[];
  readonly completionIds: readonly number[];
}

/** How likely completions are to a model that does not learn. */
export interface Likelihood {
  /** the mean log-probability of a token of each completion, its end token included, in nats; exp(-x) is its perplexity */
  of(completions: readonly Completion[]): number[];
  dispose(): void;
}

/** Makes what asks a language model how likely completions are. The weights stay the caller's. */
export function createLikelihood({ config, parameters }: Model, shape: BatchShape): Likelihood {
  const forward = jit((p: Parameters, batch: SharedBatch<'owner'>) =>
    vocabularyLogprobs(
      tf.gather(sharedPromptStates(config, p, batch), batch.sources), // [N, d]
      p.output ?? p.embedding,
      batch.targets,
    ),
  );
  return {
    of(completions) {
      const sums = new Float64Array(completions.length);
      for (const batch of packShared(completions.map(owned), shape, ['owner'])) {
        const logprobs = forward(parameters, batch);
        const values = logprobs.dataSync();
        batch.channels.owner.dataSync().forEach((owner, n) => {
          if (owner > 0) sums[owner - 1]! += values[n]!;
        });
        disposeTree(batch, logprobs);
      }
      return completions.map(({ completionIds }, i) => sums[i]! / completionIds.length);
    },
    dispose: () => forward.dispose(),
  };
}

/** A completion as a sequence each of whose tokens says which completion it is of, from 1 on. */
const owned = ({ promptIds, completionIds }: Completion, i: number): PromptedSequence<'owner'> => ({
  ids: [...promptIds, ...completionIds],
  promptLength: promptIds.length,
  channels: { owner: [...promptIds.slice(1).fill(0), ...completionIds.map(() => i + 1)] },
});
