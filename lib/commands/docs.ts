import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { root } from '../core/files';
import { readArguments, runCommand } from './arguments';

const help = `
npm run docs [-- --check]
Writes the pages of the programming interface, one for each exported function and type of lib/, to data/local/docs.
A link that leads nowhere fails, and so does an exported function whose types are not exported.

  --check   write nothing, and only say what is wrong
`;

/** Where the pages go. */
const folder = 'data/local/docs';

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
  ...['--name', 'R1 workbook', '--readme', 'lib/README.md', '--out', folder, '--hideGenerator'],
  ...['--entryPointStrategy', 'expand', '--entryPoints', 'lib', '--sort', 'source-order'],
  '--skipErrorChecking', // the compiler checks types by itself, in `npm test`
  ...excluded.flatMap((pattern) => ['--exclude', pattern]),
  '--excludeExternals', // `tf` would bring along the pages of all of TensorFlow.js
  ...['--treatWarningsAsErrors', '--validation.notExported', '--validation.invalidLink'],
  ...partsOfTheGraph.flatMap((name) => ['--intentionallyNotExported', name]),
  // A page links to its source in this folder. Pages lie four folders deep, and paths are relative to lib/.
  ...['--disableGit', '--sourceLinkTemplate', '../../../../lib/{path}#L{line}'],
];

function main(): number {
  const { values } = readArguments(help, { check: { type: 'boolean', default: false } });
  const typedoc = path.join(root, 'node_modules/typedoc/bin/typedoc');
  const emit = ['--emit', values.check ? 'none' : 'docs'];
  const { status } = spawnSync(process.execPath, [typedoc, ...options, ...emit], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status === 0 && !values.check) console.log(`open ${folder}/index.html in a browser`);
  return status ?? 1;
}

export const finished: Promise<void> = runCommand(main);
