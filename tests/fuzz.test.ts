/** The small doses of what `npm test -- fuzz` gives in large ones. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { runCommand } from '../lib/commands/arguments';
import { UserError } from '../lib/core/errors';
import { root } from '../lib/core/files';
import { readNotebook } from '../lib/jupyter/notebook';
import { tidy } from '../lib/tasks/curate';
import { fileKinds } from './fuzz/files';
import { fuzzAnswers } from './fuzz/fuzzAnswers';
import { fuzzCompletions, fuzzedTasks } from './fuzz/fuzzCompletions';
import { commands, runCommandLine } from './fuzz/commandLines';
import { fuzzCommandLines } from './fuzz/fuzzCommandLines';
import { fuzzFiles } from './fuzz/fuzzFiles';
import { temporaryFolder } from './support/folder';

for (const task of fuzzedTasks)
  test(`hostile completions of ${task} get the verdict of the rules`, () => {
    const { right, faults } = fuzzCompletions(task, { count: 2500, everyLong: 0, seed: 1 });
    assert.deepEqual(faults, []);
    assert.ok(task === 'general' ? right === 0 : right > 250, `${right} are right`);
  });

test('answers in free text get the verdict of a second reading', () => {
  const { right, faults } = fuzzAnswers({ count: 5000, everyLong: 0, seed: 1 });
  assert.deepEqual(faults, []);
  assert.ok(right > 1000, `${right} are right`);
});

test('a completion of a million characters is tidied up', () => {
  const text = 'wait '.repeat(200_000);
  assert.equal(tidy(text, 'en').length, text.length - 1);
});

const folder = temporaryFolder();

for (const kind of fileKinds)
  test(`damaged files are read or refused in one line: ${kind.name}`, () => {
    const { read, refused, faults } = fuzzFiles(kind, { count: 150, seed: 1, folder });
    assert.deepEqual(faults, []);
    assert.ok(read > 5 && refused > 20, `${read} are read, ${refused} are refused`);
  });

test('command lines lead to their work or are refused in one line', async () => {
  const { read, refused, faults } = await fuzzCommandLines(250, 1);
  assert.deepEqual(faults, []);
  assert.ok(read > 20 && refused > 20, `${read} begin, ${refused} are refused`);
});

test('every command has its turn, with all of its options', () => {
  const folder = path.join(root, 'lib/commands');
  const sources = fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map(
      (file) =>
        [path.basename(file, '.ts'), fs.readFileSync(path.join(folder, file), 'utf8')] as const,
    ) // prettier-ignore
    .filter(([, source]) => source.includes('export const finished'));
  const found = sources.map(([name, source]) => {
    const options = [...source.matchAll(/([\w-]+)'?: \{ type: '(?:string|boolean)'/g)].map(([, option]) => option); // prettier-ignore
    return [name, options.sort()];
  });
  const known = commands.map(({ name, options }) => [name, [...options].sort()] as const);
  assert.deepEqual(known.sort(), found.sort());
});

test('what a command line means is checked before its work begins', async () => {
  const lines: [line: string[], said: string | null][] = [
    [['evaluate', 'small-base-s0'], null],
    [['evaluate', 'small-base-s0', '--temperature', '.7', '--seed', '07'], null],
    [['evaluate', 'small-base-s0', '--temperature', 'warm'], 'invalid --temperature: warm: use a number from 0.001 to 100'],
    [['evaluate', 'small-base-s0', '--seed', ''], 'invalid --seed: : use a whole number from 0 up'],
    [['evaluate', 'small-base-s0', '--seed', '9007199254740993'], 'invalid --seed: 9007199254740993: use a whole number from 0 up'],
    [['evaluate', 'small-base-s0', '--level', '3.0'], 'invalid --level: 3.0: use a whole number from 0 up'],
    [['evaluate', 'small-base-s0', '--problems', '1000001', '--samples', '1'], '1,000,001 completions are too many: lower --problems or --samples to 1,000,000 in all'],
    [['evaluate', 'x'], 'no checkpoint x: name a folder, or a language model such as smollm2'],
    [['recipe', '--model', 'smollm2', '--size', 'tiny'], '--size does not go with --model: leave it out'],
    [['recipe', '--model', 'smollm2', '--data', 'countdown'], 'countdown is asked in this workbook\'s vocabulary, not in words'],
    [['recipe', '--model', 'smollm2', '--stage', 'dev1'], 'words has no written solutions for a cold start: use sums'],
    [['recipe', '--model', 'smollm2', '--data', 'sums', '--stage', 'r1-zero-about'], 'r1-zero-about rewards answers to words, and sums has other problems: use another stage'],
    [['recipe', '--model', 'smollm2', '--stage', 'toString'], 'unknown stage toString of a language model: use r1-zero, '],
    [['recipe', '--data', 'words'], '--data goes with --model: '],
    [['recipe', '--model', 'smollm2', '--stage', 'dev1', '--data', 'sums', '--steps', '3'], '--steps does not apply to dev1: '],
    [['recipe', '--model', 'smollm2', '--stage', 'r1-zero'], null],
    [['recipe', '--on', 'ray', '--seed', '0,1', '--stage', 'r1-zero'], null],
    [['recipe', '--on', 'ray', '--seed', '0,x'], 'invalid --seed: x: use a whole number from 0 up'],
    [['recipe', '--on', 'dask'], 'invalid --on: dask: use ray or ray:ADDRESS'],
    [['recipe', '--on', 'ray', '--rollouts', 'ray'], '--on does not go with --rollouts: leave one of them out'],
    [['recipe', '--rollouts', 'ray', '--cores', '0'], 'invalid --cores: 0: use a whole number from 1 up'],
    [['recipe', '--workers', '2'], '--workers goes with --rollouts ray: add it'],
    [['bench', '--avx2', '--ops'], '--avx2 does not go with --ops: leave one of them out'],
    [['handover', 'trl', 'small-base-s0', '--folder', '/tmp/x'], null],
    [['handover', 'who', 'small-base-s0'], 'no trainer who: use '],
    [['takeover', 'log', '--checkpoint', 'small-base-s0', '--as', 'x'], 'invalid --as: x: use SIZE-STAGE-sSEED, such as small-trl-s0'],
    [['serve-rewards', '--patience', '0'], 'invalid --patience: 0: use a whole number from 1 up'],
    [['site', '--address', 'x'], 'invalid --address: '],
    [['model', 'smollm2'], null],
    [['model', 'a', 'b'], 'one model at a time, not 2: see --help'],
    [['export', 'small-base-s0', '--gguf', 'x', '--type', 'q4'], 'unknown type q4: use f32, '],
    [['export', 'small-base-s0'], 'say what to write: '],
    [['chat', 'small-base-s0', '--top-p', '2'], 'invalid --top-p: 2: use a number from 0 to 1'],
    [['serve', 'small-base-s0', '--port', '70000'], 'invalid --port: 70000: use a number up to 65535'],
    [['notebooks', '--timeout', '99999999'], 'invalid --timeout: 99999999: use a number from 0.001 to 10000'],
    [['notebooks', 'notebooks'], 'no notebook notebooks: there are '],
    [['recipe', '--size', '../../x'], 'unknown size ../../x: use tiny, '],
    [['recipe', '--size', 'constructor'], 'unknown size constructor: use tiny, '],
    [['recipe', '--preset', 'toString'], 'unknown preset toString: use smoke, quick, full'],
    [['recipe', '--steps', ''], 'invalid --steps: : use a whole number from 1 up'],
    [['recipe', 'smoke'], "unexpected argument 'smoke': see --help"],
    [['bench', '--scaling', 'small,who'], 'unknown size who: use tiny, '],
    [['bench', '--scaling', '0x1x1'], '0x1x1: the width has to be an even multiple of the heads'],
    [['inspect', 'a\nb'], 'invalid name "a\\u000ab": use letters, digits, - and _'],
    [['inspect', '../../x'], 'no run ../../x: name a folder with a run.json, or a recorded run'],
    [['test', 'toString'], 'unknown check toString: use types, '],
  ]; // prettier-ignore
  for (const [line, wanted] of lines) {
    const { begins, code, said } = await runCommandLine(line);
    assert.deepEqual(
      [begins, code],
      wanted === null ? [true, undefined] : [false, 2],
      line.join(' '),
    );
    assert.equal(said.slice(0, wanted?.length ?? 0), wanted ?? '');
  }
});

test('a folder in the place of a file is said in one line', async (t) => {
  const error = t.mock.method(console, 'error', () => {});
  await runCommand(() => void readNotebook(folder));
  assert.equal(process.exitCode, 2);
  process.exitCode = 0;
  assert.deepEqual(error.mock.calls.map((call) => call.arguments), [['EISDIR: illegal operation on a directory, read']]); // prettier-ignore
});

test('the message of a UserError is one short line, whatever it quotes', () => {
  const of = (text: string): string => new UserError(`no run ${text}: name another`).message;
  assert.equal(of('a/b-c é 凑 "x" \\n'), 'no run a/b-c é 凑 "x" \\n: name another');
  assert.equal(of('a\nb\t\u001b[31m\u2028\u202ec'), 'no run a\\u000ab\\u0009\\u001b[31m\\u2028\\u202ec: name another'); // prettier-ignore
  const long = of('x'.repeat(1e6));
  assert.equal(long.length, 503);
  assert.match(long, /^no run x+ … x+: name another$/);
});
