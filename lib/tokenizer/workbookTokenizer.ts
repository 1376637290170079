import type { TextTokenizer } from './textTokenizer';
import { decode, encode } from './tokenizer';
import { tokenIds } from './vocabulary';

/**
 * This workbook's own vocabulary as a tokenizer of conversations. Its models answer one problem: of a conversation they get the last
 * message. A word that they do not know is a UserError that names it.
 */
export const workbookTokenizer: TextTokenizer = {
  encode,
  decode: (ids) => decode(Array.from(ids)),
  answerIds: encode,
  chatIds: (messages) => [tokenIds.bos, ...encode(messages[messages.length - 1]!.content.trim())],
  endTokens: [tokenIds.eos],
  stream: () => ({ push: (id) => `${decode([id])} `, end: () => '' }),
};
