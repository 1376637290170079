import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { writeFileAtomic } from '../core/files';
import { configFromJson, configJson, type ModelConfig } from './config';
import { fromHuggingFace, toHuggingFace } from './huggingFace';
import type { Model } from './parameters';
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

/** Reads a folder that `saveCheckpoint` wrote. `hint` ends the error for a folder that is not there. */
export function loadCheckpoint(folder: string, hint = 'train it first'): Model {
  const read = (name: string): Buffer => {
    const file = path.join(folder, name);
    if (!fs.existsSync(file)) throw new UserError(`no checkpoint at ${folder}: ${hint}`);
    return fs.readFileSync(file);
  };
  const config = readConfig(read('config.json').toString(), path.join(folder, 'config.json'));
  const where = path.join(folder, 'model.safetensors');
  const { tensors } = decodeSafetensors(read('model.safetensors'), where);
  return { config, parameters: fromHuggingFace(config, tensors, where) };
}

function readConfig(text: string, where: string): ModelConfig {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new UserError(`${where} is damaged (not JSON): make or copy it again`);
  }
  return configFromJson(json, where);
}
