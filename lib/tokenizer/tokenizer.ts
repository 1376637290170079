import { UserError } from '../core/errors';
import { idOfToken, specialTokens, tagTokens, vocabulary } from './vocabulary';

/** The words of a text: whatever stands between white space. */
export function splitTokens(text: string): string[] {
  return text.split(/\s+/).filter((token) => token !== '');
}

/**
 * The ids of a text or of a list of tokens: `encode('<bos> make 3')` is `[1, 81, 15]`.
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

/** The text of any ids, marks included. An id without a token reads `<unk:ID>`, so that nothing is hidden. */
export function decode(ids: ArrayLike<number>): string {
  return Array.from(ids, (id) => vocabulary[id] ?? `<unk:${id}>`).join(' ');
}

/**
 * The contents of `tokenizer.json` for a model that knows the first `size` tokens, which Hugging Face's `PreTrainedTokenizerFast` reads to the same ids. As in
 * DeepSeek-R1's own file, the tags are tokens that stay in a text which is decoded without special tokens.
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

/** The contents of `tokenizer_config.json`. */
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
