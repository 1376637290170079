/** Speaks one answer token by token, so that it can be read while it is made, and stopped. */
import { createRandom } from '../core/random';
import { jit } from '../engine/jit';
import { tf } from '../engine/tensorflow';
import { disposeTree } from '../engine/tree';
import type { ModelConfig } from '../model/config';
import type { Model, Parameters } from '../model/parameters';
import { rotaryAngles } from '../model/rotary';
import type { TextTokenizer } from '../tokenizer/textTokenizer';
import { joinedCaches, tokenLogits } from './decodeChunk';
import { draw, likeliest, probabilitiesOf, type Candidate, type DrawOptions } from './draw';
import { padPrompts, prefill, type KvCache } from './prefill';
import { checkSampling, type FinishReason } from './sampler';

/** A token that was just said. */
export interface SpokenToken {
  readonly id: number;
  /** the text that it completes; never half a character */
  readonly text: string;
  /** under the distribution that it was drawn from, before top-p */
  readonly logprob: number;
  /** the likeliest tokens at its place, the likeliest first */
  readonly alternatives: readonly Candidate[];
  /** whether it ends the answer, and is no part of its text */
  readonly isEnd: boolean;
}

export interface SpeakOptions extends Partial<DrawOptions> {
  readonly maxNewTokens: number;
  readonly seed?: number;
  /** how many alternatives are reported; default 0 */
  readonly alternatives?: number;
  /** ends the answer early */
  readonly signal?: AbortSignal;
}

/** Someone who speaks with a model's weights, which stay the caller's. */
export interface Speaker {
  /**
   * Answers a prompt of at least two tokens. The generator returns why it ended: by the end token, or cut. A prompt that
   * leaves no room is a UserError.
   */
  speak(promptIds: readonly number[], options: SpeakOptions): AsyncGenerator<SpokenToken, FinishReason>; // prettier-ignore
  dispose(): void;
}

/** What one step of the decoder needs: [1], and the rotary angles of its place [D]. */
type StepInputs = {
  readonly current: tf.Tensor;
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
  /** 0: no place is padding [1, 1, 1, 1] */
  readonly cacheBias: tf.Tensor;
};
type StepOutputs = { readonly logits: tf.Tensor; readonly cache: KvCache };

/** Makes a speaker. It holds a native graph until it is disposed. */
export function createSpeaker(
  { config, parameters }: Model,
  tokenizer: Pick<TextTokenizer, 'endTokens' | 'stream'>,
): Speaker {
  const step = jit(
    (p: Parameters, cache: KvCache, { current, ...places }: StepInputs): StepOutputs => {
      const fresh: KvCache = { keys: [], values: [] };
      const logits = tokenLogits(config, p, current, { cache, fresh, ...places });
      return { logits, cache: joinedCaches(cache, fresh) };
    },
    { freeLeading: true },
  );
  return {
    async *speak(promptIds, options) {
      const { maxNewTokens, temperature = 1, topP = 1, seed = 0, alternatives = 0 } = options;
      checkSampling(config, [promptIds], { maxNewTokens, groupSize: 1, seed });
      const random = createRandom(seed, 'speak');
      const text = tokenizer.stream();
      let cache = prefill(config, parameters, padPrompts([promptIds]));
      let current = promptIds[promptIds.length - 1]!;
      try {
        for (let said = 0; said < maxNewTokens && !options.signal?.aborted; said++) {
          const inputs = stepInputs(config, current, promptIds.length - 1 + said);
          const out = step(parameters, cache, inputs);
          disposeTree(cache, inputs);
          cache = out.cache;
          const probabilities = probabilitiesOf(out.logits.dataSync(), temperature);
          out.logits.dispose();
          current = draw(probabilities, { temperature, topP }, random.next());
          const isEnd = tokenizer.endTokens.includes(current);
          const isLast = isEnd || said === maxNewTokens - 1;
          const piece = isEnd ? text.end() : text.push(current) + (isLast ? text.end() : '');
          yield {
            ...{ id: current, text: piece, isEnd },
            logprob: Math.log(probabilities[current]!),
            alternatives: likeliest(probabilities, alternatives),
          };
          if (isEnd) return 'stop';
          await new Promise((resolve) => setImmediate(resolve)); // lets somebody stop it
        }
        return 'length';
      } finally {
        disposeTree(cache);
      }
    },
    dispose: () => step.dispose(),
  };
}

function stepInputs(config: ModelConfig, current: number, place: number): StepInputs {
  const { cos, sin } = rotaryAngles(place, 1, config);
  return {
    current: tf.tensor1d([current], 'int32'),
    cos: tf.tensor1d(cos),
    sin: tf.tensor1d(sin),
    cacheBias: tf.zeros([1, 1, 1, 1]),
  };
}
