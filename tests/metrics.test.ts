import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../lib/core/random';
import {
  consAtK,
  meanInterval,
  passAtK,
  seedInterval,
  shareInterval,
  wilsonInterval,
  type Interval,
} from '../lib/evaluation/metrics';
import { score } from '../lib/evaluation/score';
import { countdownProblem } from '../lib/tasks/countdown';
import { programsProblem } from '../lib/tasks/programs';

const close = (actual: number, expected: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);
const closeInterval = (actual: Interval, expected: Interval, tolerance: number): void => {
  close(actual[0], expected[0], tolerance);
  close(actual[1], expected[1], tolerance);
};

test('pass@k by hand', () => {
  close(passAtK(4, 2, 2), 5 / 6); // 1 - C(2,2) / C(4,2)
  close(passAtK(8, 3, 1), 3 / 8);
  close(passAtK(5, 1, 3), 3 / 5);
  close(passAtK(10, 3, 5), 1 - 21 / 252); // C(7,5) / C(10,5)
  assert.equal(passAtK(8, 0, 8), 0);
  assert.equal(passAtK(8, 0, 1), 0);
  assert.equal(passAtK(8, 8, 1), 1);
  assert.equal(passAtK(8, 1, 8), 1);
  const huge = passAtK(2000, 1, 1000);
  close(huge, 0.5, 1e-9);
});

test('pass@k is the mean over all subsets', () => {
  const answers = [true, false, false, true, false, false];
  for (const k of [1, 2, 3, 4, 5, 6]) {
    let subsets = 0;
    let passed = 0;
    for (let bits = 0; bits < 64; bits++) {
      const chosen = answers.filter((_, i) => (bits >> i) & 1);
      if (chosen.length !== k) continue;
      subsets++;
      if (chosen.includes(true)) passed++;
    }
    close(passAtK(6, 2, k), passed / subsets);
  }
});

test('votes', () => {
  assert.equal(consAtK(['a', 'b', 'b']), 1);
  assert.equal(consAtK(['a', 'b', 'b', 'a']), 0); // a tie: the first one
  assert.equal(consAtK([null, null, null, 'c']), 3); // abstentions never win
  assert.equal(consAtK([null, 'a', null, 'b', 'b', 'a', 'b']), 3);
  assert.equal(consAtK([null, null]), -1);
  assert.equal(consAtK([]), -1);
  assert.equal(consAtK(['__proto__', 'x', '__proto__']), 0);
});

test('the interval of a mean', () => {
  // mean 3, variance 10 / 4, standard error sqrt(.5)
  const { mean, interval } = meanInterval([1, 2, 3, 4, 5]);
  assert.equal(mean, 3);
  closeInterval(interval, [3 - 1.959964 * Math.SQRT1_2, 3 + 1.959964 * Math.SQRT1_2], 1e-9);
  assert.deepEqual(meanInterval([7]), { mean: 7, interval: [-Infinity, Infinity] });
  assert.deepEqual(meanInterval([2, 2]), { mean: 2, interval: [2, 2] });
});

test('an interval over seeds is wide where there are few', () => {
  // mean 2, standard deviation 1, t = 4.303 for two degrees of freedom, 12.706 for one
  const { mean, interval } = seedInterval([1, 2, 3]);
  assert.equal(mean, 2);
  closeInterval(interval, [2 - 4.303 / Math.sqrt(3), 2 + 4.303 / Math.sqrt(3)], 1e-9);
  closeInterval(seedInterval([1, 3]).interval, [2 - 12.706, 2 + 12.706], 1e-9);
});

test("Wilson's interval, against published values", () => {
  // 15 of 148 and 0 of 20: R. Newcombe, Statistics in Medicine 17 (1998), table I
  closeInterval(wilsonInterval(15, 148), [0.0624, 0.1605], 5e-5);
  closeInterval(wilsonInterval(0, 20), [0, 0.1611], 5e-5);
  closeInterval(wilsonInterval(81, 263), [0.2553, 0.3662], 5e-5);
  closeInterval(wilsonInterval(20, 20), [1 - 0.1611, 1], 5e-5);
});

test('a share over problems counts answers that resemble each other for less', () => {
  // When all answers to a problem are alike, there are as many trials as problems, up to the n - 1 of the variance.
  const alike = Array.from({ length: 20 }, (_, i) => ({ hits: i < 5 ? 8 : 0, total: 8 }));
  const { mean, interval } = shareInterval(alike)!;
  assert.equal(mean, 0.25);
  closeInterval(interval, wilsonInterval(0.25 * 19, 19), 1e-9);
  // When answers are independent, there are about as many trials as answers.
  const random = createRandom('spread');
  const independent = Array.from({ length: 2000 }, () => {
    const hits = Array.from({ length: 8 }, () => random.next() < 0.25).filter(Boolean).length;
    return { hits, total: 8 };
  });
  const found = shareInterval(independent)!.interval;
  close(found[1] - found[0], 2 * 1.96 * Math.sqrt((0.25 * 0.75) / 16000), 0.002);
});

