/** A server that speaks the protocol of OpenAI's chat completions, for programs on this machine. */
import { randomUUID } from 'node:crypto';
import * as http from 'node:http';
import { parsedJson } from '../../core/jsonLines';
import type { Talker } from '../../stages/language/talk';
import { answerError, BadRequest, bodyOf, refuseStrangers, send } from '../loopback/requests';
import { answersOf, promptOf, type AnswerPiece } from './answer';
import { readRequest, type ChatRequest } from './request';

/** The largest body of a request, in bytes. */
const mostBytes = 4e6;

/** Makes the server; it listens nowhere yet. Whoever has the key may ask, one after another. */
export function chatServer(talker: Talker, key: string): http.Server {
  let last: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
  return http.createServer((request, response) => {
    handle(request, response, { talker, key, inTurn }).catch((error: unknown) => answerError(response, error)); // prettier-ignore
  });
}

/** What all requests share. */
interface Service {
  readonly talker: Talker;
  readonly key: string;
  inTurn(work: () => Promise<void>): Promise<void>;
}

async function handle(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { talker, key, inTurn }: Service,
): Promise<void> {
  refuseStrangers(request, key);
  const { method } = request;
  const [path] = (request.url ?? '').split('?');
  if (method === 'GET' && path === '/v1/models')
    return send(response, 200, { object: 'list', data: [modelOf(talker)] });
  if (method !== 'POST' || path !== '/v1/chat/completions')
    throw new BadRequest(`${method} ${path} is not here: use POST /v1/chat/completions`, null, 404);
  const asked = readRequest(parsedJson(await bodyOf(request, mostBytes)));
  const promptIds = promptOf(talker, asked);
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  await inTurn(async () => {
    if (gone.signal.aborted) return;
    const answer = { talker, asked, promptIds, pieces: answersOf(talker, promptIds, asked, gone.signal) }; // prettier-ignore
    await (asked.stream ? stream(response, answer) : whole(response, answer));
  });
}

const modelOf = ({ name }: Talker): object => ({ id: name, object: 'model', created: 0, owned_by: 'you' }); // prettier-ignore

/** An answer that is being made. */
interface Answer {
  readonly talker: Talker;
  readonly asked: ChatRequest;
  readonly promptIds: readonly number[];
  readonly pieces: AsyncGenerator<AnswerPiece>;
}

const heading = ({ talker }: Answer, object: string): object => ({
  id: `chatcmpl-${randomUUID()}`,
  object,
  created: Math.floor(Date.now() / 1000),
  model: talker.name,
});

const usageOf = (prompt: number, completion: number): object => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
});

/** Sends all answers at once. */
async function whole(response: http.ServerResponse, answer: Answer): Promise<void> {
  const { n, logprobs } = answer.asked;
  const pieces: AnswerPiece[] = [];
  for await (const piece of answer.pieces) pieces.push(piece);
  if (response.destroyed) return;
  const choices = Array.from({ length: n }, (_, index) => {
    const own = pieces.filter((piece) => piece.index === index);
    return {
      index,
      message: { role: 'assistant', content: own.map(({ text }) => text).join(''), refusal: null },
      logprobs: logprobs ? { content: own.flatMap((piece) => piece.logprobs), refusal: null } : null, // prettier-ignore
      finish_reason: own[own.length - 1]?.finishReason ?? 'length',
    };
  });
  const tokens = pieces.reduce((sum, piece) => sum + piece.tokens, 0);
  const usage = usageOf(answer.promptIds.length, tokens);
  send(response, 200, { ...heading(answer, 'chat.completion'), choices, usage });
}

/** Sends the answers as they are made, by server-sent events. */
async function stream(response: http.ServerResponse, answer: Answer): Promise<void> {
  const about = heading(answer, 'chat.completion.chunk');
  const { logprobs, streamUsage } = answer.asked;
  const event = (body: object): void => void response.write(`data: ${JSON.stringify({ ...about, ...body })}\n\n`); // prettier-ignore
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  const begun = new Set<number>();
  let tokens = 0;
  for await (const { index, text, finishReason = null, ...piece } of answer.pieces) {
    const role = begun.has(index) ? {} : { role: 'assistant' };
    begun.add(index);
    tokens += piece.tokens;
    const content = logprobs ? { content: piece.logprobs, refusal: null } : null;
    event({ choices: [{ index, delta: { ...role, content: text }, logprobs: content, finish_reason: finishReason }] }); // prettier-ignore
  }
  if (streamUsage) event({ choices: [], usage: usageOf(answer.promptIds.length, tokens) });
  response.end('data: [DONE]\n\n');
}
