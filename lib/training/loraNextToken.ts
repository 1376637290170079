import type { Lora } from '../model/lora';
import type { Parameters } from '../model/parameters';
import { adaptedLogprobs, type AdaptedModel, type AdapterBatch } from './adaptedLogprobs';
import type { LossOutputs } from './gradients';
import { crossEntropyLoss } from './losses';

/** The loss function of a trainer of adapters: mean cross-entropy over the predicted tokens, as `nextTokenLoss`. */
export const loraNextTokenLoss =
  (
    model: AdaptedModel,
  ): ((adapters: Lora, batch: AdapterBatch<'weights'>, frozen: Parameters) => LossOutputs) =>
  (adapters, batch, frozen) => ({
    loss: crossEntropyLoss(adaptedLogprobs(model, adapters, batch, frozen), batch.channels.weights),
  });
