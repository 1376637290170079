import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { UserError } from '../core/errors';
import { startEngine } from '../engine/tensorflow';
import { openTalker } from '../stages/language/talk';
import { readArguments, runCommand, wholeNumber } from './arguments';
import { chatServer } from './openAi/server';

const help = `
npm run serve -- CHECKPOINT [options]
Answers programs on this machine that speak OpenAI's protocol: POST /v1/chat/completions (streaming, logprobs, n, stop,
seed), GET /v1/models. CHECKPOINT is a language model such as smollm2, a folder, or the name of a checkpoint.

  --port N   where it listens, on 127.0.0.1 alone (8000; 0 takes any free one)

A program needs the key that is printed, or the one in R1_API_KEY. Ctrl-C ends the server.
`;

async function main(): Promise<void> {
  const { values, positionals } = readArguments(help, { port: { type: 'string', default: '8000' } }, true); // prettier-ignore
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0)
    throw new UserError('name one checkpoint, for example smollm2: see --help');
  const port = wholeNumber(values.port, '--port');
  if (port > 65_535) throw new UserError(`invalid --port: ${port}: use a number up to 65535`);
  await startEngine();
  const talker = openTalker(name);
  const key = process.env.R1_API_KEY || randomBytes(24).toString('base64url');
  const server = chatServer(talker, key);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot listen on port ${port} (${error.code}): use another --port`);
  });
  const { port: taken } = server.address() as AddressInfo;
  console.log(`OPENAI_BASE_URL=http://127.0.0.1:${taken}/v1`);
  console.log(`OPENAI_API_KEY=${process.env.R1_API_KEY ? '(as in R1_API_KEY)' : key}`);
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  await once(server, 'close');
  talker.dispose();
}

export const finished: Promise<void> = runCommand(main);
