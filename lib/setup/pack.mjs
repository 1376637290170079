import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { SetupError, failureOf } from './errors.mjs';

/** The folder in a bundle. It is the first entry of the file, by which a bundle is recognised. */
export const folderName = 'r1-workbook-offline';

/**
 * Throws if a bundle may not be written to a file. An older bundle may be replaced, any other file may not.
 * @param {string} file
 */
export function checkOut(file) {
  if (!file.endsWith('.tar.gz')) {
    throw new SetupError(`invalid name of a bundle: ${file}`, 'let it end in .tar.gz');
  }
  if (fs.existsSync(file) && !isPacked(file)) {
    throw new SetupError(
      `${file} is there already and is no bundle`,
      'use another name: --out FILE',
    );
  }
}

/** @param {string} file */
function isPacked(file) {
  if (!fs.statSync(file).isFile()) return false;
  const start = Buffer.alloc(64 * 1024);
  const opened = fs.openSync(file, 'r');
  const length = fs.readSync(opened, start);
  fs.closeSync(opened);
  try {
    const part = { finishFlush: zlib.constants.Z_SYNC_FLUSH }; // tar ends early because the rest was not read
    const first = zlib.gunzipSync(start.subarray(0, length), part);
    return first.toString('latin1').startsWith(`${folderName}/`);
  } catch {
    return false; // not gzip
  }
}

/**
 * Packs the folder of the bundle, under a temporary name until it is whole.
 * @param {string} parent where the folder lies
 * @param {string} file
 * @param {(bytes: number) => void} onBytes told how much is in it, before it is made smaller
 */
export async function pack(parent, file, onBytes) {
  const temporary = `${file}.${process.pid}.tmp`;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const tar = spawn('tar', ['-cf', '-', '-C', parent, folderName]);
  let said = '';
  let bytes = 0;
  tar.stderr.on('data', (chunk) => (said += chunk));
  tar.stdout.on('data', (chunk) => onBytes((bytes += chunk.length)));
  const ended = new Promise((resolve) => tar.on('close', resolve).on('error', resolve));
  try {
    await pipeline(tar.stdout, zlib.createGzip(), fs.createWriteStream(temporary));
    if ((await ended) !== 0) throw failureOf('tar', said);
    fs.renameSync(temporary, file);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}
