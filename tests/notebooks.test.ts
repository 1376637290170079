import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { root } from '../lib/core/files';
import { secondsLeft } from '../lib/jupyter/cellProgress';
import { checkNotebook, endsInExpression } from '../lib/jupyter/checkNotebooks';
import { formatNotebook, readNotebook, type Cell, type Notebook } from '../lib/jupyter/notebook';
import { collapseReturns, Outputs } from '../lib/jupyter/outputs';

const tslab = { display_name: 'TypeScript', language: 'typescript', name: 'tslab' };

function notebookOf(...cells: Partial<Cell>[]): Notebook {
  return {
    cells: cells.map((cell, i) => ({
      cell_type: 'code',
      id: `c${i}`,
      metadata: {},
      source: '1',
      execution_count: i + 1,
      outputs: [],
      ...cell,
    })),
    metadata: { kernelspec: tslab },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

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
  'text/plain': 'a chart',
};

test('a notebook that follows the rules has no problems', () => {
  const good = notebookOf(
    { source: `// what we need\nimport { test } from 'node:test';\nimport 'fs';` },
    { source: `const f = async () => { for await (const x of []) await (x); };\nawait f();` },
    { outputs: [{ output_type: 'display_data', data: chart, metadata: {} }] },
  );
  good.cells.push({ cell_type: 'markdown', id: 'm', metadata: {}, source: 'see data/runs/x' });
  good.cells.push({ cell_type: 'code', id: 'e', metadata: {}, source: ' ', outputs: [] });
  assert.deepEqual(checkNotebook(good), []);
});

const broken: [string, Notebook][] = [
  ['line of 89 characters', notebookOf({ source: `// ${'x'.repeat(86)}` })],
  ['41 lines', notebookOf({ source: '1\n'.repeat(40) })],
  ['`await (` at top level', notebookOf({ source: 'if (true) await (async () => 1)();' })],
  ['`for await` at top level', notebookOf({ source: 'for await (const x of []) {}' })],
  ['imports and other code', notebookOf({ source: `import 'fs';\nconst x = 1;` })],
  ['raises-exception', notebookOf({ metadata: { tags: ['raises-exception'] } })],
  ['two cells have the id c0', notebookOf({}, { id: 'c0' })],
  ['no id', notebookOf({ id: undefined })],
  ['not tslab', { ...notebookOf({}), metadata: { kernelspec: { ...tslab, name: 'deno' } } }],
  ['absolute path /home/ann', notebookOf({ source: `const file = '/home/ann/x.json';` })],
  [`absolute path ${root}`, notebookOf({ cell_type: 'markdown', source: `in ${root}/data` })],
  [
    'saved with an error',
    notebookOf({ outputs: [{ output_type: 'error', ename: 'E', evalue: '', traceback: [] }] }),
  ],
  ['code cell 2 has count 3', notebookOf({}, { execution_count: 3 })],
  ['code cell 1 has count null', notebookOf({ execution_count: null })],
  [
    'more than 500 KB',
    notebookOf({ outputs: [{ output_type: 'stream', name: 'stdout', text: 'x'.repeat(520_000) }] }),
  ],
  ...['image/png', 'text/plain'].map((mime): [string, Notebook] => {
    const data = Object.fromEntries(Object.entries(chart).filter(([key]) => key !== mime));
    const outputs = [{ output_type: 'display_data' as const, data, metadata: {} }];
    return [`a chart without ${mime}`, notebookOf({ outputs })];
  }),
];

for (const [problem, notebook] of broken) {
  test(`the check finds: ${problem}`, () => {
    const problems = checkNotebook(notebook);
    assert.equal(problems.length, 1, problems.join('; '));
    assert.ok(problems[0]!.includes(problem), problems[0]);
  });
}

test('the notebooks follow the rules', () => {
  const folder = path.join(root, 'notebooks');
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.ipynb'))) {
    assert.deepEqual(checkNotebook(readNotebook(path.join(folder, file))), [], file);
  }
});

test('no file of lib ends in an expression, which would crash the compiler of the notebooks', () => {
  assert.equal(endsInExpression('const a = 1;\nconsole.log(a);'), true);
  assert.equal(endsInExpression('console.log(1);\nexport {};'), false);
  const files = fs.readdirSync(path.join(root, 'lib'), { recursive: true }).map(String);
  const sources = files.filter((file) => file.endsWith('.ts'));
  assert.ok(sources.length > 10);
  const bad = sources.filter((file) =>
    endsInExpression(fs.readFileSync(path.join(root, 'lib', file), 'utf8')),
  );
  assert.deepEqual(bad, []);
});
