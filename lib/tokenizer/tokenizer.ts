import { UserError } from '../core/errors';
import { idOfToken, vocabulary } from './vocabulary';

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
