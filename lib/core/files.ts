import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from './errors';

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

/** The longest name of a file, in bytes, that leaves room for an ending in every file system. */
const longestName = 200;

/**
 * Returns a name as it is, if a file of that name lies in the folder where it is put. A name with `/` or `\\` in it, one
 * that stands for another folder, an empty one and one that is too long are UserErrors.
 */
export function plainName(name: string): string {
  const isPlain = name !== '' && name !== '.' && name !== '..' && !/[/\\\p{Cc}]/u.test(name);
  if (isPlain && Buffer.byteLength(name) <= longestName) return name;
  throw new UserError(`invalid name "${name}": use letters, digits, - and _`);
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
