/** The tokenizer as files that `transformers` and its relatives read. */
import { idOfToken, specialTokens, tagTokens, vocabulary } from './vocabulary';

/** The token that stands for every unknown word. No text of the tasks holds it. */
const unknownToken = '<reserved>';

/**
 * The characters between two tokens, as `splitTokens` counts them: `\s` of JavaScript. They are spelled out, because
 * `\s` means other characters in other languages: U+0085 belongs to it in Rust, and U+FEFF does not.
 */
export const whiteSpace =
  '[\t\n\u000b\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+';

/**
 * A conversation is one question and, where it is known, its answer: `<bos> make 26 : 3 5 7 _ <think> … <eos>`. The
 * models have seen no other form, so every other conversation is an error.
 */
const chatTemplate = `
{%- if messages | map(attribute='role') | join(' ') not in ['user', 'user assistant'] %}
  {{- raise_exception('this model knows one question of a user and one answer: leave out every other message') }}
{%- endif %}
{{- bos_token }}
{%- for message in messages %}
  {{- ' ' + message['content'] | trim }}
  {%- if message['role'] == 'assistant' and eos_token not in message['content'] %}
    {{- ' ' + eos_token }}
  {%- endif %}
{%- endfor %}`.trim();

/** Returns the part of a template of the post-processor that stands for one token or one text. */
const token = (id: string, type: number): object => ({ SpecialToken: { id, type_id: type } });
const text = (id: string, type: number): object => ({ Sequence: { id, type_id: type } });

/**
 * Returns `tokenizer.json` for a model that knows the first `size` tokens. It puts `<bos>` in front of every text. As in
 * DeepSeek-R1's own file, the tags are no special tokens: they stay in a text that is decoded without special tokens.
 */
export function tokenizerJson(size = vocabulary.length): string {
  const bos = '<bos>';
  const special = [...specialTokens, unknownToken];
  const file = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [...specialTokens, ...tagTokens, unknownToken].map((content) => ({
      id: idOfToken.get(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: special.includes(content),
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Split',
      pattern: { Regex: whiteSpace },
      behavior: 'Removed',
      invert: false,
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [token(bos, 0), text('A', 0)],
      pair: [token(bos, 0), text('A', 0), text('B', 1)],
      special_tokens: { [bos]: { id: bos, ids: [idOfToken.get(bos)], tokens: [bos] } },
    },
    decoder: null,
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries([...idOfToken].slice(0, size)),
      unk_token: unknownToken,
    },
  };
  return JSON.stringify(file, null, 2) + '\n';
}

/**
 * Returns `tokenizer_config.json`. Padding goes to the left, because `generate` goes on from the last place of each row.
 */
export function tokenizerConfigJson(contextLength: number): string {
  const file = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    pad_token: '<pad>',
    bos_token: '<bos>',
    eos_token: '<eos>',
    unk_token: unknownToken,
    padding_side: 'left',
    model_input_names: ['input_ids', 'attention_mask'],
    model_max_length: contextLength,
    clean_up_tokenization_spaces: false,
    chat_template: chatTemplate,
  };
  return JSON.stringify(file, null, 2) + '\n';
}
