/** A language model of random weights that reads and writes bytes, for trying out what takes any language model. */
import { saveCheckpoint } from '../../model/checkpoint';
import { configJson, ownChoices, type ModelConfig } from '../../model/config';
import { initParameters } from '../../model/parameters';
import { disposeTree } from '../../engine/tree';

const special = ['<|im_start|>', '<|im_end|>'];

/** The letters by which byte-level tokenizers spell the 256 bytes: those that can be seen stand for themselves. */
const letters = ((): readonly string[] => {
  const isSeen = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(isSeen(b) ? b : next++));
})();

const vocabSize = letters.length + special.length;
const [start, end] = [letters.length, letters.length + 1];

/** About 80,000 weights. */
const config: ModelConfig = {
  vocabSize,
  modelDim: 48,
  numLayers: 2,
  numHeads: 4,
  numKvHeads: 2,
  headDim: 12,
  hiddenDim: 128,
  contextLength: 512,
  ...ownChoices,
};

const tokenizer = {
  version: '1.0',
  added_tokens: special.map((content, i) => ({
    ...{ id: letters.length + i, content, special: true, normalized: false },
    ...{ single_word: false, lstrip: false, rstrip: false },
  })),
  normalizer: null,
  pre_tokenizer: {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: false,
  },
  post_processor: null,
  decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(letters.map((letter, id) => [letter, id])),
    merges: [],
  },
};

const chatTemplate = `{% for message in messages %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;

/** Writes such a model as a Hugging Face folder. */
export function writeRandomModel(folder: string, seed: number): void {
  const json = (value: object): string => JSON.stringify(value, null, 2) + '\n';
  const ids = { bos_token_id: start, eos_token_id: end, pad_token_id: end };
  const parameters = initParameters(config, seed);
  saveCheckpoint(folder, { config, parameters }, {
    'config.json': json({ ...configJson(config), ...ids }),
    'generation_config.json': json(ids),
    'tokenizer.json': json(tokenizer),
    'tokenizer_config.json': json({
      tokenizer_class: 'PreTrainedTokenizerFast',
      eos_token: special[1],
      pad_token: special[1],
      chat_template: chatTemplate,
    }),
  }); // prettier-ignore
  disposeTree(parameters);
}
