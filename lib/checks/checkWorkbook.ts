import * as fs from 'node:fs';
import * as path from 'node:path';
import { checkExercises } from './checkExercises';
import { checkLinks } from './checkLinks';
import { checkNotebook } from './checkNotebooks';
import { readNotebook, type Notebook } from '../jupyter/notebook';

/** Returns the names of all notebooks in order, as `npm run notebooks` takes them: `01-…`, `solutions/01-…`. */
export function notebookNames(folder: string): string[] {
  const files = fs.readdirSync(path.join(folder, 'notebooks'), { recursive: true }).map(String);
  const names = files.filter((file) => /^(solutions.)?[^/\\.]*\.ipynb$/.test(file));
  return names.map((file) => file.replace('.ipynb', '').replaceAll('\\', '/')).sort();
}

const none: Notebook = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };

/** Returns everything in these notebooks that breaks a rule, one line each. Exercises are compared with solutions. */
export function checkNotebooks(folder: string, names: readonly string[]): string[] {
  const fileOf = (name: string): string => path.join(folder, 'notebooks', `${name}.ipynb`);
  const read = (name: string): Notebook =>
    fs.existsSync(fileOf(name)) ? readNotebook(fileOf(name)) : none;
  const ofEach = names.flatMap((name) =>
    [...checkNotebook(read(name), name), ...checkLinks(fileOf(name), folder)].map(
      (text) => `${name}: ${text}`,
    ),
  );
  const plain = new Set(names.map((name) => name.replace('solutions/', '')));
  const ofPairs = [...plain].flatMap((name) =>
    checkExercises(read(name), read(`solutions/${name}`), name),
  );
  return [...ofEach, ...ofPairs];
}

/** Returns what is wrong with the links of README.md and of all pages in `data/`, `lib/` and `notebooks/`. */
export function checkPages(folder: string): string[] {
  const pages = ['data', 'lib', 'notebooks'].flatMap((below) =>
    fs
      .readdirSync(path.join(folder, below), { recursive: true })
      .map((file) => path.join(below, String(file)))
      .filter((file) => file.endsWith('.md') && !file.startsWith(path.join('data', 'local'))),
  );
  return ['README.md', ...pages].flatMap((page) =>
    checkLinks(path.join(folder, page), folder).map((text) => `${page}: ${text}`),
  );
}
