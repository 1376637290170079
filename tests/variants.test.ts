import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  centredByGroup,
  leaveOneOut,
  meanOverCompletions,
  meanOverTokens,
  normalisedByBatch,
  normalisedByGroup,
  sumOverTokens,
  type Estimator,
} from '../lib/training/variants';
import { overlongPunishment, punishingLength } from '../lib/rewards/overlong';
import { countdownProblem } from '../lib/tasks/countdown';
import { assertAllclose } from './support/allclose';

const groups = [
  [1, 0, 0, 1],
  [3, 1, 1, 1],
];

function expectAdvantages(estimator: Estimator, expected: number[][]): void {
  assertAllclose(estimator(groups).flat(), expected.flat(), { relative: 1e-3 });
}

test('GRPO: mean 0 and deviation 1 in each group', () => {
  // 3 1 1 1: mean 1.5, variance .75
  const s = Math.sqrt(0.75);
  expectAdvantages(normalisedByGroup, [
    [1, -1, -1, 1],
    [1.5 / s, -0.5 / s, -0.5 / s, -0.5 / s],
  ]);
});

test('Dr. GRPO: only the mean is taken out', () => {
  expectAdvantages(centredByGroup, [
    [0.5, -0.5, -0.5, 0.5],
    [1.5, -0.5, -0.5, -0.5],
  ]);
});

test("RLOO: against the mean of the others, which is Dr. GRPO's times G / (G - 1)", () => {
  expectAdvantages(leaveOneOut, [
    [1 - 1 / 3, -2 / 3, -2 / 3, 1 - 1 / 3],
    [3 - 1, 1 - 5 / 3, 1 - 5 / 3, 1 - 5 / 3],
  ]);
  assertAllclose(
    leaveOneOut(groups).flat(),
    centredByGroup(groups).flatMap((group) => group.map((a) => (a * 4) / 3)),
  );
});

test('REINFORCE++: over the batch, so that a group of equal rewards still learns', () => {
  // 1 0 0 1 3 1 1 1: mean 1, squares 0 1 1 0 4 0 0 0, deviation sqrt(.75)
  const s = Math.sqrt(0.75);
  expectAdvantages(normalisedByBatch, [
    [0, -1 / s, -1 / s, 0],
    [2 / s, 0, 0, 0],
  ]);
  const [low, high] = normalisedByBatch([
    [0, 0],
    [1, 1],
  ]) as [number[], number[]];
  assert.ok(low[0]! < -0.9 && high[0]! > 0.9);
  assert.deepEqual(centredByGroup([[1, 1]]), [[0, 0]]);
});

test('what a token counts', () => {
  const lengths = [2, 8];
  assertAllclose(meanOverTokens(lengths), [0.1, 0.1]);
  assertAllclose(meanOverCompletions(lengths), [1 / 4, 1 / 16]); // 1/2 and 1/8, over two completions
  assertAllclose(sumOverTokens(20)(lengths), [1 / 40, 1 / 40]);
  const sum = (weights: number[]): number => weights.reduce((s, w, i) => s + w * lengths[i]!, 0);
  assertAllclose([sum(meanOverTokens(lengths)), sum(meanOverCompletions(lengths))], [1, 1]);
});

test('length is punished over the last tokens before the cap', () => {
  const at = (length: number): number => overlongPunishment(length, 150, 30);
  assert.deepEqual([at(10), at(120), at(135), at(150), at(170)].map((x) => x + 0), [0, 0, -0.5, -1, -1]); // prettier-ignore
  // eleven tokens of a right answer: under a cap of 20 one of the last 30 is punished from the first token on
  const problem = countdownProblem(26, [3, 5, 7]);
  const text = '<think> yes </think> <answer> 3 * 7 + 5 </answer> <eos>';
  const total = (cap: number): number => punishingLength(cap)(problem, text, 'en').total;
  assertAllclose([total(150), total(20), total(11)], [1.1, 1.1 - 21 / 30, 0.1]);
});
