/** Language models that the reader has brought in, each a Hugging Face folder in `data/local/models`. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../core/errors';
import { plainName } from '../../core/files';
import { disposeTree } from '../../engine/tree';
import { hasAdapters, loadAdapters, readAdapterSettings } from '../../model/adapterFiles';
import { loadModel } from '../../model/checkpoint';
import { mergeLora } from '../../model/lora';
import type { Model } from '../../model/parameters';
import { someLayers } from '../../model/someLayers';
import { openTokenizer } from '../../tokenizer/huggingFaceTokenizer';
import { checkpointFolder, local, type Place } from '../places';

/** The folder of a language model in a place. */
export const languageModelFolder = (name: string, place: Place = local): string =>
  path.join(place, 'models', plainName(name));

/** Returns the folder of a language model. Throws a UserError that says how to get it where it is not there. */
export function findLanguageModel(name: string, place: Place = local): string {
  const folder = languageModelFolder(name, place);
  if (!fs.existsSync(folder))
    throw new UserError(`no language model ${name}: get it with npm run model -- ${name}`);
  return folder;
}

/** Reads a language model with its tokenizer. Throws a UserError where it is not there. */
export function loadLanguageModel(name: string, place: Place = local): Model {
  const folder = findLanguageModel(name, place);
  return { ...loadModel(folder), tokenizer: openTokenizer(folder) };
}

/**
 * Reads the model that a stage has left: a language model, and the adapters of one stage after another added into it.
 * `modelsAt` is the place of the language models. Throws a UserError where it is not there.
 */
export function loadAdapted(name: string, place: Place, modelsAt: Place = local): Model {
  const folder = checkpointFolder(place, name);
  if (!hasAdapters(folder)) return loadLanguageModel(name, modelsAt);
  const { base, lora: about } = readAdapterSettings(folder);
  const whole = loadAdapted(base, place, modelsAt);
  const start = about.layers ? someLayers(whole, about.layers) : whole;
  const { adapters, lora } = loadAdapters(folder, start.config);
  const parameters = mergeLora(start.config, start.parameters, adapters, lora);
  const kept = new Set<unknown>([...Object.values(parameters), ...parameters.layers.flatMap((l) => Object.values(l))]); // prettier-ignore
  whole.parameters.layers
    .flatMap((layer) => Object.values(layer))
    .filter((tensor) => !kept.has(tensor))
    .forEach((tensor) => tensor.dispose());
  disposeTree(adapters);
  return { ...start, parameters };
}
