/** Opens the tokenizer of a Hugging Face folder: its `tokenizer.json`, the template of its conversations, its end tokens. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { UserError } from '../core/errors';
import { isCount, isObject, listOf } from '../core/fields';
import { readTextFile } from '../core/files';
import { parsedJson } from '../core/jsonLines';
import { controlTokens, namedTokens, readChatTemplate } from './chatTemplate';
import { textOfIds, textStreams } from './textOfIds';
import type { Message, TextTokenizer } from './textTokenizer';
import { understand, type AddedToken, type Json, type UnderstoodTokenizer } from './understoodTokenizer'; // prettier-ignore

/**
 * Opens the tokenizer of a model's folder. Ids, texts and conversations are those of `transformers`; spaces in front of
 * punctuation are never cleaned up, which would change texts. A folder without a tokenizer, and one that is damaged or not
 * understood, are UserErrors.
 */
export function openTokenizer(folder: string): TextTokenizer {
  const file = path.join(folder, 'tokenizer.json');
  if (!fs.existsSync(file))
    throw new UserError(`${folder} has no tokenizer.json: name a folder with a tokenizer`);
  const settings = readSettings(folder);
  const understood = naming(file, () => withNamedTokens(understand(readJson(file)), settings));
  const encode = naming(file, () => encoder(understood, understood.added));
  const stream = textStreams(understood);
  return {
    encode,
    decode: (ids) => textOfIds(stream(), ids),
    stream,
    endTokens: endTokensOf(folder, settings, understood),
    answerIds: (text) => plainIds(understood, encode, text),
    chatIds: chatEncoder(folder, settings, understood, encode),
  };
}

type Encode = (text: string) => number[];

/** Returns the library's encoder with some added tokens; it adds nothing to a text. */
function encoder({ json }: UnderstoodTokenizer, added: readonly AddedToken[]): Encode {
  const tokenizer = new Tokenizer({ ...json, added_tokens: added }, {});
  return (text) => [...tokenizer.encode(text, { add_special_tokens: false }).ids];
}

function readJson(file: string, otherwise?: Json): Json {
  if (otherwise !== undefined && !fs.existsSync(file)) return otherwise;
  const json = parsedJson(readTextFile(file));
  if (!isObject(json)) throw new UserError(`${file} is damaged (no JSON object): copy it again`);
  return json as Json;
}

/** Does some work with a file. An error that says what is wrong becomes a UserError that names the file. */
function naming<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const [line] = String((error as Error).message).split('\n');
    throw new UserError(`${file}: ${line}`);
  }
}

/** Reads `tokenizer_config.json`. In old folders, the special tokens are in a file of their own. */
function readSettings(folder: string): Json {
  const file = path.join(folder, 'tokenizer_config.json');
  const settings = readJson(file, {});
  const refused = ['split_special_tokens', 'clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output'].find((name) => settings[name] === true); // prettier-ignore
  if (refused !== undefined) throw new UserError(`${file}: ${refused} is not understood: set it to false`); // prettier-ignore
  const special = readJson(path.join(folder, 'special_tokens_map.json'), {});
  return 'added_tokens_decoder' in settings ? settings : { ...settings, ...special };
}

/** Adds the tokens that the settings name to the added ones, as `transformers` does. */
function withNamedTokens(understood: UnderstoodTokenizer, settings: Json): UnderstoodTokenizer {
  const idOf = new Map([...understood.tokens].map(([id, token]) => [token, id]));
  const { added_tokens_decoder, additional_special_tokens, extra_special_tokens } = settings;
  const more = [added_tokens_decoder, additional_special_tokens, extra_special_tokens].flatMap(
    (list) => Object.values((list ?? {}) as object) as unknown[],
  );
  const named = [
    ...namedTokens(settings),
    ...more.flatMap((token) => namedTokens({ a_token: token })),
  ].map(([, text]) => text);
  const added = [...understood.added];
  for (const content of named) {
    const id = idOf.get(content);
    if (id === undefined)
      throw new UserError(`no token ${content}, which tokenizer_config.json names: copy both files again`); // prettier-ignore
    if (!added.some((token) => token.content === content))
      added.push({ id, content, special: true, normalized: false });
  }
  return { ...understood, added };
}

/** Returns the ids of the tokens that end an answer, those of `generate` in `transformers` first. */
function endTokensOf(folder: string, settings: Json, { tokens }: UnderstoodTokenizer): number[] {
  const names = ['generation_config.json', 'config.json'];
  const given = names
    .map((name) => readJson(path.join(folder, name), {}).eos_token_id)
    .find((id) => id !== undefined && id !== null);
  const text = new Map(namedTokens(settings)).get('eos_token');
  const named = [...tokens].filter(([, token]) => token === text).map(([id]) => id);
  const ids = [...(Array.isArray(given) ? (given as unknown[]) : [given ?? []].flat()), ...named];
  if (!listOf(isCount)(ids))
    throw new UserError(`${folder} has no valid eos_token_id: write an id or a list of ids`);
  if (ids.length === 0)
    throw new UserError(`${folder} names no end token: add eos_token_id to generation_config.json`);
  return [...new Set(ids as number[])];
}

/** Returns what gives the ids of a conversation. Control tokens in it count only where the template wrote them. */
function chatEncoder(
  folder: string,
  settings: Json,
  understood: UnderstoodTokenizer,
  encode: Encode,
): (messages: readonly Message[]) => number[] {
  const template = readChatTemplate(folder, settings);
  if (template === null)
    return () => {
      throw new UserError(`${folder} has no chat template: use a model that was made to answer`);
    };
  const control = controlTokens(template.source, understood.added, settings.chat_control_tokens);
  return (messages) => {
    const [first, ...pieces] = control.split(template.render(control.mark(messages)));
    const rest = pieces.flatMap((piece, i) => {
      if (piece === undefined || piece === '') return [];
      return i % 2 === 1
        ? encodeBehind(encode, piece, encode('\n'))
        : plainIds(understood, encode, piece);
    });
    return [...encode(first!), ...rest];
  };
}

const plainEncoders = new WeakMap<UnderstoodTokenizer, Encode>();

/** Encodes a text in which special tokens are spelled by others. */
function plainIds(understood: UnderstoodTokenizer, encode: Encode, text: string): number[] {
  const plain = plainEncoders.get(understood) ?? encoder(understood, []);
  plainEncoders.set(understood, plain);
  const ids = encodeBehind(plain, text, encode('\n'));
  const forged = understood.added.find(({ special, id }) => special && ids.includes(id));
  if (forged)
    throw new UserError(
      `a message holds ${forged.content}, which has no other spelling: leave it out`,
    );
  return ids;
}

/** Encodes a text that is no beginning: behind a new line, because some tokenizers put a space in front of a beginning. */
function encodeBehind(encode: Encode, text: string, newline: readonly number[]): number[] {
  const ids = encode(`\n${text}`);
  return newline.every((id, i) => ids[i] === id) ? ids.slice(newline.length) : encode(text);
}
