import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { addonFile, findCompiler, tryAddon } from './addon.mjs';
import { SetupError } from './errors.mjs';
import { folderBytes, freeBytes, readText } from './files.mjs';
import { cacheFolder, isBundle, root } from './folders.mjs';
import { buildHere, caution, checkMachine, gpuName, target, thisMachine } from './machine.mjs';
import { hasNpmPackages } from './npmPackages.mjs';
import { checkPython, findPython, hasPythonPackages, pythonFolder, pythonOf } from './python.mjs';
import { run } from './run.mjs';
import { tensorflowFolder } from './tensorflow.mjs';
import { tensorflowVersion } from './wheels.mjs';

/**
 * One line of the table; `fix` is there only where something is missing.
 * @typedef {{name: string, value: string, fix?: string}} Finding
 */

const installFix = 'npm run setup';

/**
 * Looks at everything that the workbook needs, installs nothing, and prints what it finds.
 * @param {boolean} json print JSON instead of a table
 * @returns {Promise<number>} the exit code: 1 where something is missing
 */
export async function doctor(json) {
  const findings = await Promise.all([
    finding('Node', nodeFinding),
    finding('npm packages', npmFinding),
    finding('Python', pythonFinding),
    finding('JupyterLab', jupyterFinding),
    finding('TensorFlow', tensorflowFinding),
    finding('addon', addonFinding),
    finding('C++ compiler', compilerFinding),
    finding('packages from', sourceFinding),
    finding('GPU', gpuFinding),
    finding('processor', processorFinding),
    finding('memory', memoryFinding),
    finding('disk', diskFinding),
    finding('cache', cacheFinding),
  ]);
  const ok = findings.every(({ fix }) => fix === undefined);
  console.log(json ? JSON.stringify({ ok, findings }, null, 2) : table(findings));
  return ok ? 0 : 1;
}

/**
 * @param {string} name
 * @param {() => string | Promise<string>} look throws a SetupError for what is missing
 * @returns {Promise<Finding>}
 */
async function finding(name, look) {
  try {
    return { name, value: await look() };
  } catch (error) {
    // whatever is broken here, the other lines must still appear
    if (error instanceof SetupError) return { name, value: error.message, fix: error.fix };
    return { name, value: `cannot be told: ${error}`, fix: installFix };
  }
}

/** @param {readonly Finding[]} findings */
export function table(findings) {
  const lines = findings.map(({ name, value, fix }) => {
    const line = `${fix === undefined ? '  ' : 'x '}${name.padEnd(17)} ${value}`;
    return fix === undefined ? line : `${line}\n${' '.repeat(20)}fix: ${fix}`;
  });
  const missing = findings.filter(({ fix }) => fix !== undefined).length;
  const verdict =
    missing === 0 ? 'nothing is missing' : `missing or broken: ${missing}, marked with x`;
  return [...lines, '', verdict].join('\n');
}

function nodeFinding() {
  checkMachine(thisMachine());
  return `${process.versions.node} on ${target}${caution && `: ${caution}`}`;
}

function npmFinding() {
  if (hasNpmPackages(root)) return 'as in package-lock.json';
  throw new SetupError('not installed as in package-lock.json', installFix);
}

async function pythonFinding() {
  const folder = pythonFolder(root);
  if (fs.existsSync(pythonOf(folder))) return `${await checkPython(pythonOf(folder))} in ${folder}`;
  const python = await findPython(); // throws its own fix where even that is missing
  throw new SetupError(`no environment yet (there is ${python})`, installFix);
}

async function jupyterFinding() {
  const folder = pythonFolder(root);
  const requirements = parseRequirements(readText(path.join(root, 'lib/setup/requirements.txt')));
  const names = JSON.stringify(requirements.map(({ name }) => name));
  const script = `from importlib.metadata import version\nfor n in ${names}: print(n, version(n))`;
  const { code, output } = await run(pythonOf(folder), ['-c', script]);
  if (code !== 0 || !hasPythonPackages(root, folder)) {
    throw new SetupError('not installed as in requirements.txt', installFix);
  }
  return output.trim().split('\n').join(', ');
}

/**
 * The pinned packages of a pip requirements file.
 * @param {string} text lines like `jupyterlab==4.6.6`; comments and empty lines are skipped
 * @returns {{name: string, version: string}[]}
 */
export function parseRequirements(text) {
  return [...text.matchAll(/^([\w.-]+)==([\w.]+)/gm)].map(([, name = '', version = '']) => ({
    name,
    version,
  }));
}

async function tensorflowFinding() {
  const build = await buildHere();
  const folder = tensorflowFolder(cacheFolder(), build);
  if (!fs.existsSync(folder)) {
    throw new SetupError(`${tensorflowVersion} (${build.device}) is not in the cache`, installFix);
  }
  return `${tensorflowVersion} (${build.device}) in ${folder}`;
}

async function addonFinding() {
  if (!fs.existsSync(addonFile(root))) throw new SetupError('not built', installFix);
  const { version, gpu } = await tryAddon(root);
  const build = await buildHere();
  if (build.device === 'gpu' && !gpu) {
    throw new SetupError(
      `works, but TensorFlow ${version} cannot use the GPU`,
      'update the NVIDIA driver, or set R1_DEVICE=cpu',
    );
  }
  return `works: TensorFlow ${version} on the ${gpu ? 'GPU' : 'CPU'}`;
}

function compilerFinding() {
  return findCompiler(process.env)?.join(' ') ?? 'none: Zig is installed for a build';
}

function sourceFinding() {
  return isBundle() ? 'this folder: no network is needed' : 'the network';
}

async function gpuFinding() {
  return (await gpuName()) ?? 'none that nvidia-smi knows';
}

function processorFinding() {
  const { OMP_NUM_THREADS: limit } = process.env;
  const threads = limit ? `, OMP_NUM_THREADS=${limit}` : '';
  return `${os.cpus()[0]?.model ?? 'unknown'}, ${os.availableParallelism()} cores${threads}`;
}

function memoryFinding() {
  return `${gigabytes(os.freemem())} free of ${gigabytes(os.totalmem())}`;
}

function diskFinding() {
  const folder = `${gigabytes(freeBytes(root))} free here`;
  return `${folder}, ${gigabytes(freeBytes(cacheFolder()))} free for the cache`;
}

function cacheFinding() {
  return `${cacheFolder()}, ${gigabytes(folderBytes(cacheFolder()))}`;
}

/** @param {number} bytes */
const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
