import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from './errors';

/** What the system says when a disk does not do its work: the cause, and what a person can do about it. */
const diskFaults: Readonly<Record<string, readonly [cause: string, fix: string]>> = {
  ENOSPC: ['the disk is full', 'free some space, then run the same again'],
  EDQUOT: ['your share of the disk is used up', 'remove some files, then run the same again'],
  EROFS: ['the disk is read-only', 'make it writable, then run the same again'],
  EACCES: ['no permission', 'change the permissions of its folder, then run the same again'],
  EPERM: ['no permission', 'change the permissions of its folder, then run the same again'],
  EIO: ['the disk does not answer', 'check the disk, then run the same again'],
  EISDIR: ['a folder has its name', 'move the folder away'],
  ENOTDIR: ['a file has the name of its folder', 'move that file away'],
  EEXIST: ['a file has the name of its folder', 'move that file away'],
  ENOENT: ['there is no such file', 'make or copy it again'],
};

/**
 * Does some work on a file. An error of the system, such as that of a full disk, becomes a UserError that names the file,
 * the cause and the fix.
 */
export function onDisk<T>(verb: 'read' | 'write' | 'remove', file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    const [cause, fix] = diskFaults[code] ?? [`the disk says ${code}`, 'check the disk'];
    throw new UserError(`cannot ${verb} ${file}: ${cause}: ${fix}`);
  }
}

/**
 * Writes a file whole or not at all: it is written under a temporary name, brought to the disk, and then renamed. The
 * folder is made where it is missing. A disk that is full or fails is a UserError, and no half of the file stays.
 */
export function writeFileAtomic(file: string, data: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}.tmp`;
  onDisk('write', file, () => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    try {
      fs.writeFileSync(temporary, data, { flush: true });
      fs.renameSync(temporary, file);
    } catch (error) {
      removeQuietly(temporary);
      throw error;
    }
  });
}

/** Removes a file where that can be done. */
export function removeQuietly(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // The disk that refuses this has refused more before, and that is what the person is told.
  }
}

/** Removes a file, if it is there. A disk that does not allow it is a UserError. */
export function removeFile(file: string): void {
  onDisk('remove', file, () => fs.rmSync(file, { force: true }));
}

/**
 * Removes the files of a folder whose names begin with `start`, and that a killed process has left half-written. The
 * caller has to know that no living process writes there.
 */
export function removeHalfWritten(folder: string, start = ''): void {
  if (!fs.existsSync(folder)) return;
  const names = onDisk('read', folder, () => fs.readdirSync(folder));
  for (const name of names)
    if (name.startsWith(start) && /\.\d+\.tmp$/.test(name)) removeFile(path.join(folder, name));
}

/**
 * Reads a file of text in UTF-8, without the byte-order mark that some editors put in front. A file that cannot be read,
 * or that holds other bytes than such a text, is a UserError.
 */
export function readTextFile(file: string): string {
  const bytes = onDisk('read', file, () => fs.readFileSync(file));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${file} is no text in UTF-8: make or copy it again`);
  }
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
