import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../lib/core/errors';
import { root } from '../lib/core/files';
import { decode, encode, splitTokens } from '../lib/tokenizer/tokenizer';
import { tokenizerConfigJson, tokenizerJson, whiteSpace } from '../lib/tokenizer/tokenizerFiles';
import {
  idOfToken,
  languageOf,
  operatorIds,
  specialTokens,
  tagTokens,
  tokenIds,
  unitIds,
  valueId,
  valueOf,
  taskVocabularySize,
  vocabulary,
  wordIds,
  words,
} from '../lib/tokenizer/vocabulary';
import { staleFiles } from './trust/staleFiles';

test('the vocabulary has 112 different tokens, and their ids are fixed', () => {
  assert.equal(vocabulary.length, 112);
  assert.equal(taskVocabularySize, 104);
  assert.equal(new Set(vocabulary).size, 112);
  const places: [string, number][] = [
    ['<pad>', 0],
    ['<bos>', 1],
    ['<eos>', 2],
    ['<think>', 3],
    ['</think>', 4],
    ['<answer>', 5],
    ['</answer>', 6],
    ['_', 7],
    ['=', 8],
    [':', 9],
    ['->', 10],
    [';', 11],
    ['0', 12],
    ['60', 72],
    ['+', 73],
    ['/', 76],
    ['m', 77],
    ['s', 80],
    ['make', 81],
    ['so', 91],
    ['凑', 92],
    ['故', 102],
    ['<reserved>', 103],
  ];
  for (const [token, id] of places) assert.equal(idOfToken.get(token), id, token);
});

test('the named ids are those of the list', () => {
  const { zero, ...marks } = tokenIds;
  assert.equal(vocabulary[zero], '0');
  assert.deepEqual(
    Object.values(marks).map((id) => vocabulary[id]),
    [...specialTokens, ...tagTokens, '_', '=', ':', '->', ';'],
  );
  assert.equal(vocabulary[valueId(26)], '26');
  for (const [operator, id] of Object.entries(operatorIds)) assert.equal(vocabulary[id], operator);
  for (const [unit, id] of Object.entries(unitIds)) assert.equal(vocabulary[id], unit);
  for (const language of ['en', 'zh'] as const) {
    for (const [word, id] of Object.entries(wordIds[language])) {
      assert.equal(vocabulary[id], words[language][word as keyof typeof words.en]);
    }
  }
  assert.equal(words.en.wait, 'wait');
  assert.equal(words.zh.wait, '等');
});

test('only the exact spelling of 0..60 is a value', () => {
  assert.equal(valueOf('0'), 0);
  assert.equal(valueOf('60'), 60);
  for (const text of ['61', '007', '1e1', '-0', '+5', '５', '', ' 5', '__proto__', '<pad>']) {
    assert.equal(valueOf(text), null, text);
  }
  assert.equal(valueOf(undefined), null);
});

test('words belong to a language, other tokens to none', () => {
  assert.equal(languageOf('make'), 'en');
  assert.equal(languageOf('so'), 'en');
  assert.equal(languageOf('凑'), 'zh');
  assert.equal(languageOf('故'), 'zh');
  for (const text of ['s', '7', '<think>', '<reserved>', 'Wait', 'constructor']) {
    assert.equal(languageOf(text), null, text);
  }
});

test('text becomes ids and text again', () => {
  assert.deepEqual(encode('<bos> make 26 :\n 3\t5 7 _'), [1, 81, 38, 9, 15, 17, 19, 7]);
  assert.deepEqual(encode(['等', '60']), [100, 72]);
  assert.deepEqual(encode('  '), []);
  assert.equal(decode([1, 81, 38, 9, 15, 17, 19, 7]), '<bos> make 26 : 3 5 7 _');
  assert.equal(decode(new Int32Array([2, 0])), '<eos> <pad>');
  const all = vocabulary.map((_, id) => id);
  assert.deepEqual(encode(decode(all)), all);
});

test('an unknown word is an error for people, an unknown id is shown', () => {
  assert.throws(() => encode('make 61'), UserError);
  assert.throws(() => encode('make 61'), /unknown token "61"/);
  assert.throws(() => encode('__proto__'), UserError);
  assert.equal(decode([112, -1, 1.5, NaN]), '<unk:112> <unk:-1> <unk:1.5> <unk:NaN>');
});

test('the Hugging Face files describe the same tokens', () => {
  const file = JSON.parse(tokenizerJson());
  assert.equal(file.model.type, 'WordLevel');
  assert.deepEqual(Object.keys(file.model.vocab).length, 112);
  for (const [token, id] of idOfToken) assert.equal(file.model.vocab[token], id);
  assert.equal(file.model.vocab[file.model.unk_token], 103);
  assert.deepEqual(
    file.added_tokens.map((t: { id: number }) => t.id),
    [0, 1, 2, 3, 4, 5, 6, 103],
  );
  const special = file.added_tokens.filter((t: { special: boolean }) => t.special);
  assert.deepEqual(special.map((t: { content: string }) => t.content), ['<pad>', '<bos>', '<eos>', '<reserved>']); // prettier-ignore
  assert.equal(Object.keys(JSON.parse(tokenizerJson(104)).model.vocab).length, 104);
  const { single, special_tokens: named } = file.post_processor;
  assert.deepEqual(single.map((part: object) => Object.keys(part)[0]), ['SpecialToken', 'Sequence']); // prettier-ignore
  assert.equal(single[0].SpecialToken.id, '<bos>');
  assert.deepEqual(named, { '<bos>': { id: '<bos>', ids: [1], tokens: ['<bos>'] } });
});

test('the config of the tokenizer names every special token, pads to the left and has a chat template', () => {
  const { chat_template, ...config } = JSON.parse(tokenizerConfigJson(176));
  assert.deepEqual(config, {
    tokenizer_class: 'PreTrainedTokenizerFast',
    pad_token: '<pad>',
    bos_token: '<bos>',
    eos_token: '<eos>',
    unk_token: '<reserved>',
    padding_side: 'left',
    model_input_names: ['input_ids', 'attention_mask'],
    model_max_length: 176,
    clean_up_tokenization_spaces: false,
  });
  assert.match(chat_template, /^\{%-.*bos_token.*messages.*eos_token/s);
});

test('both sides count the same characters as white space', () => {
  const { pre_tokenizer: split } = JSON.parse(tokenizerJson());
  assert.deepEqual(split, { type: 'Split', pattern: { Regex: whiteSpace }, behavior: 'Removed', invert: false }); // prettier-ignore
  const pattern = new RegExp(`^(?:${split.pattern.Regex})$`, 'u');
  const counted = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(
    (character) => {
      const ours = splitTokens(`a${character}a`).length === 2;
      assert.equal(pattern.test(character), ours, character.charCodeAt(0).toString(16));
      return ours;
    },
  );
  assert.equal(counted.length, 25);
  assert.deepEqual(['\ufeff', '\u00a0', '\r', '\u0085', '\u200b'].map((c) => counted.includes(c)), [true, true, true, false, false]); // prettier-ignore
});

test('every recorded checkpoint has the files that a new one gets', () => {
  const folder = path.join(root, 'data/checkpoints');
  const folders = fs.readdirSync(folder).filter((name) => fs.existsSync(path.join(folder, name, 'config.json'))); // prettier-ignore
  assert.ok(folders.length >= 84);
  for (const name of folders) {
    const wrong = staleFiles(path.join(folder, name)).map(([file]) => file);
    assert.deepEqual(wrong, [], `${name}: run node --require tsx/cjs tests/trust/refreshFiles.ts`);
  }
});
