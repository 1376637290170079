/** GRPO on adapters: the updates of `grpo.ts`, made on low-rank matrices beside a large model that does not learn. */
import type { Lora } from '../model/lora';
import type { Parameters } from '../model/parameters';
import {
  adaptedLogprobs,
  type AdaptedModel,
  type AdapterBatch,
  type AdapterTrainer,
} from './adaptedLogprobs';
import type { LossOutputs } from './gradients';
import { grpoChannels, tempered, type GrpoChannel, type Learner } from './grpo';
import { grpoLoss, type GrpoLossConfig } from './losses';
import { packShared } from './sharedPacking';

/** The loss function of a trainer of adapters. */
export const loraGrpoLoss =
  (
    model: AdaptedModel,
    config: GrpoLossConfig,
  ): ((adapters: Lora, batch: AdapterBatch<GrpoChannel>, frozen: Parameters) => LossOutputs) =>
  (adapters, batch, frozen) => {
    const logprobs = adaptedLogprobs(model, adapters, batch, frozen);
    return grpoLoss({ logprobs, ...batch.channels }, config);
  };

/** The learner whose trainer has the adapters. All of its batches have the first of the given shapes. */
export const adapters = (trainer: AdapterTrainer<GrpoChannel>): Learner => ({
  update(sequences, { shapes, temperature, learningRate }) {
    const plain = [...packShared(sequences, shapes[0]!, grpoChannels)];
    const batches = temperature === 1 ? plain : plain.map((b) => tempered(b, temperature));
    const computed = batches.reduce((sum, { ids }) => sum + ids.size, 0);
    return { stats: trainer.step(batches, learningRate), computed };
  },
});
