import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import * as ts from 'typescript';
import { root } from '../lib/core/files';
import { secondsLeft } from '../lib/jupyter/cellProgress';
import { checkNotebook } from '../lib/checks/checkNotebooks';
import { checkNotebooks, notebookNames } from '../lib/checks/checkWorkbook';
import { checkOnce } from '../lib/jupyter/kernel/checkOnce.cjs';
import { formatNotebook, writeNotebook, type Notebook } from '../lib/jupyter/notebook';
import { collapseReturns, Outputs } from '../lib/jupyter/outputs';
import { codeHash, stamped } from '../lib/jupyter/stamp';
import { temporaryFolder } from './support/folder';
import { notebookOf } from './support/notebooks';

test('carriage returns are collapsed as a terminal shows them', () => {
  assert.equal(collapseReturns('10 %\r20 %\r30 %\nend\n'), '30 %\nend\n');
  assert.equal(collapseReturns('\rlong text   \rab'), 'abng text');
  assert.equal(collapseReturns('done\r\nnext\r\n'), 'done\nnext\n');
  assert.equal(collapseReturns('a  \nb'), 'a  \nb');
});

test('text of one stream is joined, another stream or a display comes between', () => {
  const outputs = new Outputs();
  outputs.add(0, 'stream', { name: 'stdout', text: 'a\r' });
  outputs.add(0, 'stream', { name: 'stdout', text: 'b\n' });
  outputs.add(0, 'stream', { name: 'stderr', text: 'c\n' });
  outputs.add(0, 'display_data', { data: { 'text/plain': 'd' }, metadata: {}, transient: {} });
  outputs.add(0, 'stream', { name: 'stdout', text: 'e' });
  assert.deepEqual(outputs.finished(0), [
    { output_type: 'stream', name: 'stdout', text: 'b\n' },
    { output_type: 'stream', name: 'stderr', text: 'c\n' },
    { output_type: 'display_data', data: { 'text/plain': 'd' }, metadata: {} },
    { output_type: 'stream', name: 'stdout', text: 'e' },
  ]);
});

test('a notebook is written as JupyterLab writes it, without times', () => {
  const notebook = notebookOf({
    metadata: { tags: ['x'], execution: { 'iopub.status.busy': '2026-01-01' } },
    source: 'a\nb',
    outputs: [
      { output_type: 'stream', name: 'stdout', text: 'é\n' },
      {
        output_type: 'display_data',
        metadata: {},
        data: { 'text/plain': 'one\ntwo', 'image/png': 'AA', 'application/x+json': { b: 1, a: 2 } },
      },
    ],
  });
  assert.equal(
    formatNotebook({ ...notebook, metadata: {} }),
    `{
 "cells": [
  {
   "cell_type": "code",
   "execution_count": 1,
   "id": "c0",
   "metadata": {
    "tags": [
     "x"
    ]
   },
   "outputs": [
    {
     "name": "stdout",
     "output_type": "stream",
     "text": [
      "é\\n"
     ]
    },
    {
     "data": {
      "application/x+json": {
       "a": 2,
       "b": 1
      },
      "image/png": "AA",
      "text/plain": [
       "one\\n",
       "two"
      ]
     },
     "metadata": {},
     "output_type": "display_data"
    }
   ],
   "source": [
    "a\\n",
    "b"
   ]
  }
 ],
 "metadata": {},
 "nbformat": 4,
 "nbformat_minor": 5
}
`,
  );
});

test('time left: the rest of this cell and all later ones', () => {
  assert.equal(secondsLeft([1, 10, 5], 1, 4), 11);
  assert.equal(secondsLeft([1, 10, 5], 1, 30), 5);
  assert.equal(secondsLeft([1, 10, 5], 3, 0), 0);
});

const chart = {
  'application/vnd.vegalite.v5+json': {},
  'image/png': 'AA',
  'text/plain': 'Loss. 4.8 to 0.76.',
};

const display = (data: Record<string, unknown>): Notebook =>
  notebookOf({ outputs: [{ output_type: 'display_data', data, metadata: {} }] });

const problemsOf = (notebook: Notebook): string[] => checkNotebook(notebook, '01-x');

const importsOf8 = Array<string>(8).fill(`import 'fs';`).join('\n');

