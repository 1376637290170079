/** Hugging Face's tokenizers and chat templates in JavaScript, on the files of a checkpoint. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Template } from '@huggingface/jinja';
import { Tokenizer } from '@huggingface/tokenizers';

/** Returns the ids that a checkpoint's files give for some texts, and a conversation as its template writes it. */
export function inJavaScript(
  folder: string,
  texts: readonly string[],
): { ids: number[][]; conversation: string } {
  const [file, config] = ['tokenizer.json', 'tokenizer_config.json'].map((name) =>
    JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')) as { chat_template: string },
  ); // prettier-ignore
  const tokenizer = new Tokenizer(file!, config!);
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
