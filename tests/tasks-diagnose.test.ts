import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countdownProblem } from '../lib/tasks/countdown';
import { diagnose, languageConsistency } from '../lib/tasks/diagnose';
import { programsProblem } from '../lib/tasks/programs';
import { unitsProblem } from '../lib/tasks/units';

const countdown = countdownProblem(26, [3, 5, 7]);
const programs = programsProblem('* 3 + 2', 7, 1); // 7 -> 23, 1 -> 5
const units = unitsProblem({ level: 1, start: 12, unit: 'm', sign: '+', rate: 3, time: 5 });
const counts = (hits: number, total: number) => ({ hits, total });

test('a clean search', () => {
  const trace =
    '<think> try 3 * 5 = 15 + 7 = 22 -> 26 no wait try 3 * 7 = 21 + 5 = 26 -> 26 yes </think> ' +
    '<answer> 3 * 7 + 5 </answer> <eos>';
  assert.deepEqual(diagnose(countdown, trace), {
    arithmetic: counts(4, 4),
    legality: counts(4, 4),
    verdict: counts(2, 2),
    copy: counts(2, 2),
    repeats: counts(0, 2),
    waitAfterNo: counts(1, 1),
    waits: 1,
    mode: 'search',
  });
});

test('wrong arithmetic, illegal steps, wrong verdicts, wrong copies, repeats', () => {
  const trace =
    '<think> try 3 * 5 = 16 - 17 = 26 -> 25 yes wait 试 3 * 5 = 16 不 试 7 x 5 = 26 no 等 </think>';
  const { arithmetic, legality, verdict, copy, repeats, waitAfterNo, waits, mode } = diagnose(
    countdown,
    trace,
  );
  assert.deepEqual(arithmetic, counts(0, 4));
  assert.deepEqual(legality, counts(2, 4)); // 16 - 17 is below 0, x is no operator
  assert.deepEqual(verdict, counts(2, 3)); // 26 yes, 16 no, 26 no
  assert.deepEqual(copy, counts(0, 1));
  assert.deepEqual(repeats, counts(0, 3));
  assert.deepEqual(waitAfterNo, counts(1, 2));
  assert.equal(waits, 2);
  assert.equal(mode, 'search');
  const again = 'try 3 + 5 = 8 -> 26 no wait 试 3 + 5 = 8 -> 26 no wait try 3 + 5 = 8 + 7 = 15 no';
  assert.deepEqual(diagnose(countdown, again).repeats, counts(1, 3));
});

test('in programs the wanted output is the first one until a yes, then the second', () => {
  const trace =
    'try 7 * 3 = 21 + 2 = 23 -> 23 yes 1 * 3 = 3 + 2 = 5 -> 5 yes' +
    ' wait try 7 * 2 = 14 + 9 = 23 -> 23 yes 1 * 2 = 2 + 9 = 11 -> 5 no' +
    ' wait try 7 * 2 = 14 -> 5 no <answer> + 1 </answer>';
  const { verdict, copy, repeats, waits } = diagnose(programs, trace);
  assert.deepEqual(verdict, counts(5, 5));
  assert.deepEqual(copy, counts(4, 5)); // the last attempt restates the second output
  assert.deepEqual(repeats, counts(0, 3));
  assert.equal(waits, 2);
});

test('modes', () => {
  const mode = (text: string): string => diagnose(units, text).mode;
  assert.equal(mode('<answer> 27 m </answer> <eos>'), 'direct');
  assert.equal(mode(''), 'direct');
  assert.equal(
    mode('<think> 3 * 5 = 15 so 12 m + 15 = 27 m </think> <answer> 27 m </answer>'),
    'short',
  );
  assert.equal(mode('3 * 5 = 15 no wait 3 * 5 = 15'), 'search');
  assert.equal(diagnose(units, '3 * 5 = 15 no wait 3 * 5 = 15').verdict.total, 0);
  assert.equal(mode('<answer> 3 * 5 = 15 wait </answer>'), 'direct');
  const worked = diagnose(units, '3 * 5 = 15 so 12 m + 15 = 27 m no wait 12 m + 15 = 28 m');
  assert.deepEqual(worked.arithmetic, counts(2, 3));
});

test('language consistency', () => {
  assert.equal(languageConsistency('<think> try 3 no wait yes </think>', 'en'), 1);
  assert.equal(languageConsistency('<think> try 3 no wait yes </think>', 'zh'), 0);
  assert.equal(languageConsistency('试 3 no 等 try', 'zh'), 0.5);
  assert.equal(languageConsistency('试 3 不 等 try', 'zh'), 0.75);
  assert.equal(languageConsistency('<answer> 3 m </answer> hello', 'zh'), 1);
  assert.equal(languageConsistency('', 'en'), 1);
});
