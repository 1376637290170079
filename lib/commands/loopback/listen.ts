/** Listens on this machine alone, with a key, until Ctrl-C. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { UserError } from '../../core/errors';
import { wholeNumber } from '../arguments';

/** Reads a port from the command line. */
export function portOf(text: string): number {
  const port = wholeNumber(text, '--port');
  if (port > 65_535) throw new UserError(`invalid --port: ${port}: use a number up to 65535`);
  return port;
}

/** The key that programs need: the one in R1_API_KEY, or a new one. */
export const chosenKey = (): string =>
  process.env.R1_API_KEY || randomBytes(24).toString('base64url');

/** The key as it may be printed. */
export const shownKey = (key: string): string =>
  process.env.R1_API_KEY ? '(as in R1_API_KEY)' : key;

/** Listens on a port of 127.0.0.1, 0 being any free one; calls `ready` with its address, and returns when it was stopped. */
export async function listen(
  server: http.Server,
  port: number,
  ready: (address: string) => void,
): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot listen on port ${port} (${error.code}): use another --port`);
  });
  ready(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  await once(server, 'close');
}
