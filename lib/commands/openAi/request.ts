/** What a program may ask for in the protocol of OpenAI's chat completions. What would change the answer and is not known here is refused. */
import { isNumber, isObject, isText, isYesOrNo } from '../../core/fields';
import type { Message } from '../../tokenizer/textTokenizer';
import { BadRequest } from '../loopback/requests';

export interface ChatRequest {
  readonly messages: readonly Message[];
  readonly stream: boolean;
  readonly streamUsage: boolean;
  readonly temperature: number;
  readonly topP: number;
  readonly maxNewTokens?: number;
  readonly seed: number;
  /** answers to make */
  readonly n: number;
  /** texts that end an answer, and are no part of it */
  readonly stop: readonly string[];
  readonly logprobs: boolean;
  readonly topLogprobs: number;
}

/** Fields that change nothing here. */
const harmless = ['user', 'metadata', 'store', 'service_tier', 'safety_identifier', 'prompt_cache_key', 'parallel_tool_calls']; // prettier-ignore

/** Fields with the one value that changes nothing, as some programs send them. */
const usual: Readonly<Record<string, (value: unknown) => boolean>> = {
  frequency_penalty: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  logit_bias: (value) => isObject(value) && Object.keys(value as object).length === 0,
  response_format: (value) => isObject(value) && (value as { type?: unknown }).type === 'text',
  tools: (value) => Array.isArray(value) && value.length === 0,
  modalities: (value) => Array.isArray(value) && value.join() === 'text',
};

const known = [
  ...['model', 'messages', 'stream', 'stream_options', 'temperature', 'top_p', 'max_tokens'],
  ...['max_completion_tokens', 'seed', 'n', 'stop', 'logprobs', 'top_logprobs'],
];

type Body = Readonly<Record<string, unknown>>;

/** Reads the body of a request. One that is not understood is a BadRequest that names the field. */
export function readRequest(body: unknown): ChatRequest {
  if (!isObject(body)) throw new BadRequest('the body is no JSON object');
  const given = Object.fromEntries(Object.entries(body as Body).filter(([, value]) => value !== null)); // prettier-ignore
  for (const [name, value] of Object.entries(given)) {
    if (known.includes(name) || harmless.includes(name) || usual[name]?.(value)) continue;
    throw new BadRequest(`${name} is not understood here: leave it out`, name);
  }
  const number = (name: string, fallback: number, [least, most]: readonly [number, number]) => {
    const value = given[name] ?? fallback;
    if (isNumber(value) && (value as number) >= least && (value as number) <= most)
      return value as number;
    throw new BadRequest(`${name} has to be a number from ${least} to ${most}`, name);
  };
  const whole = (name: string, fallback: number, [least, most]: readonly [number, number]) => {
    const value = number(name, fallback, [least, most]);
    if (Number.isInteger(value)) return value;
    throw new BadRequest(`${name} has to be a whole number from ${least} to ${most}`, name);
  };
  const yes = (name: string, from: Body = given): boolean => {
    const value = from[name] ?? false;
    if (isYesOrNo(value)) return value as boolean;
    throw new BadRequest(`${name} has to be true or false`, name);
  };
  const most = 'max_completion_tokens' in given ? 'max_completion_tokens' : 'max_tokens';
  const logprobs = yes('logprobs');
  if ('top_logprobs' in given && !logprobs)
    throw new BadRequest('top_logprobs needs logprobs: true', 'top_logprobs');
  return {
    messages: readMessages(given.messages),
    stream: yes('stream'),
    streamUsage: isObject(given.stream_options) && yes('include_usage', given.stream_options as Body), // prettier-ignore
    temperature: number('temperature', 1, [0, 2]),
    topP: number('top_p', 1, [0, 1]),
    ...(most in given && { maxNewTokens: whole(most, 1, [1, 1e6]) }),
    seed: whole('seed', 0, [-(2 ** 53), 2 ** 53]),
    n: whole('n', 1, [1, 16]),
    stop: readStop(given.stop),
    logprobs,
    topLogprobs: whole('top_logprobs', 0, [0, 20]),
  };
}

function readStop(given: unknown): string[] {
  const texts: unknown[] = Array.isArray(given) ? given : given === undefined ? [] : [given];
  if (texts.length > 4 || !texts.every((text) => isText(text) && text !== ''))
    throw new BadRequest('stop has to be a text, or up to four of them', 'stop');
  return texts as string[];
}

const roles: Readonly<Record<string, Message['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
};

function readMessages(given: unknown): Message[] {
  if (!Array.isArray(given) || given.length === 0)
    throw new BadRequest('messages has to be a list with a message in it', 'messages');
  return (given as unknown[]).map((message, i) => {
    const { role, content } = (isObject(message) ? message : {}) as Body;
    const where = `messages[${i}]`;
    const known = isText(role) ? roles[role as string] : undefined;
    if (known === undefined)
      throw new BadRequest(`${where}.role has to be one of ${Object.keys(roles).join(', ')}`, where); // prettier-ignore
    return { role: known, content: textOf(content, where) };
  });
}

/** The text of a message: as it is, or in parts. */
function textOf(content: unknown, where: string): string {
  if (isText(content)) return content as string;
  const parts = Array.isArray(content) ? (content as Body[]) : [undefined];
  return parts
    .map((part) => {
      if (part && part.type === 'text' && isText(part.text)) return part.text as string;
      throw new BadRequest(`${where}.content has to be text`, where);
    })
    .join('');
}
