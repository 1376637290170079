import * as path from 'node:path';
import { root } from '../core/files';
import { buildSite } from '../site/buildSite';
import { shortPath } from '../stages/places';
import { readArguments, runCommand, wholeNumber } from './arguments';

const help = `
npm run site [-- --folder FOLDER] [--serve] [--port PORT]
Builds the site: pages in which the workbook's models answer and learn in any browser, without a set-up. It is made of
files alone, with links that work from any folder of any server.

  --folder FOLDER   where it goes (data/local/site); what is there is removed first
  --serve           show it on this machine afterwards, until Ctrl-C
  --port PORT       where it is shown (8000); the next free one where that is taken
`;

async function main(): Promise<void> {
  const { values } = readArguments(help, {
    folder: { type: 'string' },
    serve: { type: 'boolean' },
    port: { type: 'string', default: '8000' },
  });
  const folder = path.resolve(values.folder ?? path.join(root, 'data/local/site'));
  const port = wholeNumber(values.port, '--port', 1);
  await buildSite(folder);
  console.log(shortPath(folder));
  if (!values.serve) return;
  const { preview } = await import('vite');
  const server = await preview({
    ...{ configFile: false, root, base: './', appType: 'mpa', logLevel: 'warn' },
    build: { outDir: folder },
    preview: { host: '127.0.0.1', port },
  });
  console.log(server.resolvedUrls!.local[0]);
  await new Promise(() => undefined); // Ctrl-C ends it
}

export const finished: Promise<void> = runCommand(main);
