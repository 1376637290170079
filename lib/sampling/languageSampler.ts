import type { ModelConfig } from '../model/config';
import type { TextTokenizer } from '../tokenizer/textTokenizer';
import { writtenText } from '../tokenizer/writtenText';
import { createSampler, type LocalSampler } from './sampler';

/** Steps that are recorded as one graph. */
export const languageChunk = 4;
/** Completions that are decoded at once, at most. */
export const languageRows = 128;

/**
 * Makes a sampler for a language model. A step of such a model keeps both cores busy, so it decodes in this process; its
 * graph is large, so few steps are recorded as one.
 */
export function createLanguageSampler(config: ModelConfig, tokenizer: TextTokenizer): LocalSampler {
  const { endTokens } = tokenizer;
  return createSampler(config, {
    endTokens,
    tokenizer,
    decode(ids) {
      const finished = endTokens.includes(ids[ids.length - 1] ?? -1);
      return writtenText(tokenizer.decode(finished ? ids.slice(0, -1) : ids), finished);
    },
    chunkLength: languageChunk,
    rowMultiple: 8,
    maxRows: languageRows,
  });
}
