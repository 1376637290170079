/** Measures the whole of lib/: which way imports point, and how large folders and functions are. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/core/files';
import { circlesOf, endsInExpression, functionsOf, sourceFiles } from './support/sourceFiles';

/** The rooms of lib/ from top to bottom: a file imports only from its own room and from rooms that come later. */
const rooms = [
  'commands',
  'bench',
  'checks',
  'site',
  'workbook',
  'reports',
  'handover',
  'recipe',
  'stages',
  'plots',
  'evaluation',
  'training',
  'rewards',
  'sampling',
  'tasks',
  'model',
  'tokenizer',
  'runs',
  'engine',
  'jupyter',
  'core',
  'setup',
];
const mostFiles = 25;
const mostLines = 60;
const mostParameters = 4;

const files = sourceFiles();
const functions = files.flatMap(functionsOf);
const roomOf = (file: string): string => file.split('/')[1]!;

test('lib/ has the rooms of the map in README.md, in its order', () => {
  const folders = fs.readdirSync(path.join(root, 'lib'), { withFileTypes: true });
  const names = folders.filter((folder) => folder.isDirectory()).map(({ name }) => name);
  assert.deepEqual(names.sort(), [...rooms].sort());
  const map = fs.readFileSync(path.join(root, 'README.md'), 'utf8').split('## The map')[1]!;
  const rows = map.split('\n## ')[0]!.matchAll(/^\| `(\w+)\/`/gm);
  assert.deepEqual(
    [...rows].map(([, name]) => name),
    rooms,
  );
});

test('the files that lib/README.md names are there', () => {
  const page = fs.readFileSync(path.join(root, 'lib/README.md'), 'utf8');
  const examples = [...page.matchAll(/^\| `(\w+)\/` .*\| `([\w.]+)` +\|$/gm)];
  assert.deepEqual(
    examples.map(([, room]) => room),
    rooms,
  );
  const onTheWay = [...page.matchAll(/`((?:\w+\/)+\w+\.\w+)`/g)].map(([, file]) => file!);
  const named = [...examples.map(([, room, file]) => `${room}/${file}`), ...onTheWay];
  const missing = named
    .filter((file) => !file.startsWith('data/'))
    .filter((file) => !fs.existsSync(path.join(root, 'lib', file)));
  assert.deepEqual(missing, []);
});

test('imports point downwards', () => {
  const upwards = files.flatMap(({ file, imports }) =>
    imports
      .filter((to) => rooms.indexOf(roomOf(to)) < rooms.indexOf(roomOf(file)))
      .map((to) => `${file} imports ${to}`),
  );
  assert.deepEqual(upwards, []);
});

test('no file imports itself through others', () => {
  assert.deepEqual(
    circlesOf(files).map((circle) => circle.join(' -> ')),
    [],
  );
});

test(`no folder has more than ${mostFiles} files`, (t) => {
  const folders = fs
    .readdirSync(path.join(root, 'lib'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath }) => path.relative(root, parentPath));
  const counts = [...new Set(folders)].map((folder) => ({
    folder,
    files: folders.filter((other) => other === folder).length,
  }));
  const largest = counts.reduce((a, b) => (b.files > a.files ? b : a));
  t.diagnostic(`largest folder: ${largest.folder}, ${largest.files} files`);
  assert.deepEqual(
    counts.filter((count) => count.files > mostFiles),
    [],
  );
});

test(`no function has more than ${mostLines} lines or ${mostParameters} parameters`, (t) => {
  const longest = functions.reduce((a, b) => (b.lines > a.lines ? b : a));
  t.diagnostic(`longest function: ${longest.place}, ${longest.lines} lines`);
  const tooLarge = functions.filter(
    ({ lines, parameters }) => lines > mostLines || parameters > mostParameters,
  );
  assert.deepEqual(
    tooLarge.map((f) => `${f.place}: ${f.lines} lines, ${f.parameters} parameters`),
    [],
  );
});

// The fields of `Stage` in lib/recipe/stage.ts say what a stage is. Code that reads it from the name breaks with the name.
test('no code takes the name of a stage apart', () => {
  const takesApart = '\\.(?:replace|split|startsWith|endsWith|match|includes)\\(';
  const parsing = new RegExp(
    `\\bstage(?:\\.name|Name)?${takesApart}|\\.test\\(stage\\b|${takesApart}'[^']*r1-zero`,
  );
  const found = files.flatMap(({ file, text }) =>
    text
      .split('\n')
      .flatMap((line, i) => (parsing.test(line) ? [`${file}:${i + 1} ${line.trim()}`] : [])),
  );
  assert.deepEqual(found, []);
});

test('no file ends in an expression, which would crash the compiler of the notebooks', () => {
  assert.equal(endsInExpression('const a = 1;\nconsole.log(a);'), true);
  assert.equal(endsInExpression('console.log(1);\nexport {};'), false);
  const forNotebooks = (file: string): boolean => !file.startsWith('lib/site/page/');
  const modules = files.filter(({ file }) => file.endsWith('.ts') && forNotebooks(file));
  const bad = modules.filter(({ text }) => endsInExpression(text)).map(({ file }) => file);
  assert.deepEqual(bad, []);
});
