/**
 * Records small tokenizers, and what the `tokenizers` and `transformers` of Python make of texts with them, for
 * tests/textTokenizer.test.ts: node --require tsx/cjs tests/trust/recordTokenizers.ts,
 * then npx prettier --write tests/support/smallTokenizers.json
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { runCommand } from '../../lib/commands/arguments';
import { root, writeFileAtomic } from '../../lib/core/files';
import { createRandom } from '../../lib/core/random';
import { ask } from './askTokenizers';
import { conversationsOf, textsOf } from './tokenizerTexts';

async function main(): Promise<number> {
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-tokenizers-'));
  const ofKind = (kind: string): boolean => kind !== 'special' && kind !== 'long';
  const corpus = textsOf(2000, 'corpus').filter(({ kind }) => ofKind(kind)).map(({ text }) => text); // prettier-ignore
  const short = (text: string): string => text.slice(0, 60).replace(/\p{Cs}/gu, '');
  const texts = textsOf(70, 'recorded').map(({ text }) => short(text));
  const ids = Array.from({ length: 40 }, (_, i) => {
    const random = createRandom('recorded ids', i);
    return Array.from({ length: 1 + random.int(12) }, () => random.int(1 << 20));
  });
  const conversations = conversationsOf(12, 'recorded').map((messages) =>
    messages.map(({ role, content }) => ({ role, content: short(content) })),
  );
  const kinds = ['qwen2', 'digits', 'llama2', 'metaspace'];
  const reply = ask({ folder: null, kinds, size: 400, place, corpus, texts, ids, conversations });
  const files = Object.fromEntries(
    kinds.map((kind) => {
      const folder = reply.folders[kind]!;
      const read = (name: string): [string, string] => [name, fs.readFileSync(path.join(folder, name), 'utf8')]; // prettier-ignore
      return [kind, Object.fromEntries(fs.readdirSync(folder).map(read))];
    }),
  );
  fs.rmSync(place, { recursive: true });
  const { versions, answers } = reply;
  const record = { versions, texts, ids, conversations, files, answers };
  writeFileAtomic(path.join(root, 'tests/support/smallTokenizers.json'), JSON.stringify(record));
  return 0;
}

export const finished: Promise<void> = runCommand(main);