test('a notebook that follows the rules has no problems', () => {
  const good = notebookOf(
    { source: `// what we need\nimport { test } from 'node:test';\nimport 'fs';` },
    { source: importsOf8 },
    { source: `const f = async () => { for await (const x of []) await (x); };\nawait f();` },
    {
      source: `const say = () => { console.log(1); };\nawait show(chart);`,
      outputs: [{ output_type: 'display_data', data: chart, metadata: {} }],
    },
  );
  good.cells.push({ cell_type: 'markdown', id: 'm', metadata: {}, source: 'see data/runs/x' });
  good.cells.push({ cell_type: 'code', id: 'e', metadata: {}, source: ' ', outputs: [] });
  assert.deepEqual(problemsOf(stamped(good, 'live')), []);
  const text = notebookOf({ cell_type: 'markdown', source: 'No code, and so nothing to run.' });
  assert.deepEqual(problemsOf(text), []);
});

test('the stamp: none, of other code, of smoke mode', () => {
  const again = 'npm run notebooks -- 01-x';
  const notebook = notebookOf({ source: 'const a = 1;' }, { source: 'a;' });
  assert.deepEqual(problemsOf(notebook), [
    `no stamp of the code that its outputs are from: ${again}`,
  ]);
  assert.deepEqual(problemsOf(stamped(notebook, 'smoke')), [
    `its outputs are from smoke mode: ${again}`,
  ]);
  const old = stamped(notebook, 'replay');
  const withText = { cell_type: 'markdown', id: 'm', metadata: {}, source: 'text' } as const;
  assert.deepEqual(problemsOf({ ...old, cells: [withText, ...old.cells] }), []);
  const [first, second] = old.cells;
  const changes = [
    [first!, { ...second!, source: 'a + 1;' }],
    [
      { ...first!, source: ['const a = ', '1;', 'a;'] },
      { ...second!, source: ' ' },
    ], // moved
    [
      { ...first!, source: 'a;' },
      { ...second!, source: 'const a = 1;' },
    ],
  ];
  for (const cells of changes) {
    const problems = problemsOf({ ...old, cells });
    assert.deepEqual(problems, [`its outputs are from other code: ${again}`]);
  }
  const asLines = notebookOf({ source: ['const a ', '= 1;'] }, { source: 'a;' });
  assert.equal(codeHash(asLines), codeHash(notebook)); // as a file holds it
});

const otherKernel = { metadata: { kernelspec: { name: 'deno' } } };
const withChart = (changed: Record<string, unknown>): Notebook => {
  const data = Object.entries({ ...chart, ...changed }).filter(([, value]) => value !== undefined);
  return display(Object.fromEntries(data));
};
const wordless = 'code cell 1: a picture without words';
const broken: [string, Notebook][] = [
  ['code cell 1: line of 89 characters, more than 88', notebookOf({ source: `// ${'x'.repeat(86)}` })], // prettier-ignore
  ['code cell 1: 41 lines, more than 40', notebookOf({ source: '1\n'.repeat(40) })],
  ['`await (` at top level', notebookOf({ source: 'if (true) await (async () => 1)();' })],
  ['`for await` at top level', notebookOf({ source: 'for await (const x of []) {}' })],
  ['imports and other code', notebookOf({ source: `import 'fs';\nconst x = 1;` })],
  ['code cell 1: 9 lines of imports, more than 8', notebookOf({ source: `${importsOf8}\nimport 'fs';` })], // prettier-ignore
  ['raises-exception', notebookOf({ metadata: { tags: ['raises-exception'] } })],
  ['two cells have the id c0', notebookOf({}, { id: 'c0' })],
  ['cell 2 has no id', notebookOf({}, { id: undefined }, { id: undefined })],
  ['not tslab', { ...notebookOf({}), ...otherKernel }],
  ['absolute path /home/ann', notebookOf({ source: `const file = '/home/ann/x.json';` })],
  [`absolute path ${root}`, notebookOf({ cell_type: 'markdown', source: `in ${root}/data` })],
  [
    'saved with an error',
    notebookOf({ outputs: [{ output_type: 'error', ename: 'E', evalue: '', traceback: [] }] }),
  ],
  ['code cell 2 has count 3', notebookOf({}, { execution_count: 3 })],
  ['code cell 1 has count null', notebookOf({ execution_count: null, source: 'show(1);' })],
  ['code cell 1: shows something', notebookOf({ source: 'console.log(1);' })],
  ['code cell 1: shows something', notebookOf({ source: 'const a = 1;\nawait show(a);' })],
  [
    'more than 500 KB',
    notebookOf({ outputs: [{ output_type: 'stream', name: 'stdout', text: 'x'.repeat(520_000) }] }),
  ],
  ['code cell 1: a chart without image/png', withChart({ 'image/png': undefined })],
  ...[undefined, '', ' \n', '<VegaLite 5 object>', ['[object ', 'Object]']].map(
    (words): [string, Notebook] => [wordless, withChart({ 'text/plain': words })],
  ),
  [wordless, display({ 'image/svg+xml': '<svg/>' })],
];

