import * as ts from 'typescript';
import { codeCells, textOf, type Notebook } from '../jupyter/notebook';

/** A cell that checks what a reader has written. */
interface Exercise {
  /** which of the code cells, from 1 */
  readonly number: number;
  /** what comes before the checks */
  readonly answer: string;
  readonly checks: string;
  /** what the checks said when the notebook was saved */
  readonly said: string;
  /** the solution that is folded away above the cell */
  readonly folded?: string;
}

const foldedSolution = /<summary>Solution<\/summary>\s+```ts\n([^]*?)\n```/;

/** Returns the exercises of a notebook: its cells with `check(` at the start of a line. */
function exercisesOf(notebook: Notebook): Exercise[] {
  return codeCells(notebook).flatMap((cell, i) => {
    const code = textOf(cell.source);
    const start = code.search(/^check\(/m);
    if (start < 0) return [];
    const above = notebook.cells[notebook.cells.indexOf(cell) - 1];
    const folded = foldedSolution.exec(textOf(above?.source ?? ''))?.[1];
    const said = JSON.stringify(cell.outputs ?? []);
    const [answer, checks] = [code.slice(0, start), code.slice(start)];
    return [{ number: i + 1, answer, checks, said, folded }];
  });
}

/**
 * Compares a notebook's exercises with the notebook of their solutions and returns what is wrong, one line each: an
 * exercise is already solved, or its solution is missing, is wrong, or differs from the one folded away above it.
 */
export function checkExercises(notebook: Notebook, solved: Notebook, name: string): string[] {
  const exercises = exercisesOf(notebook);
  const solutions = exercisesOf(solved);
  const ofExercises = exercises.flatMap((exercise) => {
    const solution = solutions.find(({ checks }) => checks === exercise.checks);
    const problems = solution
      ? checkExercise(exercise, solution)
      : [`no cell of solutions/${name} has its checks: add one that passes them`];
    return problems.map((text) => `${name}: code cell ${exercise.number}: ${text}`);
  });
  const ofSolutions = solutions.flatMap(({ number, checks, said }) => {
    const problems: string[] = [];
    if (!exercises.some((exercise) => exercise.checks === checks))
      problems.push(`no exercise of ${name} has its checks: make them the same`);
    if (said.includes('✗')) problems.push('the solution fails a check: mend it');
    return problems.map((text) => `solutions/${name}: code cell ${number}: ${text}`);
  });
  return [...ofExercises, ...ofSolutions];
}

function checkExercise(exercise: Exercise, solution: Exercise): string[] {
  const { answer, said, folded } = exercise;
  const problems: string[] = [];
  if (withoutComments(answer) === withoutComments(solution.answer))
    problems.push('holds its solution: leave it to the reader');
  else if (said.includes('✓') && !said.includes('✗'))
    problems.push('passes its checks as it is: leave the reader something to do');
  if (folded === undefined) problems.push('no solution is folded away above it: add it');
  else if (!solution.answer.includes(folded))
    problems.push('the solution folded away above it is not the one in solutions/: copy that');
  return problems;
}

/** Returns code without comments and in one layout, so that it can be compared. */
function withoutComments(code: string): string {
  const file = ts.createSourceFile('code.ts', code, ts.ScriptTarget.ES2022);
  return ts.createPrinter({ removeComments: true }).printFile(file);
}
