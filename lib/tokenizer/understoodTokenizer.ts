/**
 * What of a `tokenizer.json` is understood: byte pair encoding as Llama, Qwen2, Qwen3 and SmolLM use it. Everything else
 * is refused by its name, because the library in JavaScript ignores much of what the `tokenizers` of Python knows. Where
 * it understands a part in another way, the part is written anew, so that the ids are equal. One difference stays: letters
 * that Unicode took up lately are letters for a new Node, and not yet for Python's.
 */
import { UserError } from '../core/errors';
import {
  faultOf,
  isCount,
  isObject,
  isText,
  isYesOrNo,
  listOf,
  maybe,
  objectOf,
  objectWith,
  oneOf,
  quoted,
  type Fields,
  type Kind,
} from '../core/fields';

export type Json = Readonly<Record<string, unknown>>;

/** A token that is found in a text before the text is taken apart. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** marks a place such as the end of a turn, and is no part of a text */
  readonly special: boolean;
  /** found only after the text was normalized */
  readonly normalized: boolean;
}

/** A `tokenizer.json` that is understood. */
export interface UnderstoodTokenizer {
  /** its content as the library has to read it, but for `added_tokens` */
  readonly json: Json;
  readonly added: readonly AddedToken[];
  /** every token by its id */
  readonly tokens: ReadonlyMap<number, string>;
  /** whether tokens spell bytes in the way of GPT-2; the others spell text, and bytes as `<0xE4>` */
  readonly byteLevel: boolean;
  /** whether a text loses the space in front */
  readonly stripsSpace: boolean;
}

/** Returns what is understood of a `tokenizer.json`, or throws a UserError that names what is not. */
export function understand(json: Json): UnderstoodTokenizer {
  const normalizers = partsOf(json.normalizer, 'normalizers');
  for (const part of normalizers) check('normalizer', part, normalizerFields);
  const preTokenizers = partsOf(json.pre_tokenizer, 'pretokenizers');
  preTokenizers.forEach((part, i) => {
    check('pre-tokenizer', part, preTokenizerFields);
    if (part.type === 'Metaspace' && i > 0) refuse('the pre-tokenizer Metaspace behind another');
    if (part.type === 'ByteLevel' && i < preTokenizers.length - 1)
      refuse('the pre-tokenizer ByteLevel before another');
  });
  const model = isObject(json.model) ? (json.model as Json) : {};
  check('model', model, modelFields);
  checkMerges(model);
  const missing = missingCharacters(model, preTokenizers.at(-1)?.type === 'ByteLevel');
  const added = addedTokens(json.added_tokens, model.vocab as Vocab);
  // With others, the library looks for such a token at another place of the text.
  const findsNormalized =
    normalizers.every(({ type }) => type === 'NFC') &&
    preTokenizers.every((part) => part.prepend_scheme !== 'first');
  const normalized = added.find((token) => token.normalized);
  if (normalized && !findsNormalized) refuse(`the token ${normalized.content} that is normalized`);
  return {
    json: {
      model,
      // An empty list and not null: the library then looks for the added tokens in two steps, as `tokenizers` does.
      normalizer: { type: 'Sequence', normalizers },
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [...preTokenizers.flatMap(forLibrary), ...missing],
      },
      // It only adds tokens, and texts are encoded without.
      post_processor: null,
      decoder: null,
    },
    added,
    tokens: new Map([
      ...Object.entries(model.vocab as Vocab).map(([token, id]) => [id, token] as const),
      ...added.map(({ id, content }) => [id, content] as const),
    ]),
    ...decoderOf(json.decoder),
  };
}

type Vocab = Readonly<Record<string, number>>;

function refuse(what: string): never {
  throw new UserError(`${what} is not understood: use a tokenizer like those of Llama and Qwen`);
}

/** Returns the parts of a sequence, of one part alone, or of none. */
function partsOf(json: unknown, name: string): Json[] {
  if (json === null || json === undefined) return [];
  const { type, [name]: list } = json as Json;
  return type === 'Sequence' && Array.isArray(list)
    ? (list as unknown[]).flatMap((part) => partsOf(part, name))
    : [json as Json];
}

