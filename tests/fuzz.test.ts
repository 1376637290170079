/** The small doses of what `npm test -- fuzz` gives in large ones. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../lib/core/errors';
import { tidy } from '../lib/tasks/curate';
import { fileKinds } from './fuzz/files';
import { fuzzCompletions, fuzzedTasks } from './fuzz/fuzzCompletions';
import { fuzzFiles } from './fuzz/fuzzFiles';
import { temporaryFolder } from './support/folder';

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

/** Kinds of files whose readers still take or throw what they should refuse. */
const open = ['safetensors', 'config.json', 'run.json', 'CSV', 'JSONL', 'labels'];
const folder = temporaryFolder();

for (const kind of fileKinds)
  test(
    `damaged files are read or refused in one line: ${kind.name}`,
    { skip: open.includes(kind.name) },
    () => {
      const { read, refused, faults } = fuzzFiles(kind, { count: 150, seed: 1, folder });
      assert.deepEqual(faults, []);
      assert.ok(read > 5 && refused > 20, `${read} are read, ${refused} are refused`);
    },
  );

test('the message of a UserError is one short line, whatever it quotes', () => {
  const of = (text: string): string => new UserError(`no run ${text}: name another`).message;
  assert.equal(of('a/b-c é 凑 "x" \\n'), 'no run a/b-c é 凑 "x" \\n: name another');
  assert.equal(of('a\nb\t\u001b[31m\u2028\u202ec'), 'no run a\\u000ab\\u0009\\u001b[31m\\u2028\\u202ec: name another'); // prettier-ignore
  const long = of('x'.repeat(1e6));
  assert.equal(long.length, 503);
  assert.match(long, /^no run x+ … x+: name another$/);
});
