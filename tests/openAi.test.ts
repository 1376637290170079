/** The server that speaks OpenAI's protocol, asked by OpenAI's own client, and by strangers. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { chatServer } from '../lib/commands/openAi/server';
import { tf } from '../lib/engine/tensorflow';
import { writeRandomModel } from '../lib/stages/language/randomModel';
import { openTalker, type Talker } from '../lib/stages/language/talk';
import { temporaryFolder } from './support/folder';

const folder = path.join(temporaryFolder(), 'random');
writeRandomModel(folder, 7);
const key = 'a key';
let talker: Talker;
let server: http.Server;
let port: number;
let client: OpenAI;

before(async () => {
  talker = openTalker(folder);
  server = chatServer(talker, key);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  client = new OpenAI({ apiKey: key, baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
});
after(() => {
  server.close();
  server.closeAllConnections();
  talker.dispose();
});

const asked = {
  model: 'random',
  messages: [{ role: 'user', content: 'Hello, ö!' }],
  max_tokens: 12,
  seed: 3,
} as const satisfies OpenAI.ChatCompletionCreateParamsNonStreaming;

async function streamed(
  more: object = {},
): Promise<{ texts: string[]; chunks: OpenAI.ChatCompletionChunk[] }> {
  // prettier-ignore
  const stream = await client.chat.completions.create({ ...asked, ...more, stream: true });
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  const texts: string[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
    for (const { index, delta } of chunk.choices) texts[index] = (texts[index] ?? '') + (delta.content ?? ''); // prettier-ignore
  }
  return { texts, chunks };
}

test('an answer, whole and streamed, is the same, and costs what it says', async () => {
  const whole = await client.chat.completions.create(asked);
  const [choice] = whole.choices;
  assert.equal(whole.object, 'chat.completion');
  assert.equal(choice!.message.role, 'assistant');
  assert.ok(['stop', 'length'].includes(choice!.finish_reason));
  const prompt = talker.tokenizer.chatIds(asked.messages).length;
  const { completion_tokens: said, prompt_tokens, total_tokens } = whole.usage!;
  assert.equal(prompt_tokens, prompt);
  assert.equal(total_tokens, prompt + said);
  assert.ok(said >= 1 && said <= 12);
  const { texts, chunks } = await streamed({ stream_options: { include_usage: true } });
  assert.equal(texts[0], choice!.message.content);
  assert.deepEqual(chunks.at(-1)!.usage, whole.usage);
  assert.equal(chunks.filter(({ choices }) => choices[0]?.delta.role === 'assistant').length, 1);
  assert.equal(chunks.flatMap(({ choices }) => choices.flatMap((c) => c.finish_reason ?? [])).join(), choice!.finish_reason); // prettier-ignore
});

test('several answers differ, the same seed says the same, temperature 0 knows no seed', async () => {
  const several = await client.chat.completions.create({ ...asked, n: 3 });
  const texts = several.choices.map(({ message }) => message.content);
  assert.equal(new Set(texts).size, 3);
  assert.deepEqual((await streamed({ n: 3 })).texts, texts);
  const [a, b] = await Promise.all([1, 2].map((seed) => client.chat.completions.create({ ...asked, seed, temperature: 0 }))); // prettier-ignore
  assert.equal(a!.choices[0]!.message.content, b!.choices[0]!.message.content);
});

test('log-probabilities: of each token and of the likeliest, which greedy takes', async () => {
  const more = { logprobs: true, top_logprobs: 4, temperature: 0 };
  const { choices } = await client.chat.completions.create({ ...asked, ...more });
  const { content } = choices[0]!.logprobs!;
  assert.equal(content!.map(({ bytes }) => Buffer.from(bytes!).toString()).join('').length > 0, true); // prettier-ignore
  for (const { token, logprob, top_logprobs: tops } of content!) {
    assert.equal(tops.length, 4);
    assert.equal(tops[0]!.token, token);
    assert.equal(tops[0]!.logprob, logprob);
    assert.ok(tops.every((top, i) => i === 0 || top.logprob <= tops[i - 1]!.logprob));
  }
});

test('a stop text ends the answer before it, also where it comes in two tokens', async () => {
  const { choices } = await client.chat.completions.create(asked);
  const text = choices[0]!.message.content!;
  assert.ok(text.length > 6, text);
  const stop = text.slice(3, 5);
  const cut = text.slice(0, text.indexOf(stop));
  const stopped = await client.chat.completions.create({ ...asked, stop });
  assert.equal(stopped.choices[0]!.message.content, cut);
  assert.equal(stopped.choices[0]!.finish_reason, 'stop');
  assert.equal((await streamed({ stop: [stop, 'never'] })).texts[0], cut);
});

test('the models are listed', async () => {
  const { data } = await client.models.list();
  assert.deepEqual(data.map(({ id }) => id), [folder]); // prettier-ignore
});

test('what would change the answer and is not known is refused by name', async () => {
  for (const [more, param, pattern] of [
    [
      { tools: [{ type: 'function', function: { name: 'f' } }] },
      'tools',
      /tools is not understood/,
    ],
    [{ frequency_penalty: 1 }, 'frequency_penalty', /not understood here: leave it out/],
    [{ response_format: { type: 'json_object' } }, 'response_format', /not understood/],
    [{ temperature: 3 }, 'temperature', /a number from 0 to 2/],
    [{ top_logprobs: 2 }, 'top_logprobs', /needs logprobs/],
    [{ n: 1.5 }, 'n', /a whole number from 1 to 16/],
    [{ messages: [] }, 'messages', /with a message in it/],
    [{ messages: [{ role: 'wizard', content: 'x' }] }, 'messages[0]', /role has to be one of/],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'messages[0]', /has to be text/], // prettier-ignore
    [{ messages: [{ role: 'user', content: 'x'.repeat(600) }] }, 'messages', /the context is 512/],
  ] as const) {
    const wrong = client.chat.completions.create({ ...asked, ...(more as object) });
    await assert.rejects(wrong, (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError, String(error));
      assert.equal(error.param, param);
      return pattern.test(error.message);
    });
  }
  const harmless = { user: 'me', frequency_penalty: 0, logit_bias: {}, presence_penalty: null };
  assert.ok(await client.chat.completions.create({ ...asked, ...harmless }));
});

/** Asks without the client. */
function ask(options: http.RequestOptions, body = ''): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, ...options }, (response) => {
      let text = '';
      response.on('data', (part: Buffer) => (text += part.toString()));
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

test('strangers get nothing', async () => {
  const authorization = `Bearer ${key}`;
  const path = '/v1/models';
  for (const [headers, status] of [
    [{}, 401],
    [{ authorization: 'Bearer another' }, 401],
    [{ authorization: 'Bearer a kez' }, 401],
    [{ authorization, host: 'example.org' }, 403],
    [{ authorization, host: `localhost:${port}` }, 200],
  ] as const)
    assert.equal((await ask({ path, headers })).status, status, JSON.stringify(headers));
  const post = { method: 'POST', path: '/v1/chat/completions', headers: { authorization } };
  assert.deepEqual([(await ask(post, 'no json')).status, (await ask({ ...post, path: '/v1/x' })).status], [400, 404]); // prettier-ignore
  assert.equal((await ask(post, 'x'.repeat(4_000_001))).status, 413);
});

test('who goes away stops the answer, others are answered after it, and no tensor is left', async () => {
  await client.chat.completions.create(asked);
  const tensors = tf.memory().numTensors;
  const abort = new AbortController();
  const long = await client.chat.completions.create({ ...asked, max_tokens: 400, n: 16, stream: true }, { signal: abort.signal }); // prettier-ignore
  let heard = 0;
  try {
    for await (const _ of long) if (++heard === 3) abort.abort();
  } catch {
    // the client's own way to say that it was stopped
  }
  const next = await client.chat.completions.create(asked);
  assert.ok(next.choices.length === 1 && heard < 40);
  assert.equal(tf.memory().numTensors, tensors);
});
