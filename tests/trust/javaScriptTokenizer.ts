/** Hugging Face's tokenizers and chat templates in JavaScript, on the files of a checkpoint. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { UserError } from '../../lib/core/errors';

const names = ['@huggingface/tokenizers', '@huggingface/jinja'] as const;
const packages = [`${names[0]}@0.2.0`, `${names[1]}@0.5.11`];

interface Libraries {
  readonly Tokenizer: new (tokenizer: unknown, config: unknown) => { encode(text: string): { ids: number[] } }; // prettier-ignore
  readonly Template: new (text: string) => { render(values: object): string };
}

/** Installs both packages into the folder `place` and returns them. */
function install(place: string): Libraries {
  const options = '--no-audit --no-fund --no-save --loglevel=error'.split(' ');
  const args = ['install', ...options, '--prefix', place, ...packages];
  if (spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0)
    throw new UserError(`cannot install ${packages.join(' and ')}: check that npm reaches a registry`); // prettier-ignore
  const load = createRequire(path.join(place, 'here.js'));
  return { ...(load(names[0]) as object), ...(load(names[1]) as object) } as Libraries;
}

/** Returns the ids that a checkpoint's files give for some texts, and a conversation as its template writes it. */
export function inJavaScript(
  place: string,
  folder: string,
  texts: readonly string[],
): { ids: number[][]; conversation: string } {
  const { Tokenizer, Template } = install(place);
  const [file, config] = ['tokenizer.json', 'tokenizer_config.json'].map((name) =>
    JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')) as { chat_template: string },
  ); // prettier-ignore
  const tokenizer = new Tokenizer(file, config);
  const messages = [
    { role: 'user', content: 'make 3' },
    { role: 'assistant', content: 'yes' },
  ];
  const special = { bos_token: '<bos>', eos_token: '<eos>' };
  return {
    ids: texts.map((text) => tokenizer.encode(text).ids),
    conversation: new Template(config!.chat_template).render({ messages, ...special }),
  };
}
