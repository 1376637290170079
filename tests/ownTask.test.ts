import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { register } from 'node:module';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { findTask } from '../lib/stages/ownTask';
import { taskNamed } from '../lib/tasks/index';
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
      message: `${path.join(folder, name)}.ts exports no task ${name}: it needs name, levels, generate, promptIds, verify`,
    });
  for (const name of ['nothing', '../half'])
    await assert.rejects(findTask(name, folder), {
      name: 'UserError',
      message: `unknown task ${name}: use countdown, programs, units, or write your own to ${path.join(folder, 'NAME.ts')}`,
    });
});
