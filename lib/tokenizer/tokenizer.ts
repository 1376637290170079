import { UserError } from '../core/errors';
import { idOfToken, specialTokens, tagTokens, vocabulary } from './vocabulary';

/** Splits a text at white space into its tokens. */
export function splitTokens(text: string): string[] {
  return text.split(/\s+/).filter((token) => token !== '');
}

/**
 * Returns the ids of a text or of a list of tokens: `encode('<bos> make 3')` is `[1, 81, 15]`.
 * Throws a UserError for a word that is not in the vocabulary.
 */
export function encode(text: string | readonly string[]): number[] {
  const tokens = typeof text === 'string' ? splitTokens(text) : text;
  return tokens.map((token) => {
    const id = idOfToken.get(token);
    if (id === undefined) {
      throw new UserError(
        `unknown token ${JSON.stringify(token)}: use the words of the vocabulary`,
      );
    }
    return id;
  });
}

/** Returns the text of any ids, including special tokens. An id without a token reads `<unk:ID>`. */
export function decode(ids: ArrayLike<number>): string {
  return Array.from(ids, (id) => vocabulary[id] ?? `<unk:${id}>`).join(' ');
}

/**
 * Returns `tokenizer.json` for a model that knows the first `size` tokens. Hugging Face's `PreTrainedTokenizerFast`
 * reads it and gives the same ids. As in DeepSeek-R1's own file, the tags are no special tokens: they stay in a text
 * that is decoded without special tokens.
 */
export function tokenizerJson(size = vocabulary.length): string {
  const file = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [...specialTokens, ...tagTokens].map((content) => ({
      id: idOfToken.get(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: specialTokens.includes(content),
    })),
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries([...idOfToken].slice(0, size)),
      unk_token: '<reserved>',
    },
  };
  return JSON.stringify(file, null, 2) + '\n';
}

/** Returns `tokenizer_config.json`. */
export function tokenizerConfigJson(): string {
  const file = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    pad_token: '<pad>',
    bos_token: '<bos>',
    eos_token: '<eos>',
    clean_up_tokenization_spaces: false,
  };
  return JSON.stringify(file, null, 2) + '\n';
}
