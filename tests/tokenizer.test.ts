import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../lib/core/errors';
import { decode, encode, tokenizerConfigJson, tokenizerJson } from '../lib/tokenizer/tokenizer';
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
  assert.equal(file.pre_tokenizer.type, 'WhitespaceSplit');
  assert.deepEqual(Object.keys(file.model.vocab).length, 112);
  for (const [token, id] of idOfToken) assert.equal(file.model.vocab[token], id);
  assert.equal(file.model.vocab[file.model.unk_token], 103);
  assert.deepEqual(
    file.added_tokens.map((t: { id: number }) => t.id),
    [0, 1, 2, 3, 4, 5, 6],
  );
  const special = file.added_tokens.filter((t: { special: boolean }) => t.special);
  assert.deepEqual(special.map((t: { content: string }) => t.content), ['<pad>', '<bos>', '<eos>']); // prettier-ignore
  const config = JSON.parse(tokenizerConfigJson());
  assert.equal(config.tokenizer_class, 'PreTrainedTokenizerFast');
  assert.equal(config.eos_token, '<eos>');
});
