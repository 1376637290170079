/** `npm run bundle`: one file with everything that the set-up downloads, for laptops without network. */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { addonFile, addonStamp } from './addon.mjs';
import { SetupError } from './errors.mjs';
import { folderBytes } from './files.mjs';
import { root } from './folders.mjs';
import { chooseBuild, target } from './machine.mjs';
import { checkOut, folderName, pack } from './pack.mjs';
import {
  compilerLock,
  lockedOnly,
  pip,
  pythonFolder,
  pythonOf,
  pythonVersions,
  requirementsLock,
} from './python.mjs';
import { run } from './run.mjs';
import { readyFile, setUp } from './setup.mjs';
import { downloadWheels } from './tensorflow.mjs';
import { announce, downloadNote, formatSeconds, step } from './terminal.mjs';
import { platformOptions, tensorflowVersion } from './wheels.mjs';

const pythons = `Python ${pythonVersions.at(-1)} to ${pythonVersions[0]}`;

const help = `npm run bundle -- [--out FILE]
Makes one file of the workbook and all that its set-up downloads: npm packages, JupyterLab for ${pythons},
TensorFlow's library for the CPU, and a C++ compiler. It is for laptops of this platform (${target}) that have Node
and Python and no network:

  tar xf ${folderName}-${target}.tar.gz && cd ${folderName} && npm start

  --out FILE   where the bundle goes (data/local/${folderName}-${target}.tar.gz); only an older bundle is replaced`;

/**
 * Makes the bundle.
 * @param {readonly string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function bundle(args) {
  const asked = readOptions(args);
  if (asked.help) {
    console.log(help);
    return 0;
  }
  const file = path.resolve(
    asked.out ?? path.join(root, `data/local/${folderName}-${target}.tar.gz`),
  );
  checkOut(file);
  const commit = (await git(root, 'rev-parse', '--short', 'HEAD')).trim();
  await setUp(); // it completes the npm packages, and brings a pip
  announce('making a bundle; what it holds is downloaded once more');
  const parent = path.join(root, 'data/local/unfinished-bundle');
  fs.rmSync(parent, { recursive: true, force: true });
  try {
    const folder = path.join(parent, folderName);
    await copyProject(folder);
    await fetchWheels(path.join(folder, 'data/local/offline'));
    fs.writeFileSync(path.join(folder, 'OFFLINE.md'), bundleReadme(target, commit));
    await packFolder(parent, file);
  } finally {
    fs.rmSync(parent, { recursive: true, force: true });
  }
  console.log(`${path.relative('', file)}, ${megabytes(fs.statSync(file).size)} MB, for ${target}, Node and ${pythons}
on a laptop without network: tar xf ${path.basename(file)} && cd ${folderName} && npm start`);
  return 0;
}

/** @param {readonly string[]} args */
function readOptions(args) {
  try {
    const options = /** @type {const} */ ({ out: { type: 'string' }, help: { type: 'boolean' } });
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const [message = ''] = /** @type {Error} */ (error).message.split('.');
    throw new SetupError(message, 'see npm run bundle -- --help');
  }
}

/**
 * @param {string} folder
 * @param {readonly string[]} args
 */
async function git(folder, ...args) {
  const { code, output } = await run('git', ['-C', folder, ...args]);
  if (code === 0) return output;
  throw new SetupError(`${folder} is no git clone`, 'make the bundle in a clone of the project');
}

/**
 * Returns the files of the project: those that git tracks and that are there.
 * @param {string} folder
 */
export async function trackedFiles(folder) {
  const files = (await git(folder, 'ls-files', '-z')).split('\0').filter(Boolean);
  return files.filter((file) => fs.existsSync(path.join(folder, file)));
}

/**
 * Copies the project's files and its npm packages, without what belongs to this machine: the addon, and the note that
 * all is set up.
 * @param {string} folder
 */
