/** Requests of programs on this machine to a server on its loopback, and how they are refused. */
import { timingSafeEqual } from 'node:crypto';
import type * as http from 'node:http';

/** A request that cannot be answered, as the protocol says it. */
export class BadRequest extends Error {
  constructor(
    message: string,
    readonly param: string | null = null,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** Other machines do not reach the server. Pages that a browser of this one shows have another host, and no key. */
export function refuseStrangers({ headers }: http.IncomingMessage, key: string): void {
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(host))
    throw new BadRequest(`host ${host} is not this machine: use 127.0.0.1`, null, 403);
  const given = Buffer.from((headers.authorization ?? '').replace(/^Bearer /, ''));
  const wanted = Buffer.from(key);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
    throw new BadRequest('the API key is missing or wrong: the server printed it when it started', null, 401); // prettier-ignore
}

/** Sends a JSON object as the whole answer. */
export function send(response: http.ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** Answers an error: a BadRequest by what it says, a defect without a word of it. */
export function answerError(response: http.ServerResponse, error: unknown): void {
  const known =
    error instanceof BadRequest ? error : new BadRequest('the server failed', null, 500);
  if (known.status === 500) console.error(error);
  if (response.headersSent) return void response.destroy();
  const type = known.status === 401 ? 'authentication_error' : 'invalid_request_error';
  const { message, param } = known;
  send(response, known.status, { error: { message, type, param, code: null } });
}

/** The body of a request; one of more than `mostBytes` is a BadRequest. */
export async function bodyOf(request: http.IncomingMessage, mostBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > mostBytes) throw new BadRequest(`the body is larger than ${mostBytes} bytes`, null, 413); // prettier-ignore
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
