/**
 * Compares the tokenizers of language models with `transformers`: the real one of SmolLM2 and trained ones of other kinds,
 * for `npm test -- tokenizers`. The result is written to data/trust/tokenizers.json.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { runCommand } from '../../lib/commands/arguments';
import { UserError } from '../../lib/core/errors';
import { root } from '../../lib/core/files';
import { whole } from '../../lib/core/format';
import { createRandom } from '../../lib/core/random';
import { textTable } from '../../lib/reports/table';
import { openTokenizer } from '../../lib/tokenizer/huggingFaceTokenizer';
import type { Message, TextTokenizer } from '../../lib/tokenizer/textTokenizer';
import { ask, type Answer } from './askTokenizers';
import { conversationsOf, textsOf } from './tokenizerTexts';
import { writeTrust } from './record';

const folder = path.join(root, 'data/local/models/smollm2');
const howMany = { texts: 2000, ids: 2000, conversations: 300 };

/** The text that comes token by token; null if a piece of it ends within a character that then becomes whole. */
function streamed(
  tokenizer: TextTokenizer,
  ids: readonly number[],
  isText: boolean,
): string | null {
  const stream = tokenizer.stream();
  const pieces = [...ids.map((id) => stream.push(id)), stream.end()];
  const isBroken = isText && pieces.some((piece) => piece.includes('\ufffd'));
  return isBroken ? null : pieces.join('');
}

/** What was compared with `transformers`. */
const questions = ['ids', 'text', 'text of any ids', 'streamed', 'conversation', 'no forged end'] as const; // prettier-ignore
type Question = (typeof questions)[number];

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The ids of a conversation, or why it is refused. */
function chatIdsOf(tokenizer: TextTokenizer, messages: readonly Message[]): number[] | string {
  try {
    return tokenizer.chatIds(messages);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** Whether a conversation is read as `transformers` reads it; it refuses those of null. */
function isSameChat(ours: number[] | string, theirs: { readonly safe: number[] } | null): boolean {
  if (typeof ours !== 'string') return same(ours, theirs?.safe);
  return theirs === null && /must alternate|no other spelling/.test(ours);
}

/** Returns which answers are equal, and prints the first that is not. */
function compare(kind: string, place: string, answer: Answer): Record<Question, boolean[]> {
  const tokenizer = openTokenizer(place);
  const anyIds = ids.map((list) => list.map((id) => id % answer.size));
  const chats = conversations.map((messages) => chatIdsOf(tokenizer, messages));
  const endTokens = (list: number[] | string): number => [...list].filter((id) => tokenizer.endTokens.includes(Number(id))).length; // prettier-ignore
  const harmless = (messages: readonly Message[]): Message[] => messages.map((message) => ({ ...message, content: 'a' })); // prettier-ignore
  const equal: Record<Question, boolean[]> = {
    ids: texts.map(({ text }, i) => same(tokenizer.encode(text), answer.ids[i])),
    text: answer.ids.map((list, i) => tokenizer.decode(list) === answer.texts[i]),
    'text of any ids': anyIds.map((list, i) => tokenizer.decode(list) === answer.textsOfIds[i]),
    streamed: [
      ...answer.ids.map((list, i) => streamed(tokenizer, list, !answer.texts[i]!.includes('\ufffd')) === answer.texts[i]), // prettier-ignore
      ...anyIds.map((list, i) => streamed(tokenizer, list, false) === answer.textsOfIds[i]),
    ],
    conversation: chats.map((list, i) => isSameChat(list, answer.chats[i]!)),
    // A conversation has as many end tokens as one that says nothing.
    'no forged end': chats.map((list, i) => typeof list === 'string' || endTokens(list) === endTokens(chatIdsOf(tokenizer, harmless(conversations[i]!)))), // prettier-ignore
  };
  const at = equal.ids.indexOf(false);
  if (at >= 0) console.log(`${kind}, ids of ${JSON.stringify(texts[at])}\n  ours:   ${tokenizer.encode(texts[at]!.text)}\n  theirs: ${answer.ids[at]}`); // prettier-ignore
  for (const question of questions) {
    const wrong = equal[question].flatMap((isEqual, i) => (isEqual ? [] : [i]));
    if (wrong.length > 0) console.log(`${kind}, ${question}: ${wrong.length} differ, ${wrong.slice(0, 8)}`); // prettier-ignore
  }
  return equal;
}

const texts = textsOf(howMany.texts, 'texts');
const conversations = conversationsOf(howMany.conversations, 'conversations');
const ids = Array.from({ length: howMany.ids }, (_, i) => {
  const random = createRandom('ids', i);
  // Where tokens are bytes, the first few hundred ids hold them.
  return Array.from({ length: 1 + random.int(30) }, () => random.int(i % 2 === 0 ? 300 : 1 << 20));
});

async function main(): Promise<number> {
  if (!fs.existsSync(path.join(folder, 'tokenizer.json')))
    throw new UserError(`${folder} has no tokenizer: make it by npm run model -- smollm2`);
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-tokenizers-'));
  // Without special tokens, which would become tokens of text as well.
  const corpus = textsOf(4000, 'corpus').filter(({ kind }) => kind !== 'special').map(({ text }) => text); // prettier-ignore
  const asked = { texts: texts.map(({ text }) => text), ids, conversations };
  const { versions, folders, answers } = ask({ folder, kinds: null, size: 2000, place, corpus, ...asked }); // prettier-ignore
  const counts = Object.entries(folders).map(([kind, at]) => {
    const equal = compare(kind, at, answers[kind]!);
    return [kind, ...questions.map((question) => `${whole(equal[question].filter(Boolean).length)} of ${whole(equal[question].length)}`)]; // prettier-ignore
  });
  fs.rmSync(place, { recursive: true });
  console.log(textTable(['equal to transformers', ...questions], counts, 1));
  const column = (question: Question): string[] => counts.map((row) => row[1 + questions.indexOf(question)]!); // prettier-ignore
  const sum = (cells: readonly string[], part: 0 | 1): string =>
    whole(cells.reduce((total, cell) => total + Number(cell.split(' of ')[part]!.replace(/\D/g, '')), 0)); // prettier-ignore
  const total = (question: Question): string => `${sum(column(question), 0)} of ${sum(column(question), 1)}`; // prettier-ignore
  const number = `SmolLM2 ${counts[0]![1]}; ${counts.length} tokenizers: ids ${total('ids')}, texts ${total('text of any ids')}, conversations ${total('conversation')}`; // prettier-ignore
  writeTrust('tokenizers', {
    what: "texts that language models' tokenizers read as transformers does",
    number,
    command: 'npm test -- tokenizers',
    versions,
    equal: Object.fromEntries(counts.map(([kind, ...cells]) => [kind, Object.fromEntries(cells.map((cell, i) => [questions[i], cell]))])), // prettier-ignore
  });
  console.log(`\n${number}`);
  return questions.every((question) => sum(column(question), 0) === sum(column(question), 1)) ? 0 : 1; // prettier-ignore
}

export const finished: Promise<void> = runCommand(main);
