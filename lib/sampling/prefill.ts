import { tf } from '../engine/tensorflow';
import type { ModelConfig } from '../model/config';
import { decoderKeysAndValues } from '../model/decoder';
import type { Parameters } from '../model/parameters';

/** Keys and values of the tokens seen so far: one tensor [n, KV, t, D] for each layer. */
export type KvCache = { readonly keys: tf.Tensor[]; readonly values: tf.Tensor[] };

/** Prompts of unequal length in one block of places. Shorter prompts stand at its right end. */
export interface PaddedPrompts {
  /** ids of all but the last token of each prompt [P, M - 1] */
  readonly ids: Int32Array;
  /** the last token of each prompt [P]: the first one the decoder gets */
  readonly last: Int32Array;
  /** the place where each prompt starts [P] */
  readonly starts: number[];
  /** M, the length of the longest prompt */
  readonly width: number;
}

/** Puts prompts of unequal length into one block of places, each at the block's right end. */
export function padPrompts(prompts: readonly (readonly number[])[]): PaddedPrompts {
  const width = Math.max(...prompts.map((p) => p.length), 2);
  const ids = new Int32Array(prompts.length * (width - 1));
  prompts.forEach((prompt, i) => {
    const offset = i * (width - 1) + width - prompt.length;
    for (let j = 0; j < prompt.length - 1; j++) ids[offset + j] = prompt[j]!;
  });
  return {
    ids,
    last: Int32Array.from(prompts, (p) => p[p.length - 1]!),
    starts: prompts.map((p) => width - p.length),
    width,
  };
}

/** Runs all but the last token of each prompt through the decoder and returns the keys and values, t = M - 1. */
export function prefill(
  config: ModelConfig,
  parameters: Parameters,
  { ids, starts, width }: PaddedPrompts,
): KvCache {
  const P = starts.length;
  return tf.tidy(() => {
    const places = starts.flatMap((start) => Array<number>(width - 1).fill(start));
    return decoderKeysAndValues(
      config,
      parameters,
      tf.tensor(ids, [P, width - 1], 'int32'),
      tf.tensor(places, [P, width - 1]),
    );
  });
}
