/** Python's side of the comparison of tokenizers. */
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { torchPython } from '../../lib/bench/torch';
import { UserError } from '../../lib/core/errors';
import { root } from '../../lib/core/files';
import type { Message } from '../../lib/tokenizer/textTokenizer';

/** Tokenizers to train, and what to do with them. */
export interface Work {
  /** the folder of a real tokenizer */
  readonly folder: string | null;
  /** which to train; null means all */
  readonly kinds: readonly string[] | null;
  /** tokens of a trained tokenizer */
  readonly size: number;
  /** the folder for the trained ones */
  readonly place: string;
  readonly corpus: readonly string[];
  readonly texts: readonly string[];
  /** any whole numbers; they are taken modulo the number of tokens */
  readonly ids: readonly (readonly number[])[];
  readonly conversations: readonly (readonly Message[])[];
}

/** What `transformers` reads and writes with one tokenizer. */
export interface Answer {
  readonly ids: number[][];
  readonly texts: string[];
  readonly textsOfIds: string[];
  readonly size: number;
  readonly chats: ({ readonly safe: number[]; readonly plain: number[] } | null)[];
}

/** What came of a piece of work. */
export interface Reply {
  readonly versions: Readonly<Record<string, string>>;
  readonly folders: Readonly<Record<string, string>>;
  readonly answers: Readonly<Record<string, Answer>>;
}

/** Has the work done in Python. The first call makes an environment for it, or throws a UserError. */
export function ask(work: Work): Reply {
  const python = torchPython(path.join(root, '.venv-torch'), 'python3');
  const { status, stdout } = spawnSync(python, [path.join(__dirname, 'ask_tokenizers.py')], {
    input: JSON.stringify(work) + '\n',
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: 2 ** 30,
    env: { ...process.env, HF_HUB_OFFLINE: '1', PYTHONWARNINGS: 'ignore' },
  });
  if (status !== 0) throw new UserError(`ask_tokenizers.py ended with ${status}: see above`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Reply;
}
