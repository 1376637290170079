/** Where checkpoints and runs lie, and how a stage finds the ones before it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { plainName, root } from '../core/files';
import { loadCheckpoint, saveCheckpoint } from '../model/checkpoint';
import { generationConfigJson, type ModelConfig } from '../model/config';
import type { Model } from '../model/parameters';
import { defaultCap } from '../sampling/cap';
import { createParallelSampler } from '../sampling/parallelSampler';
import { createLanguageSampler, languageSampling } from '../sampling/languageSampler';
import type { Sampler, SamplerSettings } from '../sampling/sampler';
import type { TextTokenizer } from '../tokenizer/textTokenizer';
import { decode } from '../tokenizer/tokenizer';
import { tokenizerConfigJson, tokenizerJson } from '../tokenizer/tokenizerFiles';
import { taskVocabularySize, tokenIds, vocabulary } from '../tokenizer/vocabulary';

/** A folder with `checkpoints/` and `runs/` in it. */
export type Place = string;

/** What the project ships. */
export const recorded: Place = path.join(root, 'data');

/** What the reader makes; not under version control. R1_LOCAL names another folder for it. */
export const local: Place = process.env.R1_LOCAL || path.join(root, 'data', 'local');

/** The folder of a checkpoint. A name that would lead out of the place is a UserError. */
export const checkpointFolder = (place: Place, name: string): string =>
  path.join(place, 'checkpoints', plainName(name));

/** The folder of a run. A name that would lead out of the place is a UserError. */
export const runFolder = (place: Place, name: string): string =>
  path.join(place, 'runs', plainName(name));

/** The name of a stage's checkpoint and run: `small-base-s0`. */
export const stageName = (size: string, stage: string, seed: number): string =>
  `${size}-${stage}-s${seed}`;

/** A checkpoint and which one it is. */
export interface FoundModel {
  readonly model: Model;
  readonly folder: string;
  /** made by the reader, or shipped with the project */
  readonly origin: 'yours' | 'recorded';
}

/**
 * Returns the reader's own checkpoint of that name where there is one, else the recorded one. Of a place of its own,
 * such as that of the reader's own task, nothing is recorded. Throws a UserError where there is none.
 */
export function findCheckpoint(name: string, place: Place = local): FoundModel {
  const hint = 'run npm run recipe -- --preset quick';
  const own = checkpointFolder(place, name);
  if (place !== local || fs.existsSync(path.join(own, 'model.safetensors')))
    return { model: loadCheckpoint(own, hint), folder: own, origin: 'yours' };
  const folder = checkpointFolder(recorded, name);
  return { model: loadCheckpoint(folder, hint), folder, origin: 'recorded' };
}

/** Saves a model with the files beside it that `transformers` needs to give the same answers. */
export function saveModel(place: Place, name: string, model: Model): string {
  const folder = checkpointFolder(place, name);
  saveCheckpoint(folder, model, filesBeside(model));
  return folder;
}

/**
 * Returns the files that lie beside a model's config and weights, as texts by name: its tokenizer and, for a model that
 * answers, how `transformers` has to generate. A model with a score head answers nothing.
 */
export function filesBeside({ config, parameters }: Model): Record<string, string> {
  const { vocabSize, contextLength } = config;
  const generation = generationConfigJson(Math.min(defaultCap, contextLength));
  return {
    'tokenizer.json': tokenizerJson(vocabSize),
    'tokenizer_config.json': tokenizerConfigJson(contextLength),
    ...(!parameters.scoreHead && {
      'generation_config.json': JSON.stringify(generation, null, 2) + '\n',
    }),
  };
}

/** Makes a sampler whose completions are decoded by others. */
export type SamplerElsewhere = (config: ModelConfig, settings: SamplerSettings) => Sampler;

let elsewhere: SamplerElsewhere | undefined;

/** Lets others decode for all samplers that are made from now on. */
export function decodeElsewhere(make: SamplerElsewhere): void {
  elsewhere = make;
}

/**
 * A sampler that speaks the project's vocabulary, many rows in parallel processes, or with a tokenizer that of a language
 * model, in this process. A model with another vocabulary is refused.
 */
export function samplerFor(config: ModelConfig, tokenizer?: TextTokenizer): Sampler {
  if (tokenizer)
    return (
      elsewhere?.(config, languageSampling(tokenizer)) ?? createLanguageSampler(config, tokenizer)
    );
  const known = [taskVocabularySize, vocabulary.length];
  if (!known.includes(config.vocabSize))
    throw new UserError(
      `a model of ${config.vocabSize} tokens, the tasks have ${known.join(' or ')}: use a checkpoint of this project`,
    );
  const settings = { endTokens: [tokenIds.eos], decode };
  return elsewhere?.(config, settings) ?? createParallelSampler(config, settings);
}

/** `path` as a person reads it: from the root of the repository where it lies inside. */
export function shortPath(folder: string): string {
  const relative = path.relative(root, folder);
  return relative.startsWith('..') ? folder : relative;
}
