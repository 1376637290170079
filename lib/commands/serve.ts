import { UserError } from '../core/errors';
import { startEngine } from '../engine/tensorflow';
import { openTalker } from '../stages/language/talk';
import { readArguments, runCommand } from './arguments';
import { chosenKey, listen, portOf, shownKey } from './loopback/listen';
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
  const port = portOf(values.port);
  await startEngine();
  const talker = openTalker(name);
  const key = chosenKey();
  await listen(chatServer(talker, key), port, (address) => {
    console.log(`OPENAI_BASE_URL=${address}/v1`);
    console.log(`OPENAI_API_KEY=${shownKey(key)}`);
  });
  talker.dispose();
}

export const finished: Promise<void> = runCommand(main);
