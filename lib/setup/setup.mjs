import fs from 'node:fs';
import path from 'node:path';
import { addonFile, addonStamp, installAddon } from './addon.mjs';
import { hashOf, isWritable, readText, writeAtomic } from './files.mjs';
import { withLock } from './lock.mjs';
import { cacheFolder, childEnvironment, root } from './folders.mjs';
import { caution, checkMachine, buildHere, nodeWillDo, thisMachine } from './machine.mjs';
import { installNpmPackages } from './npmPackages.mjs';
import { installPythonPackages, pythonFolder, pythonOf } from './python.mjs';
import { findProgram } from './run.mjs';
import { installTensorflow, tensorflowFolder } from './tensorflow.mjs';
import { say } from './terminal.mjs';

/** The file which says that nothing is missing. It names what that depends on. */
export const readyFile = path.join(root, 'node_modules/.r1-ready');

/**
 * Returns a hash of everything that decides what the steps would do. While it stays the same, nothing has to be done.
 */
function fingerprint() {
  const folder = path.join(root, 'lib/setup');
  const code = fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((file) => file.isFile())
    .map(({ name }) => name)
    .sort()
    .map((name) => readText(path.join(folder, name)));
  const { R1_DEVICE = '', CXX = '' } = process.env;
  return hashOf([
    ...code,
    readText(path.join(root, 'package-lock.json')),
    process.version,
    root,
    cacheFolder(),
    pythonFolder(root),
    R1_DEVICE,
    CXX,
    findProgram(['nvidia-smi']) ?? '',
  ]);
}

/** Returns whether nothing is missing, judged from the stamp of the last set-up and the files that it left. */
function isSetUp() {
  const [stamp, ...files] = readText(readyFile).split('\n');
  return stamp === fingerprint() && files.every((file) => fs.existsSync(file));
}

/** Lets the next set-up look at every step again and try out the addon, even if nothing seems to be missing. */
export function forgetLastSetUp() {
  for (const file of [readyFile, addonStamp(root)]) fs.rmSync(file, { force: true });
}

/** Installs what is missing. Each step looks for itself whether it has something to do, and can be interrupted. */
export async function setUp() {
  if (nodeWillDo(process.versions.node) && isSetUp()) return;
  checkMachine(thisMachine());
  if (caution) say(caution);
  const cache = cacheFolder();
  const install = async () => {
    const build = await buildHere();
    await installNpmPackages(root);
    const environment = pythonFolder(root);
    await installPythonPackages(root, environment);
    const python = pythonOf(environment);
    await installTensorflow(cache, build, python);
    const tensorflow = tensorflowFolder(cache, build);
    await installAddon(root, cache, tensorflow, python);
    writeAtomic(readyFile, [fingerprint(), python, tensorflow, addonFile(root)].join('\n'));
  };
  // Nobody changes a cache that cannot be written; then only the set-ups of this clone can meet.
  const place = isWritable(cache) ? cache : path.join(root, 'data/local');
  const onWait = (/** @type {string} */ holder) =>
    say(`waiting for another set-up to end, process ${holder}; its lock is ${place}/lock`);
  await withLock(place, install, onWait);
}

/**
 * Returns the environment variables for what runs after the set-up: this Python and this Node come first on the PATH,
 * TensorFlow is quiet, and memory pages are large. A training step takes and returns tens of megabytes many times, and
 * with pages of 4 kB the kernel's work on them takes as long as the arithmetic. Only glibc knows the setting.
 */
export function commandEnvironment() {
  const programs = [path.dirname(pythonOf(pythonFolder(root))), path.dirname(process.execPath)];
  return {
    TF_CPP_MIN_LOG_LEVEL: '3',
    GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
    ...childEnvironment(),
    PATH: [...programs, process.env.PATH].join(path.delimiter),
  };
}
