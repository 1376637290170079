/** Answers in free text: where they are found, and what they are worth. All values are by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalAnswer, finalAnswer, numberIn } from '../lib/tasks/answers/finalAnswer';
import { askForAnswer, judgeAnswer } from '../lib/tasks/answers/judge';
import { wordedNumber } from '../lib/tasks/answers/numberWords';

const values = (rows: readonly (readonly [string, string | null])[]): void => {
  for (const [text, value] of rows) assert.equal(numberIn(text), value, JSON.stringify(text));
};

test('numbers in digits have their exact value', () => {
  values([
    ['12', '12'],
    ['0', '0'],
    ['-0', '0'],
    ['007', '7'],
    ['12.0', '12'],
    ['.5', '1/2'],
    ['-3', '-3'],
    ['−3', '-3'],
    ['+3', '3'],
    ['0.1', '1/10'],
    ['0.30', '3/10'],
    ['2.675', '107/40'],
    ['1,234', '1234'],
    ['1,234,567.5', '2469135/2'],
    ['1 234', '1234'],
    ['1\u00a0234\u202f567', '1234567'],
    ['9007199254740993', '9007199254740993'],
    ['0.1000000000000000000001', '1000000000000000000001/10000000000000000000000'],
  ]);
});

test('fractions, mixed numbers and dozens', () => {
  values([
    ['3/4', '3/4'],
    ['6/8', '3/4'],
    ['-6/4', '-3/2'],
    ['8/4', '2'],
    ['½', '1/2'],
    ['1½', '3/2'],
    ['1 ½', '3/2'],
    ['1 1/2', '3/2'],
    ['-1 1/2', '-3/2'],
    ['-0 1/2', '-1/2'],
    ['2 dozen', '24'],
    ['1.5 million', '1500000'],
    ['12/0', null],
    ['1/2/3', null],
    ['1.5/2', null],
    ['1. 1/2', null],
    ['1 (1/2)', null],
    ['-1 -1/2', null],
    ['5 3/2', null],
    ['1 234/567', null],
    ['1 234 1/2', '2469/2'],
  ]);
});

test('currency, percent and units are passed over', () => {
  values([
    ['$12.50', '25/2'],
    ['-$5', '-5'],
    ['$-5', '-5'],
    ['12€', '12'],
    ['50%', '50'],
    ['50 %', '50'],
    ['50 percent', '50'],
    ['12 apples', '12'],
    ['12 apples.', '12'],
    ['12.', '12'],
    ['**12**', '12'],
    ['(12)', '12'],
    ['( 12 )', '12'],
    ['1 , 234', null],
    ['"12"', '12'],
    ['12 km/h', '12'],
    ['5kg', '5'],
    ['12 dollars and', null],
    ['$5kg', null],
  ]);
});

test('numbers in English words', () => {
  values([
    ['twelve', '12'],
    ['Twelve apples.', '12'],
    ['forty-two', '42'],
    ['Forty two', '42'],
    ['zero', '0'],
    ['a hundred', '100'],
    ['one hundred and five', '105'],
    ['fifteen hundred', '1500'],
    ['two thousand three hundred', '2300'],
    ['one million and one', '1000001'],
    ['two dozen', '24'],
    ['a thousand and two dozen', null],
    ['minus three', '-3'],
    ['negative 3', '-3'],
    ['minus -3', null],
    ['minus. 3', null],
    ['minus* three', null],
    ['zero dozen', '0'],
    ['twelve thousand seven', '12007'],
    ['five six', null],
    ['twenty zero', null],
    ['two thousand thousand', null],
    ['two and a half', null],
    ['two thirds', null],
    ['half', null],
    ['hundred', null],
    ['a', null],
    ['twenty-five-inch', null],
  ]);
  assert.deepEqual(wordedNumber(['seven', 'apples']), { value: 7, taken: 1 });
  assert.equal(wordedNumber(['apples', 'seven']), null);
});

test('what is not understood is no number', () => {
  values([
    ['', null],
    ['1,5', null],
    ['1,23', null],
    ['1234,567', null],
    ['0,123', null],
    ['1.234.567', null],
    ['1 2345', null],
    ['12 34', null],
    ['1,234 567', null],
    ['3:30', null],
    ['12th', null],
    ['5x', null],
    ['x5', null],
    ['1e3', null],
    ['0x10', null],
    ['10-12', null],
    ['10–12', null],
    ['–3', null],
    ['--3', null],
    ['- 3', null],
    ['3²', null],
    ['１２', null],
    ['1２', null],
    ['1\u200b2', null],
    ['12 or 13', null],
    ['12 apples and 3 pears', null],
    ['12 minus 3', null],
    ['not 12', null],
    ['about 12', null],
    ['at least 12', null],
    ['half of 12', null],
    ['12 and a half', null],
    ['3 quarters', null],
    ['12 (twelve)', null],
    ['12 one two', null],
    ['12 = 3 + 9', null],
    ['NaN', null],
    ['Infinity', null],
    [`12${' apples'.repeat(7)}`, null],
    ['9'.repeat(81), null],
    [`12 ${'m'.repeat(200)}`, null],
  ]);
});

test('of an equation the last side counts, and LaTeX is read', () => {
  values([
    ['3 + 4 = 7', '7'],
    ['x = 7', '7'],
    ['3+4=7', '7'],
    ['12 =', null],
    ['$12$', '12'],
    ['\\$12.50', '25/2'],
    ['12\\%', '12'],
    ['\\frac{3}{4}', '3/4'],
    ['-\\dfrac{3}{4}', '-3/4'],
    ['1\\frac{1}{2}', '3/2'],
    ['5-\\frac{1}{2}', null],
    ['1{,}234', '1234'],
    ['12\\text{ apples}', '12'],
    ['\\(12\\)', '12'],
    ['2\\,1/2', '5/2'],
    ['90^\\circ', '90'],
    ['\\sqrt{4}', null],
  ]);
});

test('the last mark of an answer counts', () => {
  const found: [text: string, answer: string | null][] = [
    ['Answer: 12', '12'],
    ['3 + 9 = 12\nAnswer: 12 apples.', '12 apples.'],
    ['Answer: 5\nNo, wait.\nAnswer: 12', '12'],
    ['answer:12', '12'],
    ['**Answer:** 12', '12'],
    ['**Final Answer: 12**', '12**'],
    ['- The answer is: 12', '12'],
    ['### Answer: 12', '12'],
    ['So it is \\boxed{12}.', '12'],
    ['\\boxed{\\frac{3}{4}} it is', '\\frac{3}{4}'],
    ['\\boxed{5} and \\boxed{12}', '12'],
    ['Answer: \\boxed{12}', '12'],
    ['\\boxed{5}\nAnswer: 12', '12'],
    ['Answer: 5\n\\boxed{12}', '12'],
    ['7 eggs\n#### 12', '12'],
    ['7 eggs\n####12\n', '12'],
    ['\\boxed{12}\n#### How I found it', '12'],
    ['Answer: 5\n#### 12', '12'],
    ['Answer: 12\r\n', '12'],
    // nothing follows the last mark
    ['Answer: 12\nAnswer:', null],
    ['Answer:\n12', null],
    ['\\boxed{12', null],
    [`Answer: 12${' '.repeat(9)}${'x'.repeat(200)}`, null],
    // no mark
    ['The answer is 12', null],
    ['It is 12. Answer: 12', null],
    ['Answers: 12', null],
    ['#### So', null],
    ['12', null],
    ['', null],
  ];
  for (const [text, answer] of found) assert.equal(finalAnswer(text), answer, JSON.stringify(text));
});

test('read loosely, a text without a mark answers with its last number', () => {
  const found: [text: string, answer: string | null][] = [
    ['Tom has 3 + 4 = 7 apples.', '7'],
    ['3+4=7', '7'],
    ['He has 7 apples. That is a lot for one boy.', '7'],
    ['So he has seven apples.', 'seven'],
    ['one hundred and five in all', 'one hundred and five'],
    ['It costs $12.50!', '$12.50'],
    ['1 234 in all', '1 234'],
    ['It is negative 3', 'negative 3'],
    ['There were 20.\nAnswer: 12', '12'],
    ['There were 20.\nAnswer:', null],
    ['It is 12 at 3:30', null],
    ['5 - 3', null],
    ['5 minus 3', null],
    ['2 and a half', null],
    ['no number', null],
  ];
  for (const [text, answer] of found)
    assert.equal(finalAnswer(text, 'loose'), answer, JSON.stringify(text));
});

test('answers that mean the same get one vote', () => {
  const same = (...answers: string[]): number => new Set(answers.map(canonicalAnswer)).size;
  assert.equal(same('1,234', '$1234.00', '1 234 apples', '1234.'), 1);
  assert.equal(same('0.75', '3/4', '¾', '6/8', '\\frac{3}{4}'), 1);
  assert.equal(same('forty-two', '42', 'Forty two.'), 1);
  assert.equal(same('Paris', ' paris. ', '**Paris**', '"Paris"', '\\text{Paris}'), 1);
  assert.equal(same('Caf\u00e9', 'cafe\u0301'), 1);
  assert.equal(same('12', '12.01', '-12', '1/2', '12th', 'Paris', 'New Paris'), 7);
});

test('the verdict on a completion', () => {
  const of = (right: string, text: string): unknown[] => {
    const { correct, format, finished, answer, canonicalAnswer: vote } = judgeAnswer(right, text);
    return [correct, format, finished, answer, vote];
  };
  assert.equal(askForAnswer, 'End with a line that begins with "Answer:".');
  assert.deepEqual(of('12', '3 + 9 = 12.\nAnswer: 12<eos>'), [true, true, true, '12', '12']);
  assert.deepEqual(of('12', '3 + 9 = 12.\nAnswer: 12'), [false, false, false, null, null]);
  assert.deepEqual(of('12', '3 + 9 = 12.<eos>'), [false, false, true, null, null]);
  assert.deepEqual(of('12', 'Answer: 12<eos>'), [true, false, true, '12', '12']);
  assert.deepEqual(of('12', 'So\n\\boxed{12}<eos>'), [true, false, true, '12', '12']);
  assert.deepEqual(of('12', 'So\nAnswer: 12\nBye<eos>'), [true, false, true, '12', '12']);
  assert.deepEqual(of('12', 'Answer: 5\nAnswer: 12<eos>'), [true, false, true, '12', '12']);
  assert.deepEqual(of('12', 'So\nAnswer: 13<eos>'), [false, true, true, '13', '13']);
  assert.deepEqual(of('12', 'So\nAnswer: who knows<eos>'), [false, true, true, 'who knows', null]);
  assert.deepEqual(of('1/2', 'So\nAnswer: 0.5<eos>'), [true, true, true, '0.5', '1/2']);
  assert.deepEqual(of('Paris', 'So\nAnswer: paris.<eos>'), [true, true, true, 'paris.', 'paris']);
  assert.deepEqual(of('Paris', 'So\nAnswer: 12<eos>'), [false, true, true, '12', '12']);
  assert.deepEqual(of('Paris', 'So\nAnswer: !<eos>'), [false, true, true, '!', null]);
});
