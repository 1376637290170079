import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../lib/core/files';
import { checkExercises } from '../lib/checks/checkExercises';
import { codeCells, readNotebook, textOf, type Cell, type Notebook } from '../lib/jupyter/notebook';
import { temporaryFolder } from './support/folder';
import { notebookOf } from './support/notebooks';

const folder = path.join(root, 'notebooks');
const names = fs
  .readdirSync(path.join(folder, 'solutions'))
  .filter((file) => file.endsWith('.ipynb'));

const codeOf = (file: string): string[] =>
  codeCells(readNotebook(path.join(folder, file))).map(({ source }) => textOf(source));

test('every solution is right', () => {
  const isExercise = (file: string): boolean => codeOf(file).some((code) => /^check\(/m.test(code));
  const notebooks = fs.readdirSync(folder).filter((file) => file.endsWith('.ipynb'));
  assert.deepEqual(names, notebooks.filter(isExercise), 'a notebook with exercises has solutions');
  const imports = new Set<string>();
  const blocks: string[] = [];
  let checks = 0;
  for (const file of names) {
    const [first, ...solutions] = codeOf(path.join('solutions', file)) as [string, ...string[]];
    for (const line of first.split('\n')) imports.add(line);
    blocks.push(`{\n${solutions.join('\n')}\n}`);
    checks += solutions.join('\n').match(/\bcheck\(/g)!.length;
  }
  const lib = pathToFileURL(path.join(root, 'lib')).href;
  const program = [...imports, ...blocks].join('\n').replaceAll(`'./lib/`, `'${lib}/`);
  const main = path.join(temporaryFolder(), 'solutions.ts');
  fs.writeFileSync(main, program);
  const options = { cwd: root, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main], options); // prettier-ignore
  assert.equal(status, 0, stderr);
  assert.ok(!stdout.includes('✗'), stdout);
  assert.equal(stdout.match(/✓/g)?.length, checks);
});

test('a notebook has some exercises, with difficulty and time, and five questions', () => {
  for (const file of names) {
    const { cells } = readNotebook(path.join(folder, file));
    const isExercise = ({ cell_type: type, source }: Cell): boolean =>
      type === 'code' && /^check\(/m.test(textOf(source));
    const exercises = cells.filter(isExercise);
    assert.ok(exercises.length >= 3 && exercises.length <= 5, `${file}: ${exercises.length}`);
    for (const exercise of exercises) {
      const text = textOf(cells[cells.indexOf(exercise) - 1]!.source);
      assert.match(text, /\((easy|medium|hard), \d+ minutes\)/);
    }
    const questions = cells.map(({ source }) => textOf(source)).find((t) => t.startsWith('## Questions'))!; // prettier-ignore
    assert.equal(questions.match(/<summary>/g)?.length, 5, file);
  }
});

const checks = `check('small', twice(1), 2);\ncheck('none', twice(0), 0);`;
const task = 'const twice = (x: number): number => 0; // yours\n';
const answer = 'const twice = (x: number): number => 2 * x;\n';

/** Makes a notebook with one exercise. */
function exercise(
  code = task,
  said = '✗ small: the answer is 0, expected 2\n✓ none\n',
  folded = answer,
): Notebook {
  const fold = `<details><summary>Solution</summary>\n\n\`\`\`ts\n${folded}\`\`\`\n</details>`;
  return notebookOf(
    { source: `import { check } from './lib/workbook/check';` },
    { cell_type: 'markdown', source: `**1. Twice** (easy, 1 minutes)\n\n${fold}` },
    { source: code + checks, outputs: [{ output_type: 'stream', name: 'stdout', text: said }] },
  );
}
const solved = (code = answer, said = '✓ small\n✓ none\n'): Notebook => exercise(code, said);

test('an exercise and its solution', () => {
  assert.deepEqual(checkExercises(exercise(), solved(), '01-x'), []);
  assert.deepEqual(checkExercises(notebookOf({}), notebookOf(), '01-x'), []);
});

const wrong: [problem: string, Notebook, Notebook][] = [
  ['holds its solution', exercise(`// mine\n${answer.replaceAll(' ', '  ')}`), solved()],
  ['passes its checks as it is', exercise('const twice = (x: number) => x + x;\n', '✓ small\n✓ none\n'), solved()], // prettier-ignore
  ['no solution is folded away', notebookOf({}, exercise().cells[2]!), solved()],
  ['the solution folded away', exercise(undefined, undefined, 'const twice = 2;\n'), solved()],
  ['no cell of solutions/01-x has its checks', exercise(), notebookOf()],
];

for (const [problem, notebook, solutions] of wrong) {
  test(`the check of exercises finds: ${problem}`, () => {
    const problems = checkExercises(notebook, solutions, '01-x');
    assert.equal(problems.length, 1, problems.join('; '));
    assert.ok(problems[0]!.startsWith(`01-x: code cell 2: ${problem}`), problems[0]);
  });
}

test('the check of exercises finds: a solution without its exercise, or that fails', () => {
  const failing = solved(answer, '✗ small: the answer is 1, expected 2\n');
  assert.deepEqual(checkExercises(exercise(), failing, '01-x'), [
    'solutions/01-x: code cell 2: the solution fails a check: mend it',
  ]);
  assert.deepEqual(checkExercises(notebookOf(), solved(), '01-x'), [
    'solutions/01-x: code cell 2: no exercise of 01-x has its checks: make them the same',
  ]);
});
