import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { readTextFile, writeFileAtomic } from '../core/files';
import { parsedJson } from '../core/jsonLines';
import { configJson, type ModelConfig } from './config';
import { fromHuggingFace, toHuggingFace } from './huggingFace';
import type { Model, Parameters } from './parameters';
import { configFromJson, refuseOtherTokens } from './readConfig';
import { encodeSafetensors } from './safetensors';
import { hasWeights, openTensors } from './tensorFiles';

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
 * Reads a folder that `saveCheckpoint` wrote: a model of this workbook's vocabulary. Other special tokens are UserErrors,
 * and all that is one for `loadModel`. `hint` ends the error for a folder that is not there.
 */
export function loadCheckpoint(folder: string, hint = 'train it first'): Model {
  const { config, json, where } = readConfigFile(folder, hint);
  refuseOtherTokens(json, where);
  return { config, parameters: readParameters(folder, config) };
}

/** Reads a folder that `transformers` wrote. A model of another architecture and a damaged file are UserErrors. */
export function loadModel(folder: string): Model {
  const { config } = readConfigFile(folder, 'name a folder with config.json and model.safetensors');
  return { config, parameters: readParameters(folder, config) };
}

/** Reads the shape of a model from its folder. */
export const readConfig = (folder: string): ModelConfig =>
  readConfigFile(folder, 'name a folder with config.json and model.safetensors').config;

function readConfigFile(
  folder: string,
  hint: string,
): { config: ModelConfig; json: object; where: string } {
  const where = path.join(folder, 'config.json');
  if (!fs.existsSync(where) || !hasWeights(folder))
    throw new UserError(`no checkpoint at ${folder}: ${hint}`);
  const json = parsedJson(readTextFile(where));
  if (json === undefined)
    throw new UserError(`${where} is damaged (not JSON): make or copy it again`);
  return { config: configFromJson(json, where), json: json as object, where };
}

function readParameters(folder: string, config: ModelConfig): Parameters {
  const tensors = openTensors(folder);
  try {
    return fromHuggingFace(config, tensors, tensors.where);
  } finally {
    tensors.close();
  }
}
