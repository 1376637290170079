/** What a reader keeps of the site for times without a connection. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeFileAtomic } from '../core/files';

/** The file of the service worker. A browser looks for it at the root of the site alone. */
export const serviceWorker = 'serviceWorker.js';

/** Files that are kept from the first visit on: the pages that work, their programs, one engine, one model. */
const isKept = (file: string): boolean =>
  /^(index|playground|live|compare)\.html$/.test(file) ||
  /^assets\/.*\.(js|css)$/.test(file) ||
  /^assets\/.*wasm-simd-[^/]*$/.test(file) ||
  /^(models\.json|book\/search\.json|models\/(small-r1-zero|tiny-base)-s0\/.*)$/.test(file);

/** Writes the names of these files into the service worker, and a version that changes with any file of the site. */
export function writeOffline(site: string): void {
  const files = fs
    .readdirSync(site, { recursive: true, encoding: 'utf8' })
    .filter((file) => fs.statSync(path.join(site, file)).isFile() && file !== serviceWorker)
    .map((file) => file.replaceAll(path.sep, '/'))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(fs.readFileSync(path.join(site, file)));
  const kept = JSON.stringify(files.filter(isKept).map((file) => `./${file}`));
  const at = path.join(site, serviceWorker);
  const program = fs.readFileSync(at, 'utf8');
  const version = JSON.stringify(hash.digest('hex').slice(0, 16));
  writeFileAtomic(at, `const keptFiles=${kept},version=${version};\n${program}`);
}
