import { SetupError } from './errors.mjs';
import { isBundle, root } from './folders.mjs';
import { findProgram, run } from './run.mjs';
import { builds } from './wheels.mjs';

/** The oldest Node that runs the workbook: the first that can `require` an ES module. */
const oldestNode = /** @type {const} */ ([20, 19]);

/**
 * Returns whether the workbook runs on a version of Node.
 * @param {string} version as `process.versions.node` has it
 */
export function nodeWillDo(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

/**
 * Throws if the workbook cannot run on a machine.
 * @param {{node: string, platform: string, musl: boolean, folder: string}} machine
 */
export function checkMachine({ node, platform, musl, folder }) {
  if (!nodeWillDo(node)) {
    throw new SetupError(
      `Node ${node} is too old: ${oldestNode.join('.')} or newer is needed`,
      'install Node 24, for example with nvm, or use conda: see environment.yml',
    );
  }
  if (platform === 'win32') {
    throw new SetupError('Windows itself is not supported', 'run it inside WSL2 (Ubuntu)');
  }
  if (musl) {
    throw new SetupError(
      'Linux with musl is not supported',
      'use a Linux with glibc, such as Debian',
    );
  }
  if (folder.includes(':')) {
    throw new SetupError(
      `the path of this folder has a colon, which separates folders in PATH: ${folder}`,
      'move the folder, or rename the one with the colon',
    );
  }
}

/** Returns what `checkMachine` has to know about this machine. */
export function thisMachine() {
  const { platform } = process;
  const report = /** @type {any} */ (process.report);
  report.excludeNetwork = true; // its names would be looked up, which can take seconds
  const musl = platform === 'linux' && !report.getReport().header.glibcVersionRuntime;
  return { node: process.versions.node, platform, musl, folder: root };
}

/** Returns the name of the first NVIDIA GPU whose driver answers, or undefined. */
export async function gpuName() {
  const smi = findProgram(['nvidia-smi']);
  if (!smi) return undefined;
  const { code, output } = await run(smi, ['--query-gpu=name', '--format=csv,noheader']);
  return code === 0 ? output.trim().split('\n')[0] : undefined;
}

/** This platform, as a key of `builds`. */
export const target = `${process.platform}-${process.arch}`;

/** What a person should know about this platform, or ''. */
export const caution =
  target === 'linux-x64' ? '' : `nobody has tried the workbook on ${target} yet`;

/**
 * Returns the build of TensorFlow to use. R1_DEVICE decides where it is set; else a GPU is used if there is one and a
 * build for it.
 * @param {string | undefined} asked R1_DEVICE
 * @param {string | undefined} gpu name of the GPU
 * @param {string} on a key of `builds`
 */
export function chooseBuild(asked, gpu, on = target) {
  const { cpu, gpu: cuda } = builds[on] ?? {};
  if (!cpu) {
    throw new SetupError(
      `no TensorFlow library for ${on}`,
      'use Linux (x64 or arm64) or macOS on Apple silicon',
    );
  }
  if (asked && asked !== 'cpu' && asked !== 'gpu') {
    throw new SetupError(`invalid R1_DEVICE: ${asked}`, 'set it to cpu or gpu, or unset it');
  }
  if (asked === 'gpu' && !cuda) {
    throw new SetupError(`no GPU build of TensorFlow for ${on}`, 'unset R1_DEVICE');
  }
  const wantsGpu = asked ? asked === 'gpu' : gpu !== undefined;
  return wantsGpu && cuda ? cuda : cpu;
}

/** Returns the build for this machine. A bundle holds only the build for the CPU. */
export async function buildHere() {
  return chooseBuild(process.env.R1_DEVICE || (isBundle() ? 'cpu' : ''), await gpuName());
}
