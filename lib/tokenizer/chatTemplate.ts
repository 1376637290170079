/** The template of a model's conversations: a program in Jinja's language that writes messages as one text. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Template } from '@huggingface/jinja';
import { UserError } from '../core/errors';
import { isObject } from '../core/fields';
import { readTextFile } from '../core/files';
import type { Message } from './textTokenizer';
import type { AddedToken, Json } from './understoodTokenizer';

/** Writes a conversation up to the place where the model answers. */
export interface ChatTemplate {
  /** the program */
  readonly source: string;
  /** A conversation that the template refuses, and a template that fails, are UserErrors. */
  render(messages: readonly Message[]): string;
}

/** Reads the template of a folder: `chat_template.jinja`, or what `tokenizer_config.json` holds; null if there is none. */
export function readChatTemplate(folder: string, settings: Json): ChatTemplate | null {
  const file = path.join(folder, 'chat_template.jinja');
  const source = fs.existsSync(file) ? readTextFile(file) : defaultOf(settings.chat_template);
  if (source === undefined) return null;
  const tokens = Object.fromEntries(namedTokens(settings));
  let template: Template | undefined;
  return {
    source,
    render(messages) {
      try {
        template ??= pythonsTemplate(source);
        const given = { messages, add_generation_prompt: true, tools: null, documents: null };
        return template.render({ ...tokens, ...given, ...pythonsFunctions });
      } catch (error) {
        const [line] = String((error as Error).message).split('\n');
        throw new UserError(`the chat template of ${folder} refuses the conversation: ${line}`);
      }
    },
  };
}

/** Some models have several templates, each with a name. */
function defaultOf(template: unknown): string | undefined {
  const found = Array.isArray(template)
    ? (template as readonly Json[]).find(({ name }) => name === 'default')?.template
    : template;
  return typeof found === 'string' ? found : undefined;
}

/** The special tokens that have a name, such as `eos_token`. One is written as its text, or as an object with the text in it. */
export function namedTokens(settings: Json): [name: string, text: string][] {
  return Object.entries(settings).flatMap(([name, value]): [string, string][] => {
    const text = isObject(value) ? (value as Json).content : value;
    return name.endsWith('_token') && typeof text === 'string' ? [[name, text]] : [];
  });
}

/**
 * What the library does in another way than Python: `strip` and its like pass over their argument and take the white space
 * of JavaScript, and a date is in the language of the system. The names are those that the program is given for them.
 */
const pythonsFunctions = {
  "Python's strip": (text: unknown, characters?: unknown) => strip(text, characters, true, true),
  "Python's lstrip": (text: unknown, characters?: unknown) => strip(text, characters, true, false),
  "Python's rstrip": (text: unknown, characters?: unknown) => strip(text, characters, false, true),
  "Python's strftime_now": dateNow,
};

/** Parses a template, and puts calls of Python's functions where it calls the library's. */
function pythonsTemplate(source: string): Template {
  const template = new Template(source);
  template.parsed = withPythons(template.parsed) as Template['parsed'];
  return template;
}

/** A part of a program. Which fields it has depends on its type. */
interface Part {
  readonly type?: string;
  readonly value?: unknown;
  readonly callee?: Part;
  readonly args?: readonly Part[];
  readonly object?: Part;
  readonly property?: Part;
  readonly operand?: Part;
  readonly filter?: Part;
}

function withPythons(node: unknown): unknown {
  if (Array.isArray(node)) return (node as unknown[]).map(withPythons);
  if (!isObject(node)) return node;
  const fields = node as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) fields[name] = withPythons(value);
  const { type, callee, args = [], operand, filter } = node as Part;
  const call = (name: unknown, given: readonly unknown[]): unknown =>
    Object.hasOwn(pythonsFunctions, `Python's ${String(name)}`)
      ? { type: 'CallExpression', callee: { type: 'Identifier', value: `Python's ${String(name)}` }, args: given } // prettier-ignore
      : node;
  if (type === 'CallExpression' && callee?.type === 'Identifier') return call(callee.value, args);
  if (type === 'CallExpression' && callee?.type === 'MemberExpression')
    return call(callee.property?.value, [callee.object, ...args]);
  if (type === 'FilterExpression' && (filter?.callee ?? filter)?.value === 'trim')
    return call('strip', [operand, ...(filter?.args ?? [])]);
  return node;
}

