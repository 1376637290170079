import fs from 'node:fs';
import path from 'node:path';
import { SetupError, errorLines, failureOf } from './errors.mjs';
import { hashOf, readText, writeAtomic } from './files.mjs';
import { childEnvironment, isBundle, offlineFolder } from './folders.mjs';
import { findProgram, run } from './run.mjs';
import { step } from './terminal.mjs';

/** The versions of Python for which the Jupyter packages are made. */
export const pythonVersions = /** @type {const} */ (['3.14', '3.13', '3.12', '3.11', '3.10']);

const oldestPython = 10; // of Python 3

/**
 * Returns the folder of the Python environment to use: the active conda environment, else `.venv`. Conda's own `base`
 * environment is left alone, because it is often active although nobody asked for it.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 */
export function pythonFolder(root, env = process.env) {
  const conda = env.CONDA_PREFIX;
  const usable = conda && env.CONDA_DEFAULT_ENV !== 'base' && fs.existsSync(pythonOf(conda));
  return usable ? conda : path.join(root, '.venv');
}

/**
 * Returns the Python program of an environment.
 * @param {string} folder
 */
export function pythonOf(folder) {
  return path.join(folder, 'bin/python');
}

/**
 * Returns the file that names the packages which the workbook itself needs.
 * @param {string} root
 */
export const requirementsFile = (root) => path.join(root, 'lib/setup/requirements.txt');

/**
 * Returns the file that pins these packages and all that they need, with the hash of each wheel.
 * @param {string} root
 */
export const requirementsLock = (root) => path.join(root, 'lib/setup/requirements.lock');

/**
 * Returns the file that pins the Zig toolchain, with the hashes of its wheels. The package index has it as a package: a
 * whole C++ compiler, which serves where the machine has none.
 * @param {string} root
 */
export const compilerLock = (root) => path.join(root, 'lib/setup/zig.lock');

/**
 * Python environments of their own, beside that of the workbook: each has its list of packages, and its lock, in the folder
 * of its name below `lib/setup/`.
 * @typedef {'gguf' | 'ray'} OwnEnvironment
 */

/**
 * Returns the file that pins the packages of such an environment, with the hash of each wheel.
 * @param {string} root
 * @param {OwnEnvironment} name
 */
export const ownLock = (root, name) => path.join(root, `lib/setup/${name}/${name}.lock`);

/**
 * Returns each list of wanted packages with the file that pins all that they need. The compiler has no list: it needs
 * nothing else.
 * @param {string} root
 * @returns {readonly (readonly [wanted: string, lock: string])[]}
 */
export const lockedLists = (root) => [
  [requirementsFile(root), requirementsLock(root)],
  [compilerLock(root), compilerLock(root)],
  [path.join(root, 'lib/setup/gguf/requirements.txt'), ownLock(root, 'gguf')],
  [path.join(root, 'lib/setup/ray/requirements.txt'), ownLock(root, 'ray')],
];

/** What makes pip install nothing but wheels whose hash the lock file has. A source package would run code to build. */
export const lockedOnly = ['--require-hashes', '--only-binary=:all:'];

/** @param {string} folder */
const stampOf = (folder) => path.join(folder, '.r1-workbook');

/**
 * The stamp also names the folder: an environment that was moved or copied does not work.
 * @param {string} root
 * @param {string} folder
 */
const stampText = (root, folder) => `${folder}\n${hashOf([readText(requirementsLock(root))])}\n`;

/**
 * Returns whether the Python environment holds the pinned packages, from an installation that was completed.
 * @param {string} root
 * @param {string} folder
 */
export function hasPythonPackages(root, folder) {
  return fs.existsSync(pythonOf(folder)) && readText(stampOf(folder)) === stampText(root, folder);
}

/**
 * Makes the Python environment and installs JupyterLab into it.
 * @param {string} root
 * @param {string} folder from `pythonFolder`
 */
export async function installPythonPackages(root, folder) {
  if (hasPythonPackages(root, folder)) return;
  await step('Python packages', async () => {
    const known = readText(stampOf(folder)).startsWith(`${folder}\n`);
    const own = folder === path.join(root, '.venv');
    if (own && !(known && fs.existsSync(pythonOf(folder)))) await makeEnvironment(folder);
    const python = pythonOf(folder);
    await checkPython(python);
    await pip(python, ['install', '-r', requirementsLock(root), ...lockedOnly]);
    switchNewsOff(folder);
    writeAtomic(stampOf(folder), stampText(root, folder));
    return folder;
  });
}