test('shares at the edge', () => {
  const problems = (hits: number) => Array.from({ length: 20 }, () => ({ hits, total: 8 }));
  closeInterval(shareInterval(problems(0))!.interval, [0, 0.1611], 5e-5);
  closeInterval(shareInterval(problems(8))!.interval, [0.8389, 1], 5e-5);
  assert.equal(shareInterval([]), null);
  assert.equal(shareInterval([{ hits: 0, total: 0 }]), null);
  const one = shareInterval([
    { hits: 2, total: 8 },
    { hits: 0, total: 0 },
  ])!;
  assert.equal(one.mean, 0.25);
  closeInterval(one.interval, wilsonInterval(0.25, 1), 1e-9);
  // The share is pooled and not averaged: 9 of 12.
  assert.equal(
    shareInterval([
      { hits: 8, total: 8 },
      { hits: 1, total: 4 },
    ])!.mean,
    0.75,
  );
});

test('95 of 100 intervals contain the true share', () => {
  const random = createRandom('coverage');
  let covered = 0;
  for (let study = 0; study < 1000; study++) {
    const problems = Array.from({ length: 60 }, () => {
      const chance = random.next() < 0.5 ? 0.1 : 0.5; // hard and easy problems: .3 overall
      const hits = Array.from({ length: 8 }, () => random.next() < chance).filter(Boolean).length;
      return { hits, total: 8 };
    });
    const [low, high] = shareInterval(problems)!.interval;
    if (low <= 0.3 && 0.3 <= high) covered++;
  }
  assert.ok(covered > 930 && covered < 970, `${covered}`);
});

test('an evaluation by hand', () => {
  const first = countdownProblem(26, [3, 5, 7]);
  const second = countdownProblem(15, [3, 5, 7]);
  const search =
    '<think> try 3 * 5 = 15 + 7 = 22 -> 26 no wait try 3 * 7 = 21 + 5 = 26 -> 26 yes </think> ' +
    '<answer> 3 * 7 + 5 </answer> <eos>'; // 37 tokens
  const direct = '<answer> 7 * 3 + 5 </answer> <eos>'; // 8 tokens
  const mistaken = '<think> try 3 + 5 = 9 -> 26 yes </think> <answer> 3 + 5 * 7 </answer> <eos>';
  const chatty = '试 3 + 5 = 8 no'; // cut off, 7 tokens
  const evaluation = score(
    [first, second],
    [
      [search, direct, mistaken, mistaken],
      [chatty, chatty, direct, '<answer> 3 + 5 + 7 </answer> <eos>'],
    ],
    ['en', 'zh'],
  );
  const { intervals, passAt1Interval, ...measures } = evaluation;
  assert.deepEqual(measures, {
    task: 'countdown',
    level: 3,
    n: 2,
    samples: 4,
    passAt1: 3 / 8,
    passAtK: 1,
    // first: (3 * 7) + 5 has two votes as (3 + 5) * 7 has, and came first; second: a tie that the wrong one wins
    consAtK: 0.5,
    meanLength: (search.split(' ').length + 8 + 2 * mistaken.split(' ').length + 7 + 7 + 8 + 8) / 8,
    waits: 1 / 8,
    formatRate: 3 / 8,
    stopRate: 6 / 8,
    languageConsistency: (1 + 1 + 1 + 1 + 0.5 + 0.5 + 1 + 1) / 8,
    traceArithmetic: (4 + 0 + 0 + 1 + 1) / 8,
    legality: 1,
    verdictAccuracy: (2 + 0 + 0 + 1 + 1) / 6,
    repeatRate: 0,
    waitAfterNo: 1 / 3,
    lookupTableRate: 0,
    modeShares: { direct: 3 / 8, short: 4 / 8, search: 1 / 8 },
  });
  assert.equal(search.split(' ').length, 37);
  assert.deepEqual(passAt1Interval, intervals.passAt1);
  // This is Wilson's interval of 3 in 8, because the two problems differ no more than chance allows.
  assert.deepEqual(passAt1Interval.map((end) => end.toFixed(4)), ['0.1368', '0.6943']); // prettier-ignore
});

test('an evaluation without traces has no trace shares, and mixed levels are level 0', () => {
  const problems = [programsProblem('* 2 + 9', 7, 1), programsProblem('+ 3', 1, 2)];
  const answers = [['<answer> 7 -> 23 ; 1 -> 11 </answer> <eos>'], ['']];
  const evaluation = score(problems, answers, ['en', 'en']);
  assert.equal(evaluation.level, 0);
  assert.equal(evaluation.passAt1, 0);
  assert.equal(evaluation.consAtK, 0);
  assert.equal(evaluation.lookupTableRate, 0.5);
  assert.equal(evaluation.traceArithmetic, null);
  assert.equal(evaluation.verdictAccuracy, null);
  assert.equal(evaluation.intervals.verdictAccuracy, null);
  assert.equal(JSON.stringify(evaluation).includes('NaN'), false);
});
