import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRewardWeights, reward, visibleReward } from '../lib/rewards/reward';
import { countdownProblem } from '../lib/tasks/countdown';
import { programsProblem } from '../lib/tasks/programs';

const countdown = countdownProblem(26, [3, 5, 7]);
const programs = programsProblem('* 2 + 9', 7, 1);
const good =
  '<think> try 3 * 7 = 21 + 5 = 26 -> 26 yes </think> <answer> 3 * 7 + 5 </answer> <eos>';
const bare = '<answer> 3 * 7 + 5 </answer> <eos>';
const wrong = good.replace('<answer> 3 * 7 + 5', '<answer> 3 + 7 + 5');
const cut = good.slice(0, 40);
const mixed = good.replace('yes', '对');
const table = '<think> try 7 </think> <answer> 7 -> 23 ; 1 -> 11 </answer> <eos>';

test('the parts', () => {
  const parts = (text: string) => {
    const { accuracy, format, language } = reward(countdown, text, 'en');
    return [accuracy, format, language];
  };
  assert.deepEqual(parts(good), [1, 1, 1]);
  assert.deepEqual(parts(bare), [1, 0, 1]);
  assert.deepEqual(parts(wrong), [0, 1, 1]);
  assert.deepEqual(parts(cut), [0, 0, 1]);
  assert.deepEqual(parts(mixed), [1, 1, 0.5]);
  assert.deepEqual(parts(''), [0, 0, 1]);
});

test('the sum', () => {
  assert.deepEqual(defaultRewardWeights, { accuracy: 1, format: 0.1, language: 0 });
  assert.deepEqual(reward(countdown, good, 'en'), {
    accuracy: 1,
    format: 1,
    language: 1,
    total: 1.1,
  });
  assert.equal(reward(countdown, bare, 'en').total, 1);
  assert.equal(reward(countdown, wrong, 'en').total, 0.1);
  assert.equal(reward(countdown, cut, 'en').total, 0);
  const weights = { accuracy: 1, format: 0.1, language: 0.3 };
  assert.equal(reward(countdown, mixed, 'en', weights).total, 1.25);
  assert.equal(reward(countdown, good, 'zh', weights).total, 1.1);
});

test('only the reward of the visible tests pays a lookup table', () => {
  assert.equal(reward(programs, table, 'en').total, 0.1);
  assert.equal(visibleReward(programs, table, 'en').total, 1.1);
  assert.equal(visibleReward(programs, table, 'en').accuracy, 1);
  assert.equal(reward(programs, table, 'en').accuracy, 0);
  const honest = '<think> try 7 </think> <answer> * 2 + 9 </answer> <eos>';
  assert.deepEqual(visibleReward(programs, honest, 'en'), reward(programs, honest, 'en'));
  const off = '<think> try 7 </think> <answer> * 2 + 8 </answer> <eos>';
  assert.equal(visibleReward(programs, off, 'en').total, 0.1);
});
