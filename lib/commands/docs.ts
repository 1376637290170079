import { writeDocs } from '../site/docs';
import { readArguments, runCommand } from './arguments';

const help = `
npm run docs [-- --check]
Writes the pages of the programming interface, one for each exported function and type of lib/, to data/local/docs.
A link that leads nowhere fails, and so does an exported function whose types are not exported.

  --check   write nothing, and only say what is wrong
`;

/** Where the pages go. */
const folder = 'data/local/docs';

function main(): number {
  const { values } = readArguments(help, { check: { type: 'boolean', default: false } });
  const isWell = writeDocs(values.check ? null : folder);
  if (isWell && !values.check) console.log(`open ${folder}/index.html in a browser`);
  return isWell ? 0 : 1;
}

export const finished: Promise<void> = runCommand(main);
