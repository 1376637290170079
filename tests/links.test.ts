import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { checkLinks } from '../lib/checks/checkLinks';
import { checkPages } from '../lib/checks/checkWorkbook';
import { formatNotebook, type Cell } from '../lib/jupyter/notebook';
import { temporaryFolder } from './support/folder';
import { notebookOf } from './support/notebooks';

const folder = temporaryFolder();
const write = (name: string, text: string): string => {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
};
const cell = (source: string): Partial<Cell> => ({ cell_type: 'markdown', source });

write('data/README.md', '# The data: *all* of `it`\n\n## Twice\n\n## Twice\n\n<a id="here"></a>\n');
write('data/a b.png', '');
write('notebooks/01-x.ipynb', formatNotebook(notebookOf(cell('# 1. One\n\n## What `it` does'))));

const pageOf = (text: string): string[] => checkLinks(write('README.md', text), folder);
const notebookWith = (...sources: string[]): string[] => {
  const text = formatNotebook(notebookOf({}, ...sources.map(cell)));
  return checkLinks(write('notebooks/02-y.ipynb', text), folder);
};

test('links that are alive', () => {
  const good = [
    '# Über uns & more',
    '[data](data) [page](data/README.md) [below](#über-uns--more)',
    '[heading](data/README.md#the-data-all-of-it) [again](data/README.md#twice-1)',
    '[mark](data/README.md#here) [lines](notebooks/01-x.ipynb#What-it-does)',
    '![a picture](<data/a b.png>) ![a picture](data/a%20b.png "with a title")',
    '<img src="data/a b.png" alt="a picture"> <a href="data/README.md">x</a>',
    '[paper](https://arxiv.org/abs/2501.12948) <https://github.com/a/b?c=d#e>',
    '[by name][there]\n\n[there]: data/README.md',
    '`[code](no-such)`\n\n```ts\n[code](no-such)\n```',
  ];
  assert.deepEqual(pageOf(good.join('\n\n')), []);
  assert.deepEqual(notebookWith('## My part', '[x](01-x.ipynb) [y](../data) [z](#My-part)'), []);
});

const dead: [text: string, problem: string][] = [
  ['[x](data/no-such.md)', 'link data/no-such.md: no such file'],
  ['| a |\n| - |\n| [x](no-such) |', 'link no-such: no such file'],
  ['![words](no-such.png)', 'link no-such.png: no such file'],
  ['<details>\n\n[x](no-such)\n\n</details>', 'link no-such: no such file'],
  ['<a href="no-such">x</a>', 'link no-such: no such file'],
  ['[by name][there]\n\n[there]: no-such', 'link no-such: no such file'],
  ['[x](data/README.md#thrice)', 'no such heading in README.md'],
  ['[x](data/README.md#twice-2)', 'no such heading in README.md'],
  ['[x](#nothing)', 'no such heading in README.md'],
  ['[x](notebooks/01-x.ipynb#1.-Two)', 'no such heading in 01-x.ipynb'],
  ['[x](../elsewhere.md)', 'leads out of the repository'],
  ['[x](/data/README.md)', 'leads out of the repository'],
  ['[x](https://arxiv.org/abs/25011.2948)', 'no address of this form'],
  ['[x](https://localhost:8888/lab)', 'no address of this form'],
  ['[x](https//github.com/a)', 'no such file'],
  ['[x](htps://github.com/a)', 'no address of this form'],
  ['![](data/a%20b.png)', 'without words'],
  ['<img src="data/a b.png" alt=" ">', 'without words'],
  ['<img src="data/a b.png">', 'without words'],
];

for (const [text, problem] of dead) {
  test(`the check of links finds: ${text.replaceAll('\n', ' ')}`, () => {
    const problems = pageOf(`A page.\n\n${text}\n`);
    assert.equal(problems.length, 1, problems.join('; '));
    assert.match(problems[0]!, /^line [3-7]: .*: [^:]+$/);
    assert.ok(problems[0]!.includes(problem), problems[0]);
  });
}

test('in a notebook the cell is named, and paths start at its folder', () => {
  assert.deepEqual(notebookWith('fine', '[x](data/README.md)'), [
    'cell 3: link data/README.md: no such file: correct it, from the file it is in',
  ]);
});

test('pages: README.md and those of data, lib and notebooks, but nothing of the reader', () => {
  const text = '[x](no-such)';
  const ours = ['README', 'data/traces/x', 'lib/README', 'notebooks/notes'];
  for (const page of [...ours, 'data/local/mine', 'other']) write(`${page}.md`, text);
  const pages = checkPages(folder).map((line) => line.split(':')[0]);
  assert.deepEqual(
    pages,
    ours.map((page) => `${page}.md`),
  );
});
