import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { register } from 'node:module';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createRandom } from '../lib/core/random';
import { presetForTask } from '../lib/recipe/ownTask';
import { presets, type Preset } from '../lib/recipe/presets';
import { runStage } from '../lib/recipe/runStage';
import { readMetrics, readRollouts, readRunInfo } from '../lib/runs/run';
import { findTask } from '../lib/stages/ownTask';
import { runFolder } from '../lib/stages/places';
import { corpusDocument, corpusOf } from '../lib/tasks/corpus';
import { generate, promptText, taskNamed, verify } from '../lib/tasks/index';
import { decode } from '../lib/tokenizer/tokenizer';
import { saveTask } from '../lib/workbook/saveTask';
import { temporaryFolder } from './support/folder';

// Commands run with the part of tsx that loads `import()`, the unit tests without it.
register('tsx/esm', { parentURL: pathToFileURL(__filename), data: true });

test('a task is one of the workbook, or the one that a file of the folder exports', async () => {
  const folder = temporaryFolder();
  const write = (name: string, code: string): void =>
    fs.writeFileSync(path.join(folder, `${name}.ts`), code);
  assert.equal(await findTask('units', folder), taskNamed('units'));

  const functions = 'generate() {}, promptIds() {}, verify() {}';
  write('parity', `export const task = { name: 'parity', levels: [4], ${functions} };`);
  assert.throws(() => taskNamed('parity'), { name: 'UserError' });
  assert.deepEqual((await findTask('parity', folder)).levels, [4]);
  assert.deepEqual(taskNamed('parity').levels, [4], 'it is known from now on');

  write('other', `export const task = { name: 'another', levels: [1], ${functions} };`);
  write('half', `export const task = { name: 'half', levels: [1], generate() {} };`);
  for (const name of ['other', 'half'])
    await assert.rejects(findTask(name, folder), {
      name: 'UserError',
      message: `${path.join(folder, name)}.ts exports no task ${name}: it needs name, levels, generate, verify, and promptIds or question`,
    });
  for (const name of ['nothing', '../half'])
    await assert.rejects(findTask(name, folder), {
      name: 'UserError',
      message: `unknown task ${name}: use countdown, programs, units, or write your own to ${path.join(folder, 'NAME.ts')}`,
    });
});

test('the cells of notebook 10 are a task that the recipe takes, without a change in lib', async () => {
  const folder = temporaryFolder();
  assert.match(
    saveTask('10-your-own-task', 'coins', folder),
    /^5 cells of 10-your-own-task are now/,
  );
  const coins = await findTask('coins', folder);
  const problem = { task: 'coins', level: 1, amount: 29, values: [3, 5], counts: [3, 4] };
  assert.equal(promptText(problem, 'en'), 'make 29 : 3 5 _ _');
  const verdictOf = (answer: string): boolean =>
    verify(problem, `<think> so </think> <answer> ${answer} </answer> <eos>`).correct;
  assert.deepEqual(['3 4', '8 1', '4 3', '3 4 0', 'three'].map(verdictOf), [true, true, false, false, false]); // prettier-ignore

  const random = createRandom('coins');
  const keyOf = (split: 'train' | 'held-out'): Set<string> =>
    new Set(
      Array.from({ length: 500 }, () => promptText(generate('coins', 1, random, split), 'en')),
    );
  const [train, heldOut] = [keyOf('train'), keyOf('held-out')];
  assert.deepEqual([...heldOut].filter((prompt) => train.has(prompt)), []); // prettier-ignore
  const documents = Array.from({ length: 50 }, () => corpusDocument(corpusOf('coins'), random));
  const texts = documents.filter(({ source }) => source === 'coins').map(({ ids }) => decode(ids));
  assert.ok(texts.length > 30 && texts.every((text) => /^<bos> (make|凑) \d+ : \d+ \d+ _ _ /.test(text))); // prettier-ignore

  const smoke: Preset = presets.smoke;
  const little = { ...smoke, base: { ...smoke.base, tokens: 4000, maxExtensions: 0 } };
  const preset = presetForTask(coins, little);
  assert.equal((await runStage('r1-zero', { preset, seed: 0, place: folder }))!.finished, true);
  const base = readRunInfo(runFolder(folder, 'tiny-base-s0'))!;
  assert.equal(base.config.corpus, 'coins');
  const gate = base.result!.gate as { name: string }[];
  assert.deepEqual(gate.map(({ name }) => name), ['pass@8, coins 1', 'verdict accuracy, coins 1']); // prettier-ignore
  const zero = runFolder(folder, 'tiny-r1-zero-s0');
  assert.ok('coins/waits' in readMetrics(zero)[0]! && !('units/waits' in readMetrics(zero)[0]!));
  assert.deepEqual([...new Set(readRollouts(zero).map(({ task }) => task))], ['coins']);
});
