import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../lib/core/files';
import { codeCells, readNotebook, textOf, type Cell } from '../lib/jupyter/notebook';
import { temporaryFolder } from './support/folder';

const folder = path.join(root, 'notebooks');
const names = fs
  .readdirSync(path.join(folder, 'solutions'))
  .filter((file) => file.endsWith('.ipynb'));

const codeOf = (file: string): string[] =>
  codeCells(readNotebook(path.join(folder, file))).map(({ source }) => textOf(source));

/** A cell from its first check on. */
const checksOf = (code: string): string => code.slice(code.search(/^check\(/m));

test('every solution is right, and answers the exercise of its notebook', () => {
  assert.ok(names.length >= 6);
  const imports = new Set<string>();
  const blocks: string[] = [];
  let checks = 0;
  for (const file of names) {
    const [first, ...solutions] = codeOf(path.join('solutions', file)) as [string, ...string[]];
    for (const line of first.split('\n')) imports.add(line);
    blocks.push(`{\n${solutions.join('\n')}\n}`);
    checks += solutions.join('\n').match(/\bcheck\(/g)!.length;
    const exercises = codeOf(file).filter((code) => /^check\(/m.test(code));
    assert.deepEqual(solutions.map(checksOf), exercises.map(checksOf), file);
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

test('the exercises are not solved in the notebook itself, and fold the solution away', () => {
  for (const file of names) {
    const { cells } = readNotebook(path.join(folder, file));
    const isExercise = ({ cell_type: type, source }: Cell): boolean =>
      type === 'code' && /^check\(/m.test(textOf(source));
    const exercises = cells.filter(isExercise);
    assert.ok(exercises.length >= 3 && exercises.length <= 5, `${file}: ${exercises.length}`);
    for (const exercise of exercises) {
      assert.ok(JSON.stringify(exercise.outputs).includes('✗'), `${file}: ${exercise.id}`);
      const text = textOf(cells[cells.indexOf(exercise) - 1]!.source);
      assert.match(text, /\((easy|medium|hard), \d+ minutes\)/);
      const [, solution] = /<summary>Solution<\/summary>\s+```ts\n([^]*?)\n```/.exec(text)!;
      const solved = codeOf(path.join('solutions', file)).some((code) => code.includes(solution!));
      assert.ok(solved, `${file}: the folded solution of ${exercise.id} is another one`);
    }
    const questions = cells.map(({ source }) => textOf(source)).find((t) => t.startsWith('## Questions'))!; // prettier-ignore
    assert.equal(questions.match(/<summary>/g)?.length, 5, file);
  }
});
