/** The pages of the programming interface, one for each exported function and type of lib/. */
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { root } from '../core/files';

/** Commands, the set-up and what runs in the kernel or in the browser export nothing for others. */
const excluded = [
  'lib/commands/**',
  'lib/setup/**',
  'lib/jupyter/kernel/**',
  'lib/workbook/views/**',
  'lib/site/page/**',
];

/** The parts of lib/recipe/graph.ts that StageName refers to. They are not exported, because `stages` holds them all. */
const partsOfTheGraph = ['ofTheRecipe', 'controls', 'ofTheSecondHalf', 'armsOfTheSecondHalf'];

const options = [
  ...['--name', 'R1 workbook', '--readme', 'lib/README.md', '--hideGenerator'],
  ...['--entryPointStrategy', 'expand', '--entryPoints', 'lib', '--sort', 'source-order'],
  '--skipErrorChecking', // the compiler checks types by itself, in `npm test`
  ...excluded.flatMap((pattern) => ['--exclude', pattern]),
  '--excludeExternals', // `tf` would bring along the pages of all of TensorFlow.js
  ...['--treatWarningsAsErrors', '--validation.notExported', '--validation.invalidLink'],
  ...partsOfTheGraph.flatMap((name) => ['--intentionallyNotExported', name]),
  // A page links to its source in this folder. Pages lie four folders deep, and paths are relative to lib/.
  ...['--disableGit', '--sourceLinkTemplate', '../../../../lib/{path}#L{line}'],
];

/**
 * Writes the pages into a folder, or with null only says what is wrong: a link that leads nowhere, an exported function
 * whose types are not exported. `more` are further options of typedoc. Returns whether all is well.
 */
export function writeDocs(folder: string | null, more: readonly string[] = []): boolean {
  const typedoc = path.join(root, 'node_modules/typedoc/bin/typedoc');
  const emit = folder === null ? ['--emit', 'none'] : ['--emit', 'docs', '--out', folder];
  const command = [typedoc, ...options, ...more, ...emit];
  return spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status === 0;
}
