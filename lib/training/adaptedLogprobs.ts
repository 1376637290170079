import { tf } from '../engine/tensorflow';
import type { ModelConfig } from '../model/config';
import { adapted, type Lora, type LoraConfig } from '../model/lora';
import type { Parameters } from '../model/parameters';
import { sharedPromptStates } from '../model/sharedPrompt';
import { vocabularyLogprobs } from '../model/vocabularyLogprobs';
import type { SharedBatch } from './sharedPacking';
import type { Trainer } from './trainer';

/** A batch whose completions share their prompts; the scalar 1 / temperature is there where it is not 1. */
export type AdapterBatch<Channel extends string> = SharedBatch<Channel> & {
  readonly inverseTemperature?: tf.Tensor;
};

/** The trainer of a model's adapters. */
export type AdapterTrainer<Channel extends string> = Trainer<
  AdapterBatch<Channel>,
  Lora,
  Parameters
>;

/** A model with adapters, inside a loss function. */
export interface AdaptedModel {
  readonly config: ModelConfig;
  readonly lora: LoraConfig;
  /** compute the blocks again on the way back, which takes half as long again and less memory */
  readonly recompute: boolean;
}

/** Returns the log-probability of each target of a batch under a model with adapters: [N]. */
export function adaptedLogprobs(
  { config, lora, recompute }: AdaptedModel,
  adapters: Lora,
  batch: AdapterBatch<never>,
  frozen: Parameters,
): tf.Tensor {
  const weights = adapted(frozen, adapters, lora);
  const states = sharedPromptStates(config, weights, batch, recompute);
  return vocabularyLogprobs(
    tf.gather(states, batch.sources), // [N, d]
    frozen.output ?? frozen.embedding,
    batch.targets,
    batch.inverseTemperature,
  );
}
