import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';
import { root } from '../../lib/core/files';

/** A source file of lib/ and the files of lib/ that it imports. Paths are relative to the repository's root. */
export interface SourceFile {
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
}

/** A function of a source file: where it begins, how many lines it has, and how many parameters it takes. */
export interface FunctionSize {
  readonly place: string;
  readonly lines: number;
  readonly parameters: number;
}

const sources = ['.ts', '.mjs', '.cjs'];

/** Reads the files below lib/ that hold code in TypeScript or JavaScript. */
export function sourceFiles(): SourceFile[] {
  return fs
    .readdirSync(path.join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((file) => sources.includes(path.extname(file)))
    .map((file) => path.posix.join('lib', file.replaceAll(path.sep, '/')))
    .sort()
    .map((file) => {
      const text = fs.readFileSync(path.join(root, file), 'utf8');
      return { file, text, imports: importsOf(file, text) };
    });
}

/**
 * Returns the files that a file imports: by `import`, by `require`, or as a type in a JSDoc comment. A path that leads
 * to no file stands inside of a string; the compiler refuses it everywhere else.
 */
function importsOf(file: string, text: string): string[] {
  const named = text.matchAll(/\b(?:from|import|require)\s*\(?\s*'(\.{1,2}\/[^']*|\.{1,2})'/g);
  const paths = [...named].flatMap(([, name]) => {
    const bare = path.posix.join(path.posix.dirname(file), name!);
    return ['', '.ts', '/index.ts'].map((end) => bare + end).find(isFile) ?? [];
  });
  return [...new Set(paths)];
}

const isFile = (file: string): boolean =>
  fs.statSync(path.join(root, file), { throwIfNoEntry: false })?.isFile() ?? false;

/** Returns all functions of a file. The lines of a nested function count for the outer one too. */
export function functionsOf({ file, text }: SourceFile): FunctionSize[] {
  const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lineOf = (position: number): number => parsed.getLineAndCharacterOfPosition(position).line;
  const found: FunctionSize[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) {
      const first = lineOf(node.getStart(parsed));
      found.push({
        place: `${file}:${first + 1} ${nameOf(node, parsed)}`,
        lines: lineOf(node.end) - first + 1,
        parameters: node.parameters.length,
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return found;
}

/** Returns a function's own name, or that of the variable or property which holds it. */
function nameOf(node: ts.SignatureDeclaration, parsed: ts.SourceFile): string {
  if (node.name) return node.name.getText(parsed);
  const { parent } = node;
  const holder = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent);
  return holder ? parent.name.getText(parsed) : 'a function without a name';
}

/**
 * Returns whether a file ends in an expression statement. The compiler of the notebooks crashes on such a file of
 * lib/, because it takes the last expression for a value to print.
 */
export function endsInExpression(code: string): boolean {
  const last = ts.createSourceFile('code.ts', code, ts.ScriptTarget.Latest).statements.at(-1);
  return last !== undefined && ts.isExpressionStatement(last);
}

/** Returns the circles of a graph of imports. Each is a list of files in which every file imports the next one. */
export function circlesOf(files: readonly SourceFile[]): string[][] {
  const importsBy = new Map(files.map(({ file, imports }) => [file, imports]));
  const done = new Set<string>();
  const circles: string[][] = [];
  const visit = (file: string, way: readonly string[]): void => {
    const before = way.indexOf(file);
    if (before >= 0) circles.push([...way.slice(before), file]);
    if (before >= 0 || done.has(file)) return;
    for (const next of importsBy.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const { file } of files) visit(file, []);
  return circles;
}
