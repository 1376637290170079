import * as path from 'node:path';
import { UserError } from '../core/errors';
import { exportFolder, exportGguf, ggufTypes, type GgufType } from '../stages/language/exportModel';
import { checkpointNamed } from '../stages/language/openCheckpoint';
import { shortPath } from '../stages/places';
import { readArguments, runCommand } from './arguments';

const help = `
npm run export -- CHECKPOINT [--folder FOLDER] [--gguf FILE] [--type TYPE]
Writes a checkpoint for other programs. CHECKPOINT is a folder, or the name of a language model; adapters are added into
the weights of their model.

  --folder FOLDER   a folder that transformers opens
  --gguf FILE       a file for llama.cpp, Ollama and their like
  --type TYPE       how the GGUF file keeps its matrices: ${ggufTypes.join(', ')} (f32)
`;

async function main(): Promise<void> {
  const { values, positionals } = readArguments(
    help,
    { folder: { type: 'string' }, gguf: { type: 'string' }, type: { type: 'string' } },
    true,
  );
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0)
    throw new UserError('name one checkpoint, for example smollm2: see --help');
  const { folder, gguf, type = 'f32' } = values;
  if (folder === undefined && gguf === undefined)
    throw new UserError('say what to write: --folder FOLDER, or --gguf FILE');
  if (values.type !== undefined && gguf === undefined)
    throw new UserError('--type is for a GGUF file: use it with --gguf FILE');
  if (!ggufTypes.includes(type as GgufType))
    throw new UserError(`unknown type ${type}: use ${ggufTypes.join(', ')}`);
  const checkpoint = checkpointNamed(name);
  if (folder !== undefined) {
    exportFolder(checkpoint, path.resolve(folder));
    console.log(shortPath(path.resolve(folder)));
  }
  if (gguf !== undefined) {
    await exportGguf(checkpoint, path.resolve(gguf), type as GgufType);
    console.log(shortPath(path.resolve(gguf)));
  }
}

export const finished: Promise<void> = runCommand(main);
