/** Which files of a Hugging Face folder are a model, and whether they are one that is understood here. */
import { UserError } from '../../core/errors';
import { disposeTree } from '../../engine/tree';
import { loadModel } from '../../model/checkpoint';
import { openTokenizer } from '../../tokenizer/huggingFaceTokenizer';

/** The files beside the weights. */
const texts = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
  'model.safetensors.index.json',
];

/** Whether a file belongs to a model: its weights in the format of safetensors, and the texts beside them. */
export const isModelFile = (name: string): boolean =>
  texts.includes(name) || /^model(-\d+-of-\d+)?\.safetensors$/.test(name);

/** Of an organization's model, the part of its files that a person cannot do without. */
const needed = ['config.json', 'tokenizer.json'];

/** Throws a UserError for a list of files that is no model. */
export function refuseNoModel(where: string, names: readonly string[]): void {
  const missing = needed.filter((name) => !names.includes(name));
  if (!names.some((name) => name.endsWith('.safetensors'))) missing.push('model.safetensors');
  if (missing.length > 0)
    throw new UserError(`${where} has no ${missing.join(', no ')}: name a model that has them`);
}

/** Reads the model of a folder to the end. One that is damaged or not understood is a UserError that says so. */
export function tryModel(folder: string): { readonly weights: number } {
  const tokenizer = openTokenizer(folder);
  const { config, parameters } = loadModel(folder);
  const weights = parameters.embedding.size;
  disposeTree(parameters);
  const largest = Math.max(...tokenizer.endTokens);
  if (largest >= config.vocabSize)
    throw new UserError(
      `${folder}: the tokenizer ends answers with token ${largest}, the model knows ${config.vocabSize}: copy both again`,
    );
  return { weights };
}
