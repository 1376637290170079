import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * Writes a file whole or not at all: it is written under a temporary name and then renamed. The folder is made where
 * it is missing.
 */
export function writeFileAtomic(file: string, data: string | Uint8Array): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, data);
  fs.renameSync(temporary, file);
}

/** The root of the repository: the nearest folder above this file with a package.json. */
export const root: string = ((): string => {
  let folder = __dirname;
  while (!fs.existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder);
    if (parent === folder) return process.cwd();
    folder = parent;
  }
  return folder;
})();
