/** The small doses of what `npm test -- fuzz` gives in large ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tidy } from '../lib/tasks/curate';
import { fuzzCompletions, fuzzedTasks } from './fuzz/fuzzCompletions';

for (const task of fuzzedTasks)
  test(`hostile completions of ${task} get the verdict of the rules`, () => {
    const { right, faults } = fuzzCompletions(task, { count: 2500, everyLong: 0, seed: 1 });
    assert.deepEqual(faults, []);
    assert.ok(task === 'general' ? right === 0 : right > 250, `${right} are right`);
  });

test('a completion of a million characters is tidied up', () => {
  const text = 'wait '.repeat(200_000);
  assert.equal(tidy(text, 'en').length, text.length - 1);
});
