/** No name leads out of the folder that it is put in: of a run, a checkpoint, a stage, a task, a data set. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { trackedFiles } from '../lib/setup/bundle.mjs';
import { plainName, root } from '../lib/core/files';
import { placeOfTask } from '../lib/recipe/ownTask';
import { findTask } from '../lib/stages/ownTask';
import { checkpointFolder, findCheckpoint, local, runFolder } from '../lib/stages/places';
import { preferenceFile } from '../lib/stages/preferences';
import { traceFile } from '../lib/stages/traces';
import { readInspectorData } from '../lib/workbook/inspector';
import { saveTask } from '../lib/workbook/saveTask';
import { runCommandLine } from './fuzz/commandLines';
import { contents, temporaryFolder } from './support/folder';

const bad = ['', '.', '..', '../x', '../../etc/passwd', '/etc/passwd', 'a/b', 'a/', 'a\\b', 'a\0b', 'a\nb', 'x'.repeat(300)]; // prettier-ignore
const refused = { name: 'UserError', message: /^invalid name ".*": use letters, digits, - and _$/ };

test('a plain name is kept as it is, others are refused', () => {
  for (const name of ['small-r1-s0', '..x', 'a b', 'é 凑 🙂', '-', '__proto__', 'a.b'])
    assert.equal(plainName(name), name);
  for (const name of bad) assert.throws(() => plainName(name), refused, name);
});

test('every folder and file that has its name from somebody is in its place', () => {
  const folder = temporaryFolder();
  assert.equal(runFolder(folder, 'tiny-x-s0'), path.join(folder, 'runs/tiny-x-s0'));
  for (const name of bad) {
    for (const placed of [runFolder, checkpointFolder, traceFile, preferenceFile])
      assert.throws(() => placed(folder, name), refused, name);
    assert.throws(() => placeOfTask(name), refused, name);
    assert.throws(() => findCheckpoint(name), refused, name);
    assert.throws(() => saveTask('10-your-own-task', name, folder), refused, name);
    assert.throws(() => saveTask(name, 'x', folder), refused, name);
  }
  assert.deepEqual(contents(folder), {});
});

test('a task is looked for by a plain name alone', async () => {
  const folder = temporaryFolder();
  fs.mkdirSync(path.join(folder, 'tasks'));
  fs.writeFileSync(path.join(folder, 'outside.ts'), 'throw new Error("was run")');
  for (const name of ['../outside', './../outside', path.join(folder, 'outside'), '..\\outside'])
    await assert.rejects(findTask(name, path.join(folder, 'tasks')), { name: 'UserError' });
});

test('a run is found by its folder or by its name, not by a way from the folder of the runs', async () => {
  const way = path.relative(
    path.join(local, 'runs'),
    path.join(root, 'data/runs/small-r1-zero-s0'),
  );
  assert.throws(() => readInspectorData(way), { name: 'UserError', message: `no run ${way}: name a folder with a run.json, or a recorded run` }); // prettier-ignore
  // the page has the name of the run's own folder, whatever the way to it, also through a link
  const link = path.join(temporaryFolder(), 'link');
  fs.symlinkSync(path.join(root, 'data/runs/small-r1-zero-s0'), link);
  const pages = async (run: string): Promise<readonly string[]> =>
    (await runCommandLine(['inspect', run], { isWorking: true })).written;
  const pageOf = (name: string): string[] => [path.join(local, 'inspector', `${name}.html`)];
  assert.deepEqual(await pages('small-r1-zero-s0'), pageOf('small-r1-zero-s0'));
  assert.deepEqual(await pages('data/runs/../runs/small-r1-zero-s0/.'), pageOf('small-r1-zero-s0'));
  assert.deepEqual(await pages(link), pageOf('link'));
});

test('a bundle holds no link: the project has none', async () => {
  const links = (await trackedFiles(root)).filter((file) =>
    fs.lstatSync(path.join(root, file)).isSymbolicLink(),
  );
  assert.deepEqual(links, []);
});
