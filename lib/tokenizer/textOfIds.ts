/**
 * The text of ids, as the decoders of `tokenizers` in Python write it. The library in JavaScript writes other text where
 * bytes are no character, and cannot go on where it stopped. Here a text that comes token by token is the only way to
 * decode, so that it cannot differ from the text of all ids at once.
 */
import type { TextStream } from './textTokenizer';
import { byteOfCharacter, type UnderstoodTokenizer } from './understoodTokenizer';

/** Returns what makes streams of text. An id without a token reads `<unk:ID>`; nothing throws. */
export function textStreams(tokenizer: UnderstoodTokenizer): () => TextStream {
  return tokenizer.byteLevel ? byteLevelStreams(tokenizer) : byteFallbackStreams(tokenizer);
}

/** Returns the text of ids that come all at once. */
export function textOfIds(stream: TextStream, ids: ArrayLike<number>): string {
  const pieces = Array.from(ids, (id) => stream.push(id));
  return pieces.join('') + stream.end();
}

const unknown = (id: number): string => `<unk:${id}>`;

/** Tokens are bytes, each written as a character. Bytes that are not yet a whole character are held back. */
function byteLevelStreams({ tokens }: UnderstoodTokenizer): () => TextStream {
  const known = new Map<number, Uint8Array>();
  const bytesOf = (id: number): Uint8Array => {
    let bytes = known.get(id);
    if (bytes === undefined) {
      const token = tokens.get(id);
      bytes = token === undefined ? Buffer.from(unknown(id)) : bytesOfToken(token);
      if (token !== undefined) known.set(id, bytes);
    }
    return bytes;
  };
  return () => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    return {
      push: (id) => decoder.decode(bytesOf(id), { stream: true }),
      end: () => decoder.decode(),
    };
  };
}

/** A token with a character that stands for no byte, as special tokens have them, is plain text. */
function bytesOfToken(token: string): Uint8Array {
  const bytes = Array.from(token, (character) => byteOfCharacter.get(character));
  return bytes.includes(undefined) ? Buffer.from(token) : Uint8Array.from(bytes as number[]);
}

/**
 * Tokens are text with `▁` for a space, but for those like `<0xE4>`. Bytes in a row are held back to the last one: if they
 * are no text together, each of them reads U+FFFD.
 */
function byteFallbackStreams({ tokens, stripsSpace }: UnderstoodTokenizer): () => TextStream {
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
  const textOf = (bytes: readonly number[]): string => {
    try {
      return utf8.decode(Uint8Array.from(bytes));
    } catch {
      return '\uFFFD'.repeat(bytes.length);
    }
  };
  return () => {
    let held: number[] = [];
    let isFirst = stripsSpace;
    const tell = (more: string): string => {
      const text = textOf(held) + more;
      held = [];
      if (!isFirst || text === '') return text;
      isFirst = false;
      return text.startsWith(' ') ? text.slice(1) : text;
    };
    return {
      push(id) {
        const token = tokens.get(id);
        if (token === undefined) return tell(unknown(id));
        const byte = /^<0x([0-9a-f]{2})>$/i.exec(token);
        if (byte === null) return tell(token.replaceAll('▁', ' '));
        held.push(parseInt(byte[1]!, 16));
        return '';
      },
      end: () => tell(''),
    };
  };
}
