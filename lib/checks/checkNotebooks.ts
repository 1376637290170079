import * as os from 'node:os';
import * as ts from 'typescript';
import { root } from '../core/files';
import type { Cell, DisplayOutput, Notebook } from '../jupyter/notebook';
import { codeCells, formatNotebook, textOf } from '../jupyter/notebook';
import { checkStamp } from '../jupyter/stamp';

const maxColumns = 88;
const maxLines = 40;
const maxImportLines = 8;
const maxBytes = 500 * 1024;
const vegaLite = 'application/vnd.vegalite.v5+json';

/**
 * Returns everything in a notebook that breaks a rule of the project, one line each, with the way to mend it. `name` is
 * the one that `npm run notebooks` takes.
 */
export function checkNotebook(notebook: Notebook, name: string): string[] {
  const again = `npm run notebooks -- ${name}`;
  return [
    ...checkFile(notebook, again),
    ...checkStamp(notebook, again),
    ...notebook.cells.flatMap((cell, i) => checkText(cell).map((text) => `cell ${i + 1}: ${text}`)),
    ...codeCells(notebook).flatMap((cell, i) =>
      [...checkCode(textOf(cell.source)), ...checkOutputs(cell, again)].map(
        (text) => `code cell ${i + 1}: ${text}`,
      ),
    ),
  ];
}

function checkFile(notebook: Notebook, again: string): string[] {
  const problems: string[] = [];
  const kernel = notebook.metadata.kernelspec?.name;
  if (kernel !== 'tslab')
    problems.push(`kernelspec is ${kernel}, not tslab: choose the kernel TypeScript and save`);
  const bytes = Buffer.byteLength(formatNotebook(notebook));
  if (bytes > maxBytes)
    problems.push(`${Math.round(bytes / 1024)} KB, more than 500 KB: show less, or smaller charts`);
  const ids = notebook.cells.map((cell) => cell.id);
  const nameless = ids.indexOf(undefined);
  if (nameless >= 0) problems.push(`cell ${nameless + 1} has no id: give it one`);
  const twice = ids.find((id, i) => id !== undefined && ids.indexOf(id) !== i);
  if (twice !== undefined) problems.push(`two cells have the id ${twice}: give one another`);
  const counts = codeCells(notebook).map((cell) => cell.execution_count ?? null);
  const wrong = counts.findIndex((count, i) => count !== i + 1);
  if (wrong >= 0)
    problems.push(`not run in order: code cell ${wrong + 1} has count ${counts[wrong]}: ${again}`);
  return problems;
}

/** Checks the rules for every cell, its text and its outputs. */
function checkText(cell: Cell): string[] {
  const problems: string[] = [];
  if (cell.metadata.tags?.includes('raises-exception'))
    problems.push('tagged raises-exception: remove the tag, no cell may fail');
  const everything = textOf(cell.source) + JSON.stringify(cell.outputs ?? []);
  const own = [root, os.homedir()].find((folder) => everything.includes(`${folder}/`));
  const path =
    own ?? /(?<![\w.:/])\/(home|Users|root|tmp|mnt|opt|usr|var)\/\w+/.exec(everything)?.[0];
  if (path !== undefined) problems.push(`absolute path ${path}: start at the repository's root`);
  return problems;
}

function checkCode(code: string): string[] {
  const problems: string[] = [];
  const lines = code.split('\n');
  const long = lines.find((line) => line.length > maxColumns);
  if (long !== undefined)
    problems.push(
      `line of ${long.length} characters, more than ${maxColumns}: break ${long.trim().slice(0, 40)}…`,
    );
  if (lines.length > maxLines)
    problems.push(`${lines.length} lines, more than ${maxLines}: make two cells of it`);

  const statements = statementsOf(code);
  const imports = statements.filter((s) => ts.isImportDeclaration(s)).length;
  if (imports > 0 && imports < statements.length) {
    problems.push('imports and other code in one cell: give the imports their own');
  } else if (imports > 0 && lines.length > maxImportLines)
    problems.push(
      `${lines.length} lines of imports, more than ${maxImportLines}: import the rest where it is taught`,
    );
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
  statements.forEach(visit);
  return problems;
}

/** The functions that show something under the cell which calls them. */
const showing = ['console.log', 'show', 'showSource', 'check'];

function isShowing(statement: ts.Statement): boolean {
  if (!ts.isExpressionStatement(statement)) return false;
  const { expression } = statement;
  const call = ts.isAwaitExpression(expression) ? expression.expression : expression;
  return ts.isCallExpression(call) && showing.includes(call.expression.getText());
}

/** Checks the rules for what a run has left under a code cell. */
function checkOutputs(cell: Cell, again: string): string[] {
  const problems: string[] = [];
  const outputs = cell.outputs ?? [];
  const hasRun = typeof cell.execution_count === 'number';
  if (hasRun && outputs.length === 0 && statementsOf(textOf(cell.source)).some(isShowing))
    problems.push(`shows something and has no output: ${again}`);
  if (outputs.some((output) => output.output_type === 'error'))
    problems.push(`saved with an error: mend it, then ${again}`);
  const displays = outputs.filter(
    (output): output is DisplayOutput => output.output_type === 'display_data',
  );
  if (displays.some(({ data }) => vegaLite in data && !('image/png' in data)))
    problems.push('a chart without image/png: show it with show() of lib/plots/show.ts');
  if (displays.some(({ data }) => isPicture(data) && !isInWords(data['text/plain'])))
    problems.push('a picture without words: give it a text/plain, a chart its alt');
  return problems;
}

const isPicture = (data: DisplayOutput['data']): boolean =>
  Object.keys(data).some((mime) => mime === vegaLite || mime.startsWith('image/'));

/** Returns whether a text has words for a person, and is not a stand-in such as `<VegaLite 5 object>`. */
const isInWords = (text: unknown): boolean =>
  !/^\s*(<[^<>]*>|\[object \w+\])?\s*$/.test(textOf((text ?? '') as string | string[]));

/** Returns the statements of a cell. The added line makes its code a module, in which `await` works at top level. */
function statementsOf(code: string): readonly ts.Statement[] {
  const module = `${code}\nexport {};`;
  return ts
    .createSourceFile('code.ts', module, ts.ScriptTarget.ES2022, true)
    .statements.slice(0, -1);
}
