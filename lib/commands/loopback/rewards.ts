/** A server that judges completions by the workbook's own verifiers, for trainers on this machine. */
import * as http from 'node:http';
import { isObject } from '../../core/fields';
import { parsedJson } from '../../core/jsonLines';
import { faultOfSent, judge, type Judged, type Sent } from '../../handover/judge';
import { answerError, BadRequest, bodyOf, refuseStrangers, send } from './requests';

/** The largest body of a request, in bytes, and the most completions in it. */
const mostBytes = 64e6;
const mostItems = 20_000;

/** Completions between two looks at whether the asker is still there. */
const slice = 200;

export interface RewardServerOptions {
  readonly key: string;
  /** after so many milliseconds a batch is given up */
  readonly patience: number;
}

/** Makes the server; it listens nowhere yet. */
export function rewardServer(options: RewardServerOptions): http.Server {
  const server = http.createServer((request, response) => {
    handle(request, response, options).catch((error: unknown) => answerError(response, error));
  });
  server.requestTimeout = options.patience;
  return server;
}

async function handle(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { key, patience }: RewardServerOptions,
): Promise<void> {
  refuseStrangers(request, key);
  const [path] = (request.url ?? '').split('?');
  if (request.method !== 'POST' || path !== '/rewards')
    throw new BadRequest(`${request.method} ${path} is not here: use POST /rewards`, null, 404);
  const items = itemsOf(parsedJson(await bodyOf(request, mostBytes)));
  const end = Date.now() + patience;
  const rewards: Judged[] = [];
  for (const [i, item] of items.entries()) {
    if (i % slice === 0) await new Promise((resolve) => setImmediate(resolve));
    if (response.destroyed) return;
    if (Date.now() > end)
      throw new BadRequest(`${i} of ${items.length} completions took ${patience / 1000} s: send smaller batches`, null, 503); // prettier-ignore
    rewards.push(judged(item, i));
  }
  send(response, 200, { rewards });
}

function itemsOf(body: unknown): Sent[] {
  const { items } = (isObject(body) ? body : {}) as { items?: unknown };
  if (!Array.isArray(items) || !items.every(isObject))
    throw new BadRequest('items has to be a list of objects', 'items');
  if (items.length > mostItems)
    throw new BadRequest(`${items.length} items: send at most ${mostItems} at a time`, 'items');
  return items as Sent[];
}

function judged(item: Sent, i: number): Judged {
  const fault = faultOfSent(item);
  if (fault !== null) throw new BadRequest(`items[${i}]: ${fault}`, 'items');
  try {
    return judge(item);
  } catch {
    throw new BadRequest(`items[${i}]: ground_truth is no problem of its task: send it as the data has it`, 'items'); // prettier-ignore
  }
}
