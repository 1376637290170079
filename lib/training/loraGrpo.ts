/** GRPO on adapters: the updates of `grpo.ts`, made on low-rank matrices beside a large model that does not learn. */
import { tf } from '../engine/tensorflow';
import type { ModelConfig } from '../model/config';
import { adapted, type Lora, type LoraConfig } from '../model/lora';
import type { Parameters } from '../model/parameters';
import { sharedPromptStates } from '../model/sharedPrompt';
import { vocabularyLogprobs } from '../model/vocabularyLogprobs';
import type { LossOutputs } from './gradients';
import { grpoChannels, tempered, type GrpoChannel, type Learner } from './grpo';
import { grpoLoss, type GrpoLossConfig } from './losses';
import { packShared, type SharedBatch } from './sharedPacking';
import type { Trainer } from './trainer';

/** A batch whose completions share their prompts; the scalar 1 / temperature is there where it is not 1. */
export type LoraBatch = SharedBatch<GrpoChannel> & { readonly inverseTemperature?: tf.Tensor };

/** The trainer of a model's adapters. */
export type LoraTrainer = Trainer<LoraBatch, Lora, Parameters>;

/** Which model has adapters, and how they learn. */
export interface LoraLossConfig {
  readonly config: ModelConfig;
  readonly lora: LoraConfig;
  readonly loss: GrpoLossConfig;
  /** compute the blocks again on the way back, which takes half as long again and less memory */
  readonly recompute: boolean;
}

/** The loss function of a `LoraTrainer`. */
export function loraGrpoLoss({
  config,
  lora,
  loss,
  recompute,
}: LoraLossConfig): (adapters: Lora, batch: LoraBatch, frozen: Parameters) => LossOutputs {
  return (adapters, batch, frozen) => {
    const weights = adapted(frozen, adapters, lora);
    const states = sharedPromptStates(config, weights, batch, recompute);
    const logprobs = vocabularyLogprobs(
      tf.gather(states, batch.sources), // [N, d]
      frozen.output ?? frozen.embedding,
      batch.targets,
      batch.inverseTemperature,
    );
    return grpoLoss({ logprobs, ...batch.channels }, loss);
  };
}

/** The learner whose trainer has the adapters. All of its batches have the first of the given shapes. */
export const adapters = (trainer: LoraTrainer): Learner => ({
  update(sequences, { shapes, temperature, learningRate }) {
    const plain = [...packShared(sequences, shapes[0]!, grpoChannels)];
    const batches = temperature === 1 ? plain : plain.map((b) => tempered(b, temperature));
    const computed = batches.reduce((sum, { ids }) => sum + ids.size, 0);
    return { stats: trainer.step(batches, learningRate), computed };
  },
});
