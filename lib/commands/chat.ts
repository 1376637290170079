import * as readline from 'node:readline';
import { UserError } from '../core/errors';
import { startEngine } from '../engine/tensorflow';
import { openTalker, type Talker } from '../stages/language/talk';
import type { Message } from '../tokenizer/textTokenizer';
import { nonNegativeNumber, readArguments, runCommand, wholeNumber } from './arguments';

const help = `
npm run chat -- CHECKPOINT [options]
Talks with a checkpoint in the terminal: a language model such as smollm2, a folder, or the name of a checkpoint. A model
of the workbook's own vocabulary answers problems, such as: make 26 : 3 5 7. A pipe works too: a line is a message.

  --temperature T      0 always says the likeliest token (0.7)
  --top-p P            draws from the likeliest tokens that together have this probability (1)
  --max-new-tokens N   tokens of an answer at most (256)
  --seed N             seed of the answers (0)
  --system TEXT        what the model is told before the conversation

While it runs: Ctrl-C stops an answer, and twice the chat; /new begins anew, /temperature T, /quit.
`;

const dim = (text: string): string => (process.stdout.isTTY ? `\x1b[2m${text}\x1b[0m` : text);

/** A conversation, and how it is answered. */
interface Chat {
  readonly talker: Talker;
  readonly system: readonly Message[];
  readonly topP: number;
  readonly maxNewTokens: number;
  messages: Message[];
  temperature: number;
  seed: number;
}

async function main(): Promise<void> {
  const { values, positionals } = readArguments(
    help,
    {
      temperature: { type: 'string', default: '0.7' },
      'top-p': { type: 'string', default: '1' },
      'max-new-tokens': { type: 'string', default: '256' },
      seed: { type: 'string', default: '0' },
      system: { type: 'string' },
    },
    true,
  );
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0)
    throw new UserError('name one checkpoint, for example smollm2: see --help');
  const settings = {
    temperature: nonNegativeNumber(values.temperature, '--temperature', 100),
    topP: nonNegativeNumber(values['top-p'], '--top-p', 1),
    maxNewTokens: wholeNumber(values['max-new-tokens'], '--max-new-tokens', 1),
    seed: wholeNumber(values.seed, '--seed'),
  };
  await startEngine();
  const talker = openTalker(name);
  const system: Message[] = values.system === undefined ? [] : [{ role: 'system', content: values.system }]; // prettier-ignore
  const chat: Chat = { talker, system, messages: [...system], ...settings };
  await listen(chat);
  talker.dispose();
}

/** Reads lines and answers them until there are no more. */
async function listen(chat: Chat): Promise<void> {
  const isTerminal = process.stdin.isTTY;
  const input = readline.createInterface({ input: process.stdin, output: isTerminal ? process.stdout : undefined }); // prettier-ignore
  input.setPrompt('> ');
  let answering: AbortController | undefined;
  input.on('SIGINT', () => {
    if (answering && !answering.signal.aborted) answering.abort();
    else input.close();
  });
  if (isTerminal) console.log(dim(`${chat.talker.name}: /new, /temperature T, /quit`));
  if (isTerminal) input.prompt();
  for await (const line of input) {
    if (line.trim() === '/quit') break;
    answering = new AbortController();
    if (line.startsWith('/')) command(chat, line.trim());
    else if (line.trim() !== '') await answer(chat, line.trim(), answering.signal);
    answering = undefined;
    if (isTerminal) input.prompt();
  }
  input.close();
}

function command(chat: Chat, line: string): void {
  const [name, value = ''] = line.split(/\s+/);
  if (name === '/new') chat.messages = [...chat.system];
  else if (name === '/temperature')
    saying(() => (chat.temperature = nonNegativeNumber(value, '/temperature', 100)));
  else console.log(dim(`unknown command ${name}: use /new, /temperature T, /quit`));
}

/** Does something that a person asked for; what cannot be is said in one line, and the chat goes on. */
function saying(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.log(dim(error.message));
  }
}

/** Writes the answer as it comes; what stands between think tags is dimmed. */
async function answer(chat: Chat, content: string, signal: AbortSignal): Promise<void> {
  const { talker, temperature, topP, seed } = chat;
  const messages: Message[] = [...chat.messages, { role: 'user', content }];
  let said = '';
  try {
    const ids = talker.tokenizer.chatIds(messages);
    const room = talker.config.contextLength - ids.length;
    if (room < 1) throw new UserError(`the conversation fills the context of ${talker.config.contextLength} tokens: /new begins anew`); // prettier-ignore
    const maxNewTokens = Math.min(chat.maxNewTokens, room);
    const options = { temperature, topP, seed, maxNewTokens, signal };
    for await (const { text, isEnd } of talker.speaker.speak(ids, options)) {
      const isThought = said.lastIndexOf('<think>') > said.lastIndexOf('</think>') || text.includes('<think>'); // prettier-ignore
      process.stdout.write(isThought ? dim(text) : text);
      said += isEnd ? '' : text;
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.log(dim(error.message));
    return;
  }
  process.stdout.write(signal.aborted ? dim(' (stopped)\n') : '\n');
  chat.messages = [...messages, { role: 'assistant', content: said.trim() }];
  chat.seed++;
}

export const finished: Promise<void> = runCommand(main);