for (const [problem, notebook] of broken) {
  test(`the check finds: ${problem}`, () => {
    const problems = problemsOf(stamped(notebook, 'replay'));
    assert.equal(problems.length, 1, problems.join('; '));
    assert.ok(problems[0]!.includes(problem), problems[0]);
    assert.match(problems[0]!, /: [^:]+$/); // how to mend it
  });
}

test('a workbook: which notebooks there are, and each rule for the whole of it', () => {
  const folder = temporaryFolder();
  const write = (name: string, notebook: Notebook): void =>
    writeNotebook(path.join(folder, 'notebooks', `${name}.ipynb`), stamped(notebook, 'replay'));
  const exercise = notebookOf({ id: 'x1', source: `check('one', 1, 1);` });
  write('02-b', notebookOf({}));
  write('01-a', notebookOf({ cell_type: 'markdown', source: '[x](no-such)' }, ...exercise.cells));
  write('solutions/01-a', notebookOf({ source: '1\n'.repeat(40) }));
  write('.ipynb_checkpoints/01-a-checkpoint', exercise);
  assert.deepEqual(notebookNames(folder), ['01-a', '02-b', 'solutions/01-a']);
  const beginnings = checkNotebooks(folder, notebookNames(folder)).map((line) =>
    line.split(':').slice(0, 2).join(':'),
  );
  assert.deepEqual(beginnings, [
    '01-a: code cell 1',
    '01-a: cell 1',
    'solutions/01-a: code cell 1',
    '01-a: code cell 1',
  ]);
  assert.deepEqual(checkNotebooks(folder, ['02-b']), []);
});

test('a kernel checks what a cell imports unless it is known to have no errors', () => {
  const folder = temporaryFolder();
  const file = (name: string): string => path.join(folder, `${name}.ts`);
  const write = (name: string, code: string): void => fs.writeFileSync(file(name), code);
  /** Returns which files a new kernel checks when a cell imports these, and the errors that it finds. */
  const check = (names: string[], options: ts.CompilerOptions = {}): string[] => {
    write('__tslab__', names.map((name) => `import './${name}';`).join('\n'));
    const cell = file('__tslab__');
    const program = ts.createProgram([cell], { noLib: true, types: [], strict: true, ...options });
    const imported = program.getSourceFiles().filter(({ fileName }) => fileName !== cell);
    let checked = '';
    const getPreEmitDiagnosticsOfFiles = (_: ts.Program, files: ts.SourceFile[]): unknown[] => {
      checked = files.map(({ fileName }) => path.basename(fileName, '.ts')).join(' ');
      return files.flatMap((source) => program.getSemanticDiagnostics(source));
    };
    const compiler = checkOnce({ getPreEmitDiagnosticsOfFiles }, file('memory/known'));
    const problems: ts.Diagnostic[] = compiler(program, [program.getSourceFile(cell), ...imported]);
    return [checked, ...problems.map((problem) => problem.messageText as string)];
  };
  write('b', 'export const b: number = 1;');
  write('a', `import { b } from './b';\nexport const a: number = b;`);
  write('c', 'export const c = 1;');
  assert.deepEqual(check(['a']), ['__tslab__ b a']);
  assert.deepEqual(check(['a']), ['__tslab__']);
  assert.deepEqual(check(['c', 'a']), ['__tslab__ c']);
  assert.deepEqual(check(['a'], { strict: false }), ['__tslab__ b a']);

  write('b', `export const b: string = '';`); // an error in a file that did not change
  const wrong = ['__tslab__ b a', `Type 'string' is not assignable to type 'number'.`];
  assert.deepEqual(check(['a']), wrong);
  assert.deepEqual(check(['a']), wrong);
  write('b', 'export const b = 2;');
  assert.deepEqual(check(['a']), ['__tslab__ b a']);
  assert.deepEqual(check(['a']), ['__tslab__']);
});
