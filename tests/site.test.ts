/** The library in a browser: what it needs there, and what stands there in the place of Node. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/core/files';
import { engine, standIns } from '../lib/site/buildSite';
import { listModels } from '../lib/site/listModels';
import * as pageDisk from '../lib/site/page/node/fs';
import { chosenProblem, writings, type TaskName } from '../lib/site/page/playground/chosen';
import {
  addressOf,
  defaults,
  problemOf,
  readAddress,
  taskNames,
  whyNot,
  type Settings,
} from '../lib/site/page/playground/settings';
import { bringBack, forget, keep } from '../lib/site/page/work/keep';
import { promptText, verify } from '../lib/tasks/index';
import { temporaryFolder } from './support/folder';
import { sourceFiles } from './support/sourceFiles';

const files = new Map(sourceFiles().map((file) => [file.file, file]));

/** All files of lib/ that a file of the page brings into it, with the engine exchanged; types bring nothing. */
function broughtBy(entry: string): Set<string> {
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (found.has(file) || file === engine.file || !files.has(file)) return;
    found.add(file);
    const { text } = files.get(file)!;
    const typesAlone = [...text.matchAll(/import type [^;]*? from '([^']+)'/g)].map(
      ([, name]) => name!,
    );
    for (const to of files.get(file)!.imports)
      if (
        !typesAlone.some((name) => to.startsWith(path.posix.join(path.posix.dirname(file), name)))
      )
        visit(to);
  };
  visit(entry);
  return found;
}

const entries = [...files.keys()].filter((file) =>
  /lib\/site\/page\/(work\/worker|\w+\/main)\.ts$/.test(file),
);

test('what a page needs of the library asks Node for nothing that has no stand-in', () => {
  assert.ok(entries.length >= 2);
  const missing = entries.flatMap((entry) =>
    [...broughtBy(entry)].flatMap((file) =>
      [...files.get(file)!.text.matchAll(/from '(node:[^']+)'/g)]
        .filter(([, name]) => !(name! in standIns))
        .map(([, name]) => `${file} imports ${name!}`),
    ),
  );
  assert.deepEqual(missing, []);
  const unused = Object.values(standIns).filter(
    (file) => !fs.existsSync(path.join(root, 'lib/site/page', file)),
  );
  assert.deepEqual(unused, []);
});

test('the rooms of the playground are free of Node, but for files and the terminal', () => {
  const rooms = ['evaluation', 'training', 'rewards', 'sampling', 'tasks', 'tokenizer', 'model'];
  const brought = [...broughtBy('lib/site/page/playground/main.ts')];
  const withNode = brought.filter((file) => rooms.includes(file.split('/')[1]!) && /from 'node:/.test(files.get(file)!.text)); // prettier-ignore
  assert.deepEqual(withNode, []);
});

test('the disk of a page does what a disk does', () => {
  const inPage = '/somewhere';
  const real = temporaryFolder();
  type Disk = Pick<typeof fs, 'existsSync' | 'mkdirSync' | 'readdirSync' | 'readFileSync' | 'renameSync' | 'rmSync' | 'writeFileSync' | 'openSync' | 'readSync' | 'fstatSync' | 'closeSync'>; // prettier-ignore
  const story = (disk: Disk, at: string): unknown[] => {
    const code = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    };
    disk.mkdirSync(`${at}/a/b`, { recursive: true });
    disk.writeFileSync(`${at}/a/one`, 'eins');
    disk.writeFileSync(`${at}/a/b/two`, Uint8Array.of(1, 2, 3, 4, 5));
    const handle = disk.openSync(`${at}/a/b/two`, 'r');
    const part = new Uint8Array(4);
    const got = disk.readSync(handle, part, 1, 3, 3);
    const { size } = disk.fstatSync(handle);
    disk.closeSync(handle);
    disk.renameSync(`${at}/a/one`, `${at}/a/three`);
    const said = [
      ...[got, [...part], size],
      disk.readdirSync(`${at}/a`),
      disk.readFileSync(`${at}/a/three`, 'utf8'),
      disk.existsSync(`${at}/a/one`),
      disk.existsSync(`${at}/a/b`),
      code(() => disk.readFileSync(`${at}/a/one`)),
      code(() => disk.readFileSync(`${at}/a/b`)),
      code(() => disk.readdirSync(`${at}/none`)),
      code(() => disk.renameSync(`${at}/none`, `${at}/a/four`)),
      code(() => disk.openSync(`${at}/none`, 'r')),
      code(() => disk.writeFileSync(`${at}/a/three`, 'drei', { flag: 'wx' })),
      code(() => disk.rmSync(`${at}/a/none`, { force: true })),
    ];
    disk.rmSync(`${at}/a/three`, { force: true });
    return [...said, disk.readdirSync(`${at}/a`)];
  };
  assert.deepEqual(story(pageDisk as unknown as Disk, inPage), story(fs, real));
  assert.deepEqual([...pageDisk.filesIn('/somewhere/a').keys()], ['b/two']);
});

