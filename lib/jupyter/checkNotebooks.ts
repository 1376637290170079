import * as os from 'node:os';
import * as ts from 'typescript';
import { root } from '../core/files';
import type { Cell, DisplayOutput, Notebook } from './notebook';
import { codeCells, formatNotebook, textOf } from './notebook';

const maxColumns = 88;
const maxLines = 40;
const maxBytes = 500 * 1024;
const vegaLite = 'application/vnd.vegalite.v5+json';

/** Everything in a notebook that breaks a rule of the project, one line each; empty when all is well. */
export function checkNotebook(notebook: Notebook): string[] {
  return [
    ...checkFile(notebook),
    ...notebook.cells.flatMap((cell, i) => checkText(cell).map((text) => `cell ${i + 1}: ${text}`)),
    ...codeCells(notebook).flatMap((cell, i) =>
      [...checkCode(textOf(cell.source)), ...checkOutputs(cell)].map(
        (text) => `code cell ${i + 1}: ${text}`,
      ),
    ),
  ];
}

function checkFile(notebook: Notebook): string[] {
  const problems: string[] = [];
  const kernel = notebook.metadata.kernelspec?.name;
  if (kernel !== 'tslab') problems.push(`kernelspec is ${kernel}, not tslab`);
  const bytes = Buffer.byteLength(formatNotebook(notebook));
  if (bytes > maxBytes) problems.push(`${Math.round(bytes / 1024)} KB, more than 500 KB`);
  const ids = notebook.cells.map((cell) => cell.id);
  if (ids.includes(undefined)) problems.push('a cell has no id');
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) problems.push(`two cells have the id ${twice}`);
  const counts = codeCells(notebook).map((cell) => cell.execution_count ?? null);
  const wrong = counts.findIndex((count, i) => count !== i + 1);
  if (wrong >= 0)
    problems.push(`not run in order: code cell ${wrong + 1} has count ${counts[wrong]}`);
  return problems;
}

/** Rules for every cell, its text and its outputs. */
function checkText(cell: Cell): string[] {
  const problems: string[] = [];
  if (cell.metadata.tags?.includes('raises-exception')) problems.push('tagged raises-exception');
  const everything = textOf(cell.source) + JSON.stringify(cell.outputs ?? []);
  const own = [root, os.homedir()].find((folder) => everything.includes(`${folder}/`));
  const path =
    own ?? /(?<![\w.:/])\/(home|Users|root|tmp|mnt|opt|usr|var)\/\w+/.exec(everything)?.[0];
  if (path !== undefined) problems.push(`absolute path ${path}`);
  return problems;
}

function checkCode(code: string): string[] {
  const problems: string[] = [];
  const lines = code.split('\n');
  const long = lines.find((line) => line.length > maxColumns);
  if (long !== undefined) problems.push(`line of ${long.length} characters: ${long.slice(0, 40)}…`);
  if (lines.length > maxLines) problems.push(`${lines.length} lines, more than ${maxLines}`);

  // The added line makes the code a module, where `await` is a keyword at top level.
  const file = parse(`${code}\nexport {};`);
  const statements = file.statements.slice(0, -1);
  const imports = statements.filter((s) => ts.isImportDeclaration(s)).length;
  if (imports > 0 && imports < statements.length) {
    problems.push('imports and other code in one cell');
  }
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isAwaitExpression(node) && code[node.expression.getStart()] === '(') {
      problems.push('`await (` at top level: name the promise, then await it');
    }
    if (ts.isForOfStatement(node) && node.awaitModifier) {
      problems.push('`for await` at top level: put it into a function');
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return problems;
}

/** Rules for what a run has left under a code cell. */
function checkOutputs(cell: Cell): string[] {
  const problems: string[] = [];
  const outputs = cell.outputs ?? [];
  if (outputs.some((output) => output.output_type === 'error'))
    problems.push('saved with an error');
  const charts = outputs.filter(
    (output): output is DisplayOutput =>
      output.output_type === 'display_data' && vegaLite in output.data,
  );
  for (const mime of ['image/png', 'text/plain']) {
    if (charts.some((chart) => !(mime in chart.data))) problems.push(`a chart without ${mime}`);
  }
  return problems;
}

/**
 * Whether a file of lib/ ends in an expression statement. The notebook's compiler crashes on such files (it takes
 * the last expression for the value to print), so every file ends in a declaration.
 */
export function endsInExpression(code: string): boolean {
  const last = parse(code).statements.at(-1);
  return last !== undefined && ts.isExpressionStatement(last);
}

function parse(code: string): ts.SourceFile {
  return ts.createSourceFile('code.ts', code, ts.ScriptTarget.ES2022, true);
}