/** Takes characters from the ends of a text: those that are given, or what is white space in Python. */
function strip(text: unknown, characters: unknown, atStart: boolean, atEnd: boolean): string {
  const given = characters ?? pythonsSpace;
  if (typeof text !== 'string' || typeof given !== 'string')
    throw new Error('strip of what is no text');
  const list = [...text];
  const isKept = (character: string): boolean => !given.includes(character);
  const start = atStart ? list.findIndex(isKept) : 0;
  const end = atEnd ? list.findLastIndex(isKept) + 1 : list.length;
  return start < 0 ? '' : list.slice(start, end).join('');
}
const pythonsSpace = '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000'; // prettier-ignore

/** The date as Python writes it without a language. */
function dateNow(format: string): string {
  const now = new Date();
  const english = (options: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat('en-US', options).format(now); // prettier-ignore
  const two = (value: number): string => String(value).padStart(2, '0');
  const parts: Readonly<Record<string, string>> = {
    Y: String(now.getFullYear()),
    m: two(now.getMonth() + 1),
    d: two(now.getDate()),
    H: two(now.getHours()),
    M: two(now.getMinutes()),
    S: two(now.getSeconds()),
    b: english({ month: 'short' }),
    B: english({ month: 'long' }),
    a: english({ weekday: 'short' }),
    A: english({ weekday: 'long' }),
    '%': '%',
  };
  return format.replace(/%(.?)/g, (whole, letter: string) => {
    if (Object.hasOwn(parts, letter)) return parts[letter]!;
    throw new Error(`the date as ${whole} is not understood`);
  });
}

/** Two characters for private use, around a control token that a message holds: those of `transformers`. */
const [start, end] = ['\u{F0000}', '\u{F0001}'];

/**
 * What `apply_chat_template(..., sanitize_control_tokens=True)` of `transformers` does: a control token counts only where
 * the template wrote it. One in a message is spelled by ordinary tokens, so that no text ends the turn.
 */
export interface ControlTokens {
  /** Marks the control tokens in the contents of messages. */
  mark(messages: readonly Message[]): Message[];
  /** Takes a text apart at the marks. The pieces at odd places are marked tokens, undefined for a mark alone. */
  split(rendered: string): (string | undefined)[];
}

/** Returns the control tokens: all special ones, and others that the template names, such as `<think>`. */
export function controlTokens(
  source: string,
  added: readonly AddedToken[],
  listed: unknown,
): ControlTokens {
  // prettier-ignore
  const isControl = ({ content, special }: AddedToken): boolean =>
    special ||
    (Array.isArray(listed)
      ? listed.includes(content)
      : content.trim() !== '' && source.includes(content));
  const control = anyOf(added.filter(isControl));
  const marked = new RegExp(`${start}(${anyOf(added).source})${end}|[${start}${end}]`, 'gu');
  const mark = (text: string): string =>
    text.replace(new RegExp(`[${start}${end}]`, 'gu'), '').replace(control, `${start}$&${end}`);
  return {
    mark: (messages) => messages.map((message) => ({ ...message, content: mark(message.content) })),
    split: (rendered) => rendered.split(marked) as (string | undefined)[],
  };
}

/** Finds any of some tokens, the longest first. */
function anyOf(tokens: readonly AddedToken[]): RegExp {
  const texts = tokens.map(({ content }) => content).sort((a, b) => b.length - a.length);
  const escaped = texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(escaped.join('|') || '(?!)', 'gu');
}
