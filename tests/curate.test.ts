import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstFault, tidy } from '../lib/tasks/curate';
import type { CountdownProblem } from '../lib/tasks/index';

// make 26 from 3 5 7
const problem: CountdownProblem = {
  task: 'countdown',
  level: 3,
  target: 26,
  numbers: [3, 5, 7],
  solution: { start: 3, steps: [] },
};
const answer = '</think> <answer> 3 * 7 + 5 </answer> <eos>';
const right = `<think> try 3 * 7 = 21 + 5 = 26 -> 26 yes ${answer}`;

test('a completion without a fault, and each fault', () => {
  assert.equal(firstFault(problem, right, 'en'), null);
  const miss = 'try 3 + 5 = 8 + 7 = 15 -> 26 no wait';
  const searched = right.replace('try', `${miss} try`);
  assert.equal(firstFault(problem, searched, 'en'), null);
  const cases: [string, string][] = [
    [right.replace(' <eos>', ''), 'not finished'],
    [right.replace('<answer> 3 * 7 + 5', '<answer> 3 + 7 + 5'), 'wrong answer'],
    [right.replace('<think> ', ''), 'wrong format'],
    [searched.replace('+ 7 = 15', '+ 7 = 16'), 'wrong calculation'],
    [searched.replace('no wait', 'yes wait'), 'wrong verdict'],
    [right.replace('try', `${miss} ${miss} try`), 'repeated attempt'],
    [searched.replace('wait', '等'), 'mixed languages'],
  ];
  for (const [completion, fault] of cases)
    assert.equal(firstFault(problem, completion, 'en'), fault, completion);
  assert.equal(firstFault(problem, right, 'zh'), 'mixed languages');
  assert.equal(firstFault(problem, '', 'en'), 'not finished');
});

test('a trace is tidied: one language, no attempt twice, the last one kept', () => {
  const messy =
    '<think> try 3 + 5 = 8 + 7 = 15 -> 26 no 等 试 3 + 5 = 8 + 7 = 15 -> 26 不 wait ' +
    `try 3 * 7 = 21 + 5 = 26 -> 26 对 ${answer}`;
  const clean =
    '<think> try 3 + 5 = 8 + 7 = 15 -> 26 no wait ' + `try 3 * 7 = 21 + 5 = 26 -> 26 yes ${answer}`;
  assert.equal(tidy(messy, 'en'), clean);
  assert.equal(firstFault(problem, tidy(messy, 'en'), 'en'), null);
  assert.equal(tidy(clean, 'en'), clean);
  assert.match(tidy(clean, 'zh'), /^<think> 试 3 .* 不 等 试 3 .* 对 <\/think>/);
  // An attempt that ends in the answer stays, repeated or not.
  const repeated = `<think> try 3 + 5 = 8 no wait try 3 + 5 = 8 no ${answer}`;
  assert.equal(tidy(repeated, 'en'), repeated);
  for (const text of ['', 'try', 'yes </think> <unk:200>', 'wait wait'])
    assert.equal(tidy(text, 'en'), text);
});
