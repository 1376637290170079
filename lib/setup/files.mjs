import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/**
 * Returns the text of a file, or '' where there is none.
 * @param {string} file
 */
export function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return '';
    throw error;
  }
}

/**
 * Returns whether files can be made in a folder. A folder that is not there is made.
 * @param {string} folder
 */
export function isWritable(folder) {
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Writes a file whole or not at all: it is written under a temporary name and then renamed.
 * @param {string} file
 * @param {string | Uint8Array} data
 */
export function writeAtomic(file, data) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, data);
  fs.renameSync(temporary, file);
}

/**
 * Returns a checksum of several texts in their order: 16 hexadecimal digits.
 * @param {readonly (string | Uint8Array)[]} parts
 */
export function hashOf(parts) {
  const hash = crypto.createHash('sha256');
  // The length in front keeps ['ab', 'c'] apart from ['a', 'bc'].
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 16);
}

/**
 * Returns the bytes in all files below a folder. A file that vanishes meanwhile is not counted.
 * @param {string} folder
 * @returns {number}
 */
export function folderBytes(folder) {
  let bytes = 0;
  const options = /** @type {const} */ ({ withFileTypes: true });
  for (const entry of fs.existsSync(folder) ? fs.readdirSync(folder, options) : []) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) bytes += folderBytes(file);
    else bytes += fs.lstatSync(file, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

/**
 * Returns the free bytes on the disk of a folder, which need not exist yet.
 * @param {string} folder
 * @returns {number}
 */
export function freeBytes(folder) {
  if (!fs.existsSync(folder)) return freeBytes(path.dirname(folder));
  const { bavail, bsize } = fs.statfsSync(folder);
  return bavail * bsize;
}
