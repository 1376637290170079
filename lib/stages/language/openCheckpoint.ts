/** Opens any checkpoint: one of this workbook's vocabulary, a language model, or adapters beside one. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../core/errors';
import { hasAdapters, readAdapterSettings } from '../../model/adapterFiles';
import { loadCheckpoint, loadModel, readConfig } from '../../model/checkpoint';
import type { Model } from '../../model/parameters';
import { openTokenizer } from '../../tokenizer/huggingFaceTokenizer';
import { taskVocabularySize, vocabulary } from '../../tokenizer/vocabulary';
import { checkpointFolder, local, recorded } from '../places';
import { languageModelFolder, loadAdapted } from './models';

/** The folder of a checkpoint, given by its folder, or by its name where that is a language model or in `checkpoints/`. */
export function checkpointNamed(name: string): string {
  const isName = !/[/\\]/.test(name) && name !== '.' && name !== '..';
  const named = isName
    ? [languageModelFolder(name), checkpointFolder(local, name), checkpointFolder(recorded, name)]
    : [];
  const found = [name, ...named].find((folder) => fs.existsSync(folder));
  if (found !== undefined) return found;
  throw new UserError(`no checkpoint ${name}: name a folder, or a language model such as smollm2`);
}

/** Where the place of a checkpoint is: two folders above it. */
const placeOf = (folder: string): string => path.resolve(folder, '../..');

/** Whether a model speaks this workbook's vocabulary. */
const isOwn = (folder: string): boolean =>
  [taskVocabularySize, vocabulary.length].includes(readConfig(folder).vocabSize);

/** Whether a checkpoint is a language model, or adapters beside one. */
export const isLanguageModel = (folder: string): boolean => hasAdapters(folder) || !isOwn(folder);

/** Reads a checkpoint; a language model has its tokenizer with it. What is damaged or missing is a UserError. */
export function openCheckpoint(folder: string): Model {
  if (hasAdapters(folder)) return loadAdapted(path.basename(folder), placeOf(folder));
  if (isOwn(folder)) return loadCheckpoint(folder);
  return { ...loadModel(folder), tokenizer: openTokenizer(folder) };
}

/** The folder with the config and the tokenizer of a checkpoint: its own, or that of the model beside which adapters stand. */
export function folderOfTexts(folder: string): string {
  if (!hasAdapters(folder)) return folder;
  const { base } = readAdapterSettings(folder);
  const before = checkpointFolder(placeOf(folder), base);
  return hasAdapters(before) ? folderOfTexts(before) : languageModelFolder(base);
}