/** Checks that a part is of a known type, and has no field that is unknown or of another kind. */
function check(what: string, part: Json, types: Readonly<Record<string, Fields>>): void {
  const name = String(part.type);
  const fields = Object.hasOwn(types, name) ? types[name]! : refuse(`the ${what} ${name}`);
  const unknown = Object.keys(part).find((key) => key !== 'type' && !Object.hasOwn(fields, key));
  if (unknown !== undefined) refuse(`the ${what} ${name} with ${unknown} ${quoted(part[unknown])}`);
  const fault = faultOf(part, fields);
  if (fault !== null) refuse(`the ${what} ${name} (${fault})`);
}

const normalizerFields: Readonly<Record<string, Fields>> = {
  NFC: {},
  Prepend: { prepend: isText },
  // The library would read $& in the new text as what was found.
  Replace: {
    pattern: objectWith({ String: isText }),
    content: (text) => isText(text) && !(text as string).includes('$'),
  },
};

/** A pattern that means the same in JavaScript: nothing in it is atomic or possessive, and `(?i:` stands for English endings. */
const isPattern: Kind = (text) => {
  if (typeof text !== 'string') return false;
  const bare = text
    .replace(/\\[pP]\{[^}]*\}|\\./g, '_')
    .replace(englishEndings, '_')
    .replace(/\[[^\]]*\]/g, '_');
  return !/\(\?>|[?*+}]\+|\(\?[a-z-]/.test(bare);
};
const englishEndings = /\(\?i:((?:'?(?:s|t|re|ve|m|ll|d|\[sdmt\])\|?)+)\)/g;

const preTokenizerFields: Readonly<Record<string, Fields>> = {
  Split: {
    pattern: objectWith({ Regex: isPattern }),
    behavior: oneOf('Isolated'),
    invert: oneOf(false),
  },
  Digits: { individual_digits: isYesOrNo },
  ByteLevel: { add_prefix_space: oneOf(false), trim_offsets: maybe(isYesOrNo), use_regex: maybe(isYesOrNo) }, // prettier-ignore
  Metaspace: {
    replacement: oneOf('▁'),
    prepend_scheme: oneOf('always', 'first', 'never'),
    split: maybe(isYesOrNo),
    add_prefix_space: maybe(oneOf(true)),
  },
};

const split = (pattern: string): Json => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
});

/** The words of GPT-2. */
const byteLevelWords = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** Returns a part of the pre-tokenizer as the library has to read it. */
function forLibrary(part: Json): Json[] {
  switch (part.type) {
    // The library takes ASCII digits alone, Python the numerals of all scripts.
    case 'Digits':
      return [split(part.individual_digits === true ? String.raw`\p{N}` : String.raw`\p{N}+`)];
    // The library splits at the white space of JavaScript, which has U+FEFF in it and not U+0085, but translates patterns.
    case 'ByteLevel':
      return [
        ...(part.use_regex === false ? [] : [split(byteLevelWords)]),
        { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
      ];
    // The library never splits between words.
    case 'Metaspace':
      return part.split === false ? [part] : [part, split('▁[^▁]*|[^▁]+')];
    // The library takes ASCII letters alone, Python also the long s, where case does not count.
    case 'Split': {
      const { Regex } = part.pattern as { Regex: string };
      return [split(Regex.replace(englishEndings, withLongS))];
    }
    default:
      throw new Error(`${String(part.type)} was checked, but is not written for the library`);
  }
}

const withLongS = (group: string): string =>
  group.replace('[sdmt]', '[sſdmt]').replace(/'s(?=[|)])/g, "'[sſ]");

const modelFields: Readonly<Record<string, Fields>> = {
  BPE: {
    dropout: maybe(oneOf(null, 0)),
    unk_token: maybe((token) => token === null || isText(token)),
    continuing_subword_prefix: maybe(oneOf(null, '')),
    end_of_word_suffix: maybe(oneOf(null, '')),
    fuse_unk: maybe(isYesOrNo),
    byte_fallback: maybe(isYesOrNo),
    ignore_merges: maybe(isYesOrNo),
    vocab: objectOf(isCount),
    merges: Array.isArray,
  },
};

/** A model whose vocabulary and merges do not fit together is a UserError. */
function checkMerges(model: Json): void {
  const vocab = model.vocab as Vocab;
  const damaged = (why: string): never => {
    throw new UserError(`the model is damaged (${why}): copy it again`);
  };
  for (const merge of model.merges as unknown[]) {
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!listOf(isText)(pair) || (pair as string[]).length !== 2)
      return damaged(`merge ${quoted(merge)}`);
    const needed = [...(pair as string[]), (pair as string[]).join('')];
    const unknown = needed.find((token) => !Object.hasOwn(vocab, token));
    if (unknown !== undefined) damaged(`no token ${quoted(unknown)}`);
  }
  const ids = Object.values(vocab);
  if (new Set(ids).size < ids.length) damaged('two tokens have one id');
}

/**
 * Returns the part that takes characters without a token out of a text, as far as Python does so. It then merges their
 * neighbours, where the library still sees them apart. SmolLM2 has no tokens for some bytes.
 */
function missingCharacters(model: Json, byteLevel: boolean): Json[] {
  const vocab = model.vocab as Vocab;
  const characters = byteLevel
    ? [...byteOfCharacter.keys()]
    : Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`); // prettier-ignore
  const missing = characters.filter((character) => !Object.hasOwn(vocab, character));
  if (!byteLevel && (missing.length > 0 || model.byte_fallback !== true))
    refuse('a model without a token for every byte');
  // The library fuses unknown characters of different words, too; where every byte has a token, none is unknown.
  const notAlike = ['fuse_unk', 'byte_fallback', 'ignore_merges'].find((name) => model[name] === true); // prettier-ignore
  if (missing.length === 0) return [];
  if (notAlike !== undefined) refuse(`${notAlike} without a token for every byte`);
  if (typeof model.unk_token === 'string') return [];
  const pattern = missing.map((character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
  return [{ type: 'Replace', pattern: { Regex: `[${pattern.join('')}]` }, content: '' }];
}

const addedTokenFields: Fields = {
  id: isCount,
  content: (text) => isText(text) && text !== '',
  single_word: oneOf(false),
  lstrip: oneOf(false),
  rstrip: oneOf(false),
  normalized: isYesOrNo,
  special: isYesOrNo,
};

/** Returns the added tokens. Their ids have to be those of the vocabulary, or of no other token. */
function addedTokens(list: unknown, vocab: Vocab): AddedToken[] {
  const taken = new Set(Object.values(vocab));
  return (Array.isArray(list) ? (list as unknown[]) : []).map((token) => {
    const fault = faultOf(token, addedTokenFields);
    if (fault !== null)
      refuse(`the added token ${quoted((token as Json | null)?.content)} (${fault})`);
    const { id, content, special, normalized } = token as AddedToken;
    const isFree = !taken.has(id) || (Object.hasOwn(vocab, content) && vocab[content] === id);
    if (!isFree || (Object.hasOwn(vocab, content) && vocab[content] !== id))
      throw new UserError(`the token ${content} is damaged (id ${id}): copy tokenizer.json again`);
    taken.add(id);
    return { id, content, special, normalized };
  });
}

/** How Llama's tokenizer writes text; the last part is missing where a text keeps its space. */
const textDecoder: readonly Fields[] = [
  { type: oneOf('Replace'), pattern: objectWith({ String: oneOf('▁') }), content: oneOf(' ') },
  { type: oneOf('ByteFallback') },
  { type: oneOf('Fuse') },
  { type: oneOf('Strip'), content: oneOf(' '), start: oneOf(1), stop: oneOf(0) },
];

function decoderOf(json: unknown): { byteLevel: boolean; stripsSpace: boolean } {
  const parts = partsOf(json, 'decoders');
  const isLikeLlamas =
    (parts.length === 3 || parts.length === 4) &&
    parts.every((part, i) => faultOf(part, textDecoder[i]!) === null);
  if (isLikeLlamas) return { byteLevel: false, stripsSpace: parts.length === 4 };
  if (parts.length !== 1 || parts[0]!.type !== 'ByteLevel')
    refuse(`the decoder ${parts.map(({ type }) => String(type)).join(', ') || 'null'}`);
  return { byteLevel: true, stripsSpace: false };
}

/** GPT-2's alphabet: a byte that is a visible character of Latin-1 is that character, the others follow from U+0100 on. */
export const byteOfCharacter: ReadonlyMap<string, number> = (() => {
  const isVisible = (byte: number): boolean =>
    (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  return new Map([
    ...bytes.filter(isVisible).map((byte) => [String.fromCharCode(byte), byte] as const),
    ...bytes
      .filter((byte) => !isVisible(byte))
      .map((byte, i) => [String.fromCharCode(0x100 + i), byte] as const),
  ]);
})();
