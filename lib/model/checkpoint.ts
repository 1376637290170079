import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { onDisk, readTextFile, writeFileAtomic } from '../core/files';
import { parsedJson } from '../core/jsonLines';
import { configJson } from './config';
import { fromHuggingFace, toHuggingFace } from './huggingFace';
import type { Model } from './parameters';
import { configFromJson } from './readConfig';
import { decodeSafetensors, encodeSafetensors } from './safetensors';

/**
 * Writes a model as a folder that `transformers` opens: `config.json`, `model.safetensors`, and further files such as
 * the tokenizer's, given as texts by name. The weights come last, so a folder without them is an unfinished one.
 */
export function saveCheckpoint(
  folder: string,
  { config, parameters }: Model,
  files: Readonly<Record<string, string>> = {},
): void {
  const json =
    JSON.stringify(configJson(config, parameters.scoreHead !== undefined), null, 2) + '\n';
  for (const [name, text] of Object.entries({ 'config.json': json, ...files }))
    writeFileAtomic(path.join(folder, name), text);
  writeFileAtomic(
    path.join(folder, 'model.safetensors'),
    encodeSafetensors(toHuggingFace(config, parameters)),
  );
}

/**
 * Reads a folder that `saveCheckpoint` or `transformers` wrote. A model of another architecture and a damaged file are
 * UserErrors. `hint` ends the error for a folder that is not there.
 */
export function loadCheckpoint(folder: string, hint = 'train it first'): Model {
  const [configFile, where] = ['config.json', 'model.safetensors'].map((name) => {
    const file = path.join(folder, name);
    if (fs.existsSync(`${file}.index.json`))
      throw new UserError(`${folder} holds its weights in several files: save them as one ${name}`);
    if (!fs.existsSync(file)) throw new UserError(`no checkpoint at ${folder}: ${hint}`);
    return file;
  }) as [string, string];
  const json = parsedJson(readTextFile(configFile));
  if (json === undefined)
    throw new UserError(`${configFile} is damaged (not JSON): make or copy it again`);
  const config = configFromJson(json, configFile);
  const bytes = onDisk('read', where, () => fs.readFileSync(where));
  const { tensors } = decodeSafetensors(bytes, where);
  return { config, parameters: fromHuggingFace(config, tensors, where) };
}
