import fs from 'node:fs';
import path from 'node:path';
import { SetupError, errorLines, failureOf } from './errors.mjs';
import { hashOf, isWritable, readText, writeAtomic } from './files.mjs';
import { childEnvironment } from './folders.mjs';
import { compilerLock, lockedOnly, pip } from './python.mjs';
import { findProgram, run } from './run.mjs';
import { step } from './terminal.mjs';
import { tensorflowVersion } from './wheels.mjs';

/** Without `-mcpu` Zig would build for this very processor, and the addon might not run on another machine. */
const zigCompiler = ['-m', 'ziglang', 'c++', '-mcpu=baseline'];

const sources = ['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'];

/** @param {string} root */
const packageFolder = (root) => path.join(root, 'node_modules/@tensorflow/tfjs-node-gpu');

/**
 * Returns the file that `require('@tensorflow/tfjs-node-gpu')` loads.
 * @param {string} root
 */
export function addonFile(root) {
  return path.join(packageFolder(root), 'lib/napi-v8/tfjs_binding.node');
}

/**
 * Returns the file that names the cached addon which was installed and found to work.
 * @param {string} root
 */
export function addonStamp(root) {
  return `${addonFile(root)}.from`;
}

/**
 * Returns the arguments of the C++ compiler, except for the output. Paths are relative to the package, so that they are
 * the same in every clone. TensorFlow's folder is absolute, because the addon must find it from any folder.
 * @param {string} tensorflow the folder that holds `tensorflow/`
 * @param {string} platform
 */
export function compilerArguments(tensorflow, platform = process.platform) {
  const library = path.join(tensorflow, 'tensorflow');
  const mac = platform === 'darwin';
  const files = mac
    ? ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib']
    : ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
  return [
    '-O2',
    '-std=c++17',
    '-shared',
    '-fPIC',
    ...(mac ? ['-undefined', 'dynamic_lookup'] : []),
    '-DNAPI_VERSION=8',
    '-I.',
    `-I${library}/include`,
    '-I../../node-api-headers/include',
    ...sources,
    ...files.map((file) => path.join(library, file)),
    `-Wl,-rpath,${library}`,
  ];
}

/**
 * Returns the file of the addon in the cache. Its name is a hash of everything that the addon is built from.
 * @param {string} root
 * @param {string} cache
 * @param {string} tensorflow
 */
function cachedAddon(root, cache, tensorflow) {
  const binding = path.join(packageFolder(root), 'binding');
  const code = fs
    .readdirSync(binding)
    .sort()
    .map((name) => readText(path.join(binding, name)));
  const compiler = process.env.CXX ?? '';
  const key = hashOf([...code, ...compilerArguments(tensorflow), compiler, tensorflowVersion]);
  return path.join(cache, `addon-${key}.node`);
}

/**
 * Puts the addon where Node looks for it, and tries it out. An addon that is not in the cache is built first.
 * @param {string} root
 * @param {string} cache
 * @param {string} tensorflow
 * @param {string} python for Zig, where the machine has no C++ compiler
 */
export async function installAddon(root, cache, tensorflow, python) {
  const cached = cachedAddon(root, cache, tensorflow);
  if (fs.existsSync(addonFile(root)) && readText(addonStamp(root)) === cached) return;
  if (!fs.existsSync(cached)) await build({ root, cache, tensorflow, python, cached });
  await step('addon, tried out', async () => {
    writeAtomic(addonFile(root), fs.readFileSync(cached));
    const fix = `rm -r ${path.join(root, 'node_modules')} ${tensorflow} and run the same command again`;
    const found = await tryAddon(root, fix).catch((error) => {
      if (isWritable(cache)) fs.rmSync(cached); // the next call builds anew
      throw error;
    });
    writeAtomic(addonStamp(root), cached);
    return `TensorFlow ${found.version} on the ${found.gpu ? 'GPU' : 'CPU'}`;
  });
}

