import type { ModelConfig } from '../model/config';
import type { TextTokenizer } from '../tokenizer/textTokenizer';
import { writtenText } from '../tokenizer/writtenText';
import { createSampler, type LocalSampler, type SamplerSettings } from './sampler';

/** Steps that are recorded as one graph. */
export const languageChunk = 4;
/** Completions that are decoded at once, at most. */
export const languageRows = 128;

/**
 * Makes a sampler for a language model. A step of such a model keeps both cores busy, so it decodes in this process; its
 * graph is large, so few steps are recorded as one.
 */
export const createLanguageSampler = (
  config: ModelConfig,
  tokenizer: TextTokenizer,
): LocalSampler => createSampler(config, languageSampling(tokenizer));

/** How the completions of a language model are decoded. */
export function languageSampling(tokenizer: TextTokenizer): SamplerSettings {
  const { endTokens } = tokenizer;
  return {
    endTokens,
    tokenizer,
    decode(ids) {
      const finished = endTokens.includes(ids[ids.length - 1] ?? -1);
      return writtenText(tokenizer.decode(finished ? ids.slice(0, -1) : ids), finished);
    },
    chunkLength: languageChunk,
    rowMultiple: 8,
    maxRows: languageRows,
  };
}