async function copyProject(folder) {
  const packages = path.join(root, 'node_modules');
  const ofThisMachine = [readyFile, addonFile(root), addonStamp(root)];
  const filter = (/** @type {string} */ file) => !ofThisMachine.includes(file);
  const copy = async () => {
    for (const file of await trackedFiles(root))
      await fs.promises.cp(path.join(root, file), path.join(folder, file));
    const to = path.join(folder, 'node_modules');
    await fs.promises.cp(packages, to, { recursive: true, verbatimSymlinks: true, filter });
    return `${megabytes(folderBytes(folder))} MB`;
  };
  await step(
    'project and packages',
    copy,
    meter(folderBytes(packages), () => folderBytes(folder)),
  );
}

/**
 * Fetches JupyterLab for every Python that may be on a laptop, the C++ compiler for the addon, and TensorFlow.
 * @param {string} wheels
 */
async function fetchWheels(wheels) {
  fs.mkdirSync(wheels, { recursive: true });
  const python = pythonOf(pythonFolder(root));
  const options = ['-d', wheels, ...lockedOnly, ...platformOptions()];
  let versions = 0;
  const start = Date.now();
  const progress = () => {
    const left = ((Date.now() - start) / 1000 / versions) * (pythonVersions.length - versions);
    const note = versions > 0 ? `, ${formatSeconds(left)} left` : '';
    return `${versions} of ${pythonVersions.length} Python versions${note}`;
  };
  const fetch = async () => {
    for (const version of pythonVersions) {
      const pipFor = [path.join(root, 'lib/setup/pipFor.py'), version, target];
      await pip(python, ['download', '-r', requirementsLock(root), ...options], {}, pipFor);
      versions++;
    }
    await pip(python, ['download', '-r', compilerLock(root), ...options]);
    return `${megabytes(folderBytes(wheels))} MB`;
  };
  await step('JupyterLab and Zig', fetch, progress);
  const build = chooseBuild('cpu', undefined);
  const before = folderBytes(wheels);
  const fetchTensorflow = async () => {
    await downloadWheels(wheels, build, python);
    return `${megabytes(folderBytes(wheels) - before)} MB`;
  };
  const bytes = () => folderBytes(wheels) - before;
  await step(
    `TensorFlow ${tensorflowVersion}`,
    fetchTensorflow,
    meter(build.downloadMB * 1e6, bytes),
  );
}

/**
 * @param {string} parent
 * @param {string} file
 */
async function packFolder(parent, file) {
  let packed = 0;
  const work = async () => {
    await pack(parent, file, (bytes) => (packed = bytes));
    return `${megabytes(fs.statSync(file).size)} MB`;
  };
  await step(
    'one file',
    work,
    meter(folderBytes(parent), () => packed),
  );
}

/**
 * Returns a function that tells the progress of a step whose number of bytes is known before.
 * @param {number} total
 * @param {() => number} bytes how many there are by now
 */
function meter(total, bytes) {
  const start = Date.now();
  return () => downloadNote(bytes(), megabytes(total), (Date.now() - start) / 1000);
}

/** @type {Readonly<Record<string, string>>} */
const machines = {
  'linux-x64': 'Linux (or WSL2) with glibc 2.28 or newer, on an Intel or AMD processor with AVX',
  'linux-arm64': 'Linux with glibc 2.28 or newer, on an ARM processor',
  'darwin-arm64': 'macOS 12 or newer on Apple silicon',
};

/**
 * Returns the text of the page in the bundle that says what it is for.
 * @param {string} platform
 * @param {string} commit
 */
export function bundleReadme(platform, commit) {
  return `# The R1 workbook, without network

This folder is for **${platform}** and for nothing else: ${machines[platform]}, with Node 20.19 or
newer and ${pythons} (on Debian and Ubuntu with the package \`python3-venv\`).

    npm start            # sets up what is missing, from this folder, and opens JupyterLab
    npm run doctor       # what is there, and what is missing

It takes 3 GB of disk. TensorFlow runs on the CPU. Everything that the set-up installs is in \`data/local/offline\`: remove that
folder, and it comes from the network again.

Made from commit ${commit}.
`;
}

/** @param {number} bytes */
const megabytes = (bytes) => Math.round(bytes / 1e6);