test('where a browser keeps nothing, a run goes on and is told so', async () => {
  assert.equal('indexedDB' in globalThis, false);
  assert.equal(await keep('/somewhere/a'), false);
  assert.equal(await bringBack(), false);
  await forget('/somewhere/a');
  assert.deepEqual([...pageDisk.filesIn('/somewhere/a')], []);
});

test('settings go through the address and back, and what an address cannot say is named', () => {
  assert.equal(addressOf(defaults), '?');
  assert.deepEqual(readAddress(''), { settings: defaults, refused: [] });
  const settings: Settings = {
    ...defaults,
    ...{ models: ['tiny-base-s0', 'small-r1-s0'], task: 'countdown', level: 5, seed: 7 },
    ...{ chosen: '26 3 5 7', language: 'zh', temperature: 0.7, samples: 64, waits: 2 },
  };
  assert.deepEqual(readAddress(addressOf(settings)), { settings, refused: [] });
  const hostile =
    '?task=sums&level=9&chosen=61,1,2&temperature=0&samples=1e9&seed=x&language=fr&models=../x&waits=';
  const { settings: read, refused } = readAddress(hostile);
  assert.deepEqual(read, defaults);
  assert.equal(refused.length, 9);
  assert.equal(readAddress('?task=units').settings.level, 2);
  assert.deepEqual(readAddress('?task=units&chosen=26,3,5,7').refused, ['chosen=26,3,5,7']);
  assert.deepEqual(readAddress('?colour=red&backend=cpu').refused, ['colour=red']);
  assert.deepEqual(problemOf({ ...defaults, chosen: '26 3 5 7' }).level, 3);
});

test('a problem that the reader chooses is the one that the model is asked, or is refused in one line', () => {
  const said = (task: TaskName, text: string): string =>
    whyNot(task, text) || promptText(chosenProblem(task, text), 'en');
  for (const task of taskNames) {
    const { example, answer } = writings[task];
    assert.equal(whyNot(task, example), '');
    assert.ok(verify(chosenProblem(task, example), `<answer> ${answer} </answer> <eos>`).correct);
  }
  assert.equal(said('countdown', '26, 3 5,7'), 'make 26 : 3 5 7 _');
  assert.equal(said('programs', '* 2 + 9, 7 1'), 'rule 7 -> 23 ; 1 -> 11 : _ _');
  assert.equal(said('units', '12m+3 time 5'), 'from 12 m rate + 3 time 5 :');
  assert.equal(said('units', '16 l - 4 to 8'), 'from 16 l rate - 4 to 8 :');
  assert.match(said('countdown', '26 3'), /1 numbers given/);
  assert.match(
    said('countdown', '26: 3'),
    /no problem: 26: 3: use target, then numbers, such as 26 3 5 7/,
  );
  assert.match(said('programs', '* 2 + 9'), /no problem.*such as/);
  assert.match(said('programs', '* 2 + x, 7 1'), /no program/);
  assert.match(said('programs', '* 2, 7 7'), /choose two different inputs/);
  assert.match(said('units', '12 m'), /no problem: 12 m: use start, rate/);
  assert.match(said('units', '16 l - 4 to 24'), /16 - 4 never comes to 24/);
  assert.match(said('units', '16 l - 4 to 7'), /time 2.25 is out of range: use 2 to 6/);
});

test('the site brings the recorded models of each size', () => {
  const models = listModels();
  const names = models.map(({ name }) => name);
  for (const name of [
    'tiny-base-s0',
    'small-base-s0',
    'small-r1-zero-s0',
    'small-r1-s0',
    'base-r1-s0',
    'small-gen4-s0',
  ])
    assert.ok(names.includes(name), name);
  assert.equal(new Set(names).size, names.length);
});
