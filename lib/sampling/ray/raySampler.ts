/**
 * Decoding on other machines. The work is cut into pieces of the same size whatever the number of workers, and each piece is
 * decoded by one of them with the same number of cores: the rollouts are the same, bit for bit, with one worker and with
 * many. A tensor of the weights is sent once after it has changed, and stays where it is until then.
 */
import { flatten, treeShape } from '../../engine/tree';
import type { ModelConfig } from '../../model/config';
import { checkSampling, type Rollout, type Sampler, type SamplerSettings } from '../sampler';
import type { RayDecoders } from './rayDecoders';

/** What a sampler on Ray is made for. */
export interface RaySampling extends SamplerSettings {
  /** completions of a piece at most; those of one prompt stay together */
  readonly pieceRows: number;
}

/** Makes a sampler whose completions are decoded on Ray. */
export function createRaySampler(
  config: ModelConfig,
  { decode, tokenizer, pieceRows, ...sampling }: RaySampling,
  decoders: RayDecoders,
): Sampler {
  return {
    tokenizer,
    async sample(parameters, prompts, options) {
      checkSampling(config, prompts, options);
      const weights = flatten(parameters);
      decoders.send(weights);
      const perPiece = Math.max(1, Math.floor(pieceRows / options.groupSize));
      const { firstPrompt = 0 } = options;
      const asked: Promise<Rollout[][]>[] = [];
      for (let p = 0; p < prompts.length; p += perPiece)
        asked.push(
          decoders.ask({
            ...{ config, sampling, weightsShape: treeShape(parameters), tensors: weights.length },
            prompts: prompts.slice(p, p + perPiece),
            options: { ...options, firstPrompt: firstPrompt + p },
          }),
        );
      const groups = (await Promise.all(asked)).flat();
      return groups.map((group) =>
        group.map((rollout) => ({ ...rollout, text: decode(rollout.completionIds) })),
      );
    },
    dispose() {}, // the workers serve all samplers, and end with this process
  };
}