/**
 * Loads the addon in a process of its own and multiplies two matrices.
 * @param {string} root
 * @param {string} fix what to tell a person where it does not work
 * @returns {Promise<{version: string, gpu: boolean}>}
 */
export async function tryAddon(root, fix = 'npm run setup') {
  const script = path.join(root, 'lib/setup/checkAddon.cjs');
  const env = { TF_CPP_MIN_LOG_LEVEL: '2', ...childEnvironment() };
  const { signal, output } = await run(process.execPath, [script], { cwd: root, env });
  const found = JSON.parse(output.match(/^\{"version".*\}$/m)?.[0] ?? '{}');
  if (String(found.product) === '19,22,43,50') return found;
  if (signal === 'SIGILL') {
    throw new SetupError('TensorFlow needs a processor with AVX', 'use another machine');
  }
  throw new SetupError(
    `the TensorFlow addon does not work: ${signal ?? errorLines(output)[0]}`,
    fix,
  );
}

/**
 * Compiles the addon into the cache, as the file `cached`.
 * @param {{ root: string, cache: string, tensorflow: string, python: string, cached: string }} places
 */
async function build({ root, cache, tensorflow, python, cached }) {
  const temporary = path.join(cache, 'unfinished');
  fs.rmSync(temporary, { recursive: true, force: true });
  fs.mkdirSync(temporary, { recursive: true });
  const compiler = findCompiler(process.env);
  try {
    const zig = compiler ? undefined : await fetchZig(root, temporary, python);
    await step('addon, compiled', async () => {
      const [command, ...options] = compiler ?? /** @type {const} */ ([python, ...zigCompiler]);
      const output = path.join(temporary, 'addon.node');
      const args = [...options, ...compilerArguments(tensorflow), '-o', output];
      const result = await run(command, args, {
        cwd: packageFolder(root),
        env: { ...childEnvironment(), ...zig },
      });
      if (result.code !== 0) throw compilerFailure(command, result.output);
      fs.renameSync(output, cached);
      return compiler ? command : 'Zig';
    });
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * Returns the C++ compiler as a command with its first arguments, or undefined for Zig. CXX decides where it is set
 * (`CXX=zig` asks for Zig), else the first compiler on the PATH is taken.
 * @param {NodeJS.ProcessEnv} env
 * @returns {readonly [string, ...string[]] | undefined}
 */
export function findCompiler(env) {
  if (env.CXX === 'zig') return undefined;
  const [program, ...options] = (env.CXX ?? '').split(' ').filter(Boolean);
  if (program) return [program, ...options];
  const found = findProgram(['c++', 'g++', 'clang++'], env.PATH);
  return found ? [found] : undefined;
}

/**
 * Installs Zig into the temporary folder, where its own caches go as well: 400 MB that are not needed again.
 * @param {string} root
 * @param {string} temporary
 * @param {string} python
 * @returns {Promise<NodeJS.ProcessEnv>} what its process needs
 */
async function fetchZig(root, temporary, python) {
  const packages = path.join(temporary, 'zig');
  await step('C++ compiler (Zig)', async () => {
    const options = ['--target', packages, '--no-cache-dir', ...lockedOnly];
    await pip(python, ['install', '-r', compilerLock(root), ...options], { TMPDIR: temporary });
    return 'no c++, g++ or clang++ found on the PATH';
  });
  const caches = path.join(temporary, 'zig-cache');
  return { PYTHONPATH: packages, ZIG_GLOBAL_CACHE_DIR: caches, ZIG_LOCAL_CACHE_DIR: caches };
}

/**
 * @param {string} command
 * @param {string} output
 */
function compilerFailure(command, output) {
  if (/ENOSPC|No space left/.test(output)) return failureOf(command, output);
  return new SetupError(
    `${command} could not build the TensorFlow addon:\n  ${errorLines(output).join('\n  ')}`,
    'set CXX to another C++17 compiler, or CXX=zig to have one downloaded for this build',
  );
}
