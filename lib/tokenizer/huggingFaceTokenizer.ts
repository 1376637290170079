/** Opens the tokenizer of a Hugging Face folder: its `tokenizer.json`, the template of its conversations, its end tokens. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Template } from '@huggingface/jinja';
import { Tokenizer } from '@huggingface/tokenizers';
import { UserError } from '../core/errors';
import { isObject } from '../core/fields';
import { readTextFile } from '../core/files';
import { parsedJson } from '../core/jsonLines';
import type { Message, TextStream, TextTokenizer } from './textTokenizer';

type Json = Readonly<Record<string, unknown>>;

/** Opens the tokenizer of a model's folder. A folder without one, and one that is not understood, are UserErrors. */
export function openTokenizer(folder: string): TextTokenizer {
  const file = path.join(folder, 'tokenizer.json');
  if (!fs.existsSync(file))
    throw new UserError(`${folder} has no tokenizer.json: name a folder with a tokenizer`);
  const json = withUnicodeDigits(readJson(file)) as Json;
  const settings = readJson(path.join(folder, 'tokenizer_config.json'), {});
  const whole = understood(file, () => new Tokenizer(json, settings));
  const encodeWith = (tokenizer: Tokenizer, text: string): number[] =>
    text === '' ? [] : [...tokenizer.encode(text, { add_special_tokens: false }).ids];
  const special = [...whole.get_added_tokens_decoder().values()].map(({ content }) => content);
  const decode = (ids: ArrayLike<number>): string => decodeAny(whole, ids);
  let plain: Tokenizer | undefined;
  const encodePlain = (text: string): number[] => {
    plain ??= new Tokenizer({ ...json, added_tokens: [] }, settings);
    return encodeWith(plain, text);
  };
  const render = chatTemplate(folder, settings);
  return {
    encode: (text) => encodeWith(whole, text),
    decode,
    endTokens: endTokensOf(folder, settings, whole),
    stream: () => textStream(decode),
    chatIds(messages) {
      const { texts, hidden } = hideSpecial(messages, special);
      const pieces = render(texts).split(hiddenText);
      return pieces.flatMap((piece, i) =>
        i % 2 === 0 ? encodeWith(whole, piece) : encodePlain(hidden[Number(piece)]!),
      );
    },
  };
}

function readJson(file: string, otherwise?: Json): Json {
  if (otherwise !== undefined && !fs.existsSync(file)) return otherwise;
  const json = parsedJson(readTextFile(file));
  if (!isObject(json)) throw new UserError(`${file} is damaged (no JSON object): copy it again`);
  return json as Json;
}

/** Returns what a library makes; what it cannot make is a UserError that names the file. */
function understood<T>(file: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split('\n');
    throw new UserError(`${file} is not understood: ${line}`);
  }
}

/**
 * Replaces the pre-tokenizer `Digits` by what it means in `tokenizers`, where digits are the numerals of all scripts. The
 * library takes ASCII digits alone.
 */
function withUnicodeDigits(json: unknown): unknown {
  if (Array.isArray(json)) return (json as readonly unknown[]).map(withUnicodeDigits);
  if (!isObject(json)) return json;
  const object = json as Json;
  if (object.type === 'Digits')
    return {
      type: 'Split',
      pattern: { Regex: object.individual_digits === true ? '\\p{N}' : '\\p{N}+' },
      behavior: 'Isolated',
      invert: false,
    };
  if (object.type === 'BPE') return object; // tens of thousands of tokens, and no pre-tokenizer
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, withUnicodeDigits(value)]),
  );
}

/** Decodes any ids, in stretches between those that are no token. */
function decodeAny(tokenizer: Tokenizer, ids: ArrayLike<number>): string {
  let text = '';
  let stretch: number[] = [];
  const flush = (): void => {
    if (stretch.length > 0)
      text += tokenizer.decode(stretch, {
        skip_special_tokens: false,
        clean_up_tokenization_spaces: false,
      });
    stretch = [];
  };
  for (const id of Array.from(ids)) {
    if (tokenizer.id_to_token(id) !== undefined) stretch.push(id);
    else {
      flush();
      text += `<unk:${id}>`;
    }
  }
  flush();
  return text;
}

/** Returns the ids of the tokens that end an answer, those of `generate` in `transformers` first. */
function endTokensOf(folder: string, settings: Json, tokenizer: Tokenizer): number[] {
  const fromFile = (name: string): unknown => readJson(path.join(folder, name), {}).eos_token_id;
  const given = fromFile('generation_config.json') ?? fromFile('config.json') ?? [];
  const text = textOf(settings.eos_token);
  const ofText = text === undefined ? undefined : tokenizer.token_to_id(text);
  const ids = [...(Array.isArray(given) ? (given as unknown[]) : [given]), ofText].filter(
    (id): id is number => typeof id === 'number',
  );
  if (ids.length === 0)
    throw new UserError(`${folder} names no end token: add eos_token_id to generation_config.json`);
  return [...new Set(ids)];
}

/** A special token is written as a text, or as an object with the text in it. */
const textOf = (token: unknown): string | undefined =>
  typeof token === 'string'
    ? token
    : isObject(token)
      ? ((token as Json).content as string | undefined)
      : undefined;

/** Returns what renders a conversation up to the place where the model answers. */
function chatTemplate(folder: string, settings: Json): (messages: readonly Message[]) => string {
  const file = path.join(folder, 'chat_template.jinja');
  const source = fs.existsSync(file) ? readTextFile(file) : settings.chat_template;
  const tokens = Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) =>
      key.endsWith('_token') && textOf(value) !== undefined ? [[key, textOf(value)]] : [],
    ),
  );
  let template: Template | undefined;
  return (messages) => {
    if (typeof source !== 'string')
      throw new UserError(`${folder} has no chat template: use a model that was made to answer`);
    return understood(`the chat template of ${folder}`, () => {
      template ??= new Template(source);
      return template.render({ ...tokens, messages, add_generation_prompt: true });
    });
  };
}

/** Stands for a special token's text in a message: two characters that no language uses, around its number. */
const hiddenText = /\uE0F0(\d+)\uE0F1/;

/**
 * Takes the texts of special tokens out of messages, so that the template's own are all that is read as special: nothing
 * that a person writes ends a turn.
 */
function hideSpecial(
  messages: readonly Message[],
  special: readonly string[],
): { texts: Message[]; hidden: string[] } {
  const hidden: string[] = [];
  const hide = (text: string): string =>
    special.reduce(
      (rest, token) =>
        rest.includes(token) && token !== ''
          ? rest.split(token).join(`\uE0F0${hidden.push(token) - 1}\uE0F1`)
          : rest,
      text.replace(/[\uE0F0\uE0F1]/g, '\uFFFD'),
    );
  return { texts: messages.map((m) => ({ ...m, content: hide(m.content) })), hidden };
}

/** Holds text back while it ends within a character, and looks no further back than to the last whole one. */
function textStream(decode: (ids: ArrayLike<number>) => string): TextStream {
  let ids: number[] = [];
  let told = '';
  return {
    push(id) {
      ids.push(id);
      const text = decode(ids);
      if (text.endsWith('\uFFFD') || text.length < told.length) return '';
      const fresh = text.slice(told.length);
      // The next text is decoded behind this token, because the first one of a text may lose its space.
      ids = [id];
      told = decode(ids);
      return fresh;
    },
    end() {
      const rest = decode(ids).slice(told.length);
      [ids, told] = [[], ''];
      return rest;
    },
  };
}
