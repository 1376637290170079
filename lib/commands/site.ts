import * as path from 'node:path';
import { UserError } from '../core/errors';
import { root } from '../core/files';
import { buildSite } from '../site/buildSite';
import { shortPath } from '../stages/places';
import { readArguments, runCommand, wholeNumber } from './arguments';

const help = `
npm run site [-- --folder FOLDER] [--address ADDRESS] [--serve] [--port PORT]
Builds the site: pages in which the workbook's models answer and learn in any browser, without a set-up. It is made of
files alone, with links that work from any folder of any server.

  --folder FOLDER     where it goes (data/local/site); an older site there is replaced
  --address ADDRESS   where it will lie on the web, so that links to it get a picture
  --serve             show it on this machine afterwards, until Ctrl-C
  --port PORT         where it is shown (8000); the next free one where that is taken
`;

/** A web address with a `/` at its end. Anything else is a UserError. */
function addressOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const isAddress = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (isAddress) return text.replace(/\/?$/, '/');
  throw new UserError(`invalid --address: ${text}: use one such as https://example.org/r1/`);
}

async function main(): Promise<void> {
  const { values } = readArguments(help, {
    folder: { type: 'string' },
    address: { type: 'string' },
    serve: { type: 'boolean' },
    port: { type: 'string', default: '8000' },
  });
  const folder = path.resolve(values.folder ?? path.join(root, 'data/local/site'));
  const port = wholeNumber(values.port, '--port', 1);
  await buildSite(folder, addressOf(values.address));
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