/**
 * Makes an environment of its own where there is none yet. Returns its Python.
 * @param {string} root
 * @param {OwnEnvironment} name
 */
export async function ownPython(root, name) {
  const folder = path.join(root, `data/local/python-${name}`);
  const python = pythonOf(folder);
  const lock = ownLock(root, name);
  const stamp = `${folder}\n${hashOf([readText(lock)])}\n`;
  if (fs.existsSync(python) && readText(stampOf(folder)) === stamp) return python;
  await step(`Python for ${name}`, async () => {
    await makeEnvironment(folder);
    await pip(python, ['install', '-r', lock, ...lockedOnly]);
    writeAtomic(stampOf(folder), stamp);
    return folder;
  });
  return python;
}

/**
 * Runs pip; a failure is a SetupError. In a bundle pip takes everything from the bundle and asks no index.
 * @param {string} python
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env] added to this process's own
 * @param {readonly string[]} [program] what starts it
 */
export async function pip(python, args, env, program = ['-m', 'pip']) {
  const quiet = ['--quiet', '--no-input', '--disable-pip-version-check'];
  const source = isBundle() ? ['--no-index', `--find-links=${offlineFolder}`] : [];
  const { code, output } = await run(python, [...program, ...args, ...quiet, ...source], {
    env: { ...childEnvironment(), PIP_USER: '0', ...env }, // PIP_USER=1 in a person's settings would fail in an environment
  });
  if (code === 0) return;
  if (isBundle() && /No matching distribution/.test(output)) {
    const missing = errorLines(output).at(-1);
    throw new SetupError(
      `this machine is not one that the bundle is for: ${missing}`,
      'see OFFLINE.md',
    );
  }
  throw failureOf(`pip ${args[0]}`, output);
}

/** @param {string} folder */
async function makeEnvironment(folder) {
  const python = await findPython();
  const { code, output } = await run(python, ['-m', 'venv', '--clear', folder]);
  if (code === 0) return;
  const debianPackage = output.match(/apt install (\S+)/)?.[1] ?? 'python3-venv';
  if (!/ensurepip|No module named '?venv/.test(output)) throw failureOf('python -m venv', output);
  throw new SetupError(
    `${python} cannot make environments: it lacks its venv part`,
    `install it (Debian, Ubuntu: sudo apt install ${debianPackage}), then run the same command again`,
  );
}

/**
 * Returns the first Python on the PATH that is new enough.
 * @returns {Promise<string>}
 */
export async function findPython() {
  const names = ['python3', 'python', ...pythonVersions.map((version) => `python${version}`)];
  /** @type {SetupError | undefined} */
  let tooOld;
  for (const name of names) {
    const python = findProgram([name]);
    if (!python) continue;
    try {
      await checkPython(python);
      return python;
    } catch (error) {
      tooOld ??= /** @type {SetupError} */ (error);
    }
  }
  throw (
    tooOld ??
    new SetupError(
      'no Python on the PATH',
      'install Python 3.12, or use conda: see environment.yml',
    )
  );
}

/**
 * Returns the version of a Python program, such as `3.12.4`. Throws if it is too old or does not run.
 * @param {string} python
 */
export async function checkPython(python) {
  const print = 'import sys; print("%d.%d.%d" % sys.version_info[:3])';
  const { code, output } = await run(python, ['-c', print]);
  const version = output.trim();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (code !== 0) throw failureOf(python, output);
  if (major === 3 && minor >= oldestPython) return version;
  throw new SetupError(
    `Python ${version} (${python}) is too old: 3.${oldestPython} or newer is needed`,
    'install Python 3.12, or use conda: see environment.yml',
  );
}

/**
 * Turns off the question whether JupyterLab may fetch news, which its first start would ask.
 * @param {string} folder
 */
function switchNewsOff(folder) {
  const file = path.join(folder, 'share/jupyter/lab/settings/overrides.json');
  if (fs.existsSync(file)) return; // a conda environment may have a setting of its own
  const settings = {
    '@jupyterlab/apputils-extension:notification': { fetchNews: 'false', checkForUpdates: false },
  };
  writeAtomic(file, `${JSON.stringify(settings, null, 2)}\n`);
}
