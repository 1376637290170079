import fs from 'node:fs';
import path from 'node:path';
import { SetupError, failureOf } from './errors.mjs';
import { folderBytes, freeBytes } from './files.mjs';
import { root } from './folders.mjs';
import { pip } from './python.mjs';
import { run } from './run.mjs';
import { downloadNote, step } from './terminal.mjs';
import { tensorflowVersion } from './wheels.mjs';

/** @typedef {import('./wheels.mjs').Build} Build */

/**
 * The files that are unpacked: the library, the headers that the addon includes, and NVIDIA's libraries in the build
 * for the GPU. They keep the folders of the wheels, because TensorFlow looks for CUDA in `../nvidia/`.
 */
const wanted = [
  'tensorflow/libtensorflow',
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/platform/',
  'tensorflow/include/tsl/platform/',
  'tensorflow/include/xla/tsl/c/',
  'nvidia/',
];

/**
 * Returns the folder of the unpacked library. It appears under this name only when it is complete.
 * @param {string} cache
 * @param {Build} build
 */
export function tensorflowFolder(cache, build) {
  return path.join(cache, `tensorflow-${tensorflowVersion}-${build.device}`);
}

/**
 * Downloads and unpacks TensorFlow's C library.
 * @param {string} cache
 * @param {Build} build
 * @param {string} python whose pip downloads
 */
export async function installTensorflow(cache, build, python) {
  const folder = tensorflowFolder(cache, build);
  if (fs.existsSync(folder)) return;
  const temporary = path.join(cache, 'unfinished');
  const start = Date.now();
  let unpacking = '';
  const progress = () =>
    unpacking ||
    downloadNote(folderBytes(temporary), build.downloadMB, (Date.now() - start) / 1000);
  const work = async () => {
    fs.rmSync(temporary, { recursive: true, force: true });
    checkFreeSpace(cache, build);
    await downloadWheels(temporary, build, python);
    for (const wheel of fs.readdirSync(temporary).filter((name) => name.endsWith('.whl'))) {
      unpacking = `unpacking ${wheel.split('-')[0]}`;
      await unpack(path.join(temporary, wheel), path.join(temporary, 'unpacked'), python);
    }
    fs.renameSync(path.join(temporary, 'unpacked'), folder);
    return folder;
  };
  const removeTemporary = () => fs.rmSync(temporary, { recursive: true, force: true });
  await step(`TensorFlow ${tensorflowVersion}`, () => work().finally(removeTemporary), progress);
}

/**
 * Throws if the disk has no room for the wheels and for what is unpacked from them.
 * @param {string} cache
 * @param {Pick<Build, 'downloadMB' | 'unpackedMB'>} build
 */
export function checkFreeSpace(cache, { downloadMB, unpackedMB }, free = freeBytes(cache)) {
  // pip holds a second copy of the wheels for a moment, which it removes before they are unpacked
  const needed = (downloadMB + Math.max(downloadMB, unpackedMB)) * 1e6;
  if (free >= needed) return;
  const gigabytes = (/** @type {number} */ bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new SetupError(
    `not enough room in ${cache}: ${gigabytes(free)} free, ${gigabytes(needed)} needed`,
    'free some space, or set R1_CACHE to a folder on another disk',
  );
}

/**
 * Downloads the wheels of a build into a folder. pip checks them against the pinned checksums, and keeps none that
 * differs.
 * @param {string} folder
 * @param {Build} build
 * @param {string} python
 */
export async function downloadWheels(folder, { tags, requirements }, python) {
  const list = path.join(folder, 'requirements.txt');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(list, requirements.join('\n'));
  const target = ['--python-version=3.12', '--implementation=cp', '--abi=cp312', '--abi=none'];
  const platforms = tags.map((tag) => `--platform=${tag}`);
  const options = ['--no-deps', '--no-cache-dir', '--only-binary=:all:', '--require-hashes'];
  const args = ['download', '-r', list, '-d', folder, ...options, ...target, ...platforms];
  await pip(python, args, { TMPDIR: folder });
  fs.rmSync(list);
}

/**
 * @param {string} wheel
 * @param {string} folder
 * @param {string} python
 */
async function unpack(wheel, folder, python) {
  const script = path.join(root, 'lib/setup/unpackWheel.py');
  const { code, output } = await run(python, [script, wheel, folder, ...wanted]);
  if (code !== 0) throw failureOf(`unpacking ${path.basename(wheel)}`, output);
  fs.rmSync(wheel);
}
