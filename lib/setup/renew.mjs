/**
 * `npm run setup -- --renew`: writes the lock files of the Python packages anew. They name every wheel that pip may
 * download for any supported Python and platform, by version and SHA-256.
 */
import fs from 'node:fs';
import path from 'node:path';
import { failureOf } from './errors.mjs';
import { writeAtomic } from './files.mjs';
import { root } from './folders.mjs';
import { lockedLists, pythonVersions } from './python.mjs';
import { run } from './run.mjs';
import { say } from './terminal.mjs';
import { builds, platformOptions } from './wheels.mjs';

/**
 * A package, as pip chooses it for some machines.
 * @typedef {{name: string, version: string, on: {platform: string, python: string}[]}} Choice
 */

/** How a platform is told apart in a condition of a requirements file. */
const conditions = /** @type {Readonly<Record<string, string>>} */ ({
  'linux-x64': 'sys_platform == "linux" and platform_machine == "x86_64"',
  'linux-arm64': 'sys_platform == "linux" and platform_machine == "aarch64"',
  'darwin-arm64': 'sys_platform == "darwin"',
});

const platforms = Object.keys(builds);
const pythons = [...pythonVersions].reverse();

/**
 * Asks the package index for the newest versions that fit the lists of requirements, and writes the lock files.
 * @param {string} python whose pip asks
 */
export async function renewLocks(python) {
  for (const [wanted, lock] of lockedLists(root)) {
    const choices = await choose(python, wanted);
    const hashes = await wheelHashes(python, choices);
    writeAtomic(lock, lockText(path.basename(wanted), choices, hashes));
    say(`${path.relative('', lock)}: ${choices.length} packages`);
  }
}

/**
 * Returns what pip would install for each supported Python and platform.
 * @param {string} python
 * @param {string} requirements
 * @returns {Promise<Choice[]>}
 */
async function choose(python, requirements) {
  /** @type {Map<string, Choice>} */
  const choices = new Map();
  const list = path.join(root, 'data/local/requirements-to-lock.txt');
  const pinned = fs.readFileSync(requirements, 'utf8').match(/^[\w.-]+==[^\s;\\]+/gm) ?? [];
  writeAtomic(list, pinned.join('\n'));
  for (const platform of platforms)
    for (const version of pythons) {
      for (const { metadata } of await report(python, list, platform, version)) {
        const key = `${metadata.name}==${metadata.version}`;
        const choice = choices.get(key) ?? { ...metadata, on: [] };
        choice.on.push({ platform, python: version });
        choices.set(key, choice);
      }
      say(`  Python ${version} on ${platform}`);
    }
  fs.rmSync(list);
  return [...choices.values()].sort((a, b) => compare(keyOf(a), keyOf(b)));
}

const keyOf = (/** @type {Choice} */ { name, version }) =>
  `${name.toLowerCase().replaceAll(/[-_.]+/g, '-')}==${version}`;

const compare = (/** @type {string} */ a, /** @type {string} */ b) => (a < b ? -1 : 1);

/**
 * @param {string} python
 * @param {string} list
 * @param {string} platform
 * @param {string} version
 * @returns {Promise<{metadata: {name: string, version: string}}[]>}
 */
async function report(python, list, platform, version) {
  const file = path.join(root, 'data/local/pip-report.json');
  const pipFor = [path.join(root, 'lib/setup/pipFor.py'), version, platform];
  const dry = ['install', '--dry-run', '--ignore-installed', '--target', 'nowhere', '-q'];
  const args = [...dry, '--only-binary=:all:', '-r', list, '--report', file];
  const { code, output } = await run(python, [...pipFor, ...args, ...platformOptions(platform)]);
  if (code !== 0) throw failureOf('pip install --dry-run', output);
  const { install } = JSON.parse(fs.readFileSync(file, 'utf8'));
  fs.rmSync(file);
  return install;
}

/**
 * Returns the SHA-256 of all wheels of some packages, by their file names.
 * @param {string} python
 * @param {readonly Choice[]} choices
 * @returns {Promise<[file: string, hash: string][]>}
 */
async function wheelHashes(python, choices) {
  const script = path.join(root, 'lib/setup/wheelHashes.py');
  const { code, output } = await run(python, [script, ...choices.map(keyOf)]);
  const json = output.match(/^\{.*\}$/m)?.[0];
  if (code !== 0 || !json) throw failureOf('wheelHashes.py', output);
  return Object.entries(JSON.parse(json));
}

/**
 * Returns whether a wheel may be installed by a supported Python on a supported platform.
 * @param {string} file
 */
export function isSupportedWheel(file) {
  const [tag = '', abi = '', python = ''] = file
    .replace(/\.whl$/, '')
    .split('-')
    .reverse();
  const rightPlatform = tag
    .split('.')
    .some((one) => /^any$|^manylinux.*_(x86_64|aarch64)$|^macosx_.*_(arm64|universal2)$/.test(one));
  const minor = Number(python.match(/^cp3(\d+)$/)?.[1]);
  const newest = Number(pythonVersions[0].split('.')[1]);
  const oldest = Number(pythonVersions.at(-1)?.split('.')[1]);
  const rightPython = Number.isNaN(minor)
    ? /(^|\.)py3/.test(python)
    : minor <= newest && (minor >= oldest || abi === 'abi3') && !abi.endsWith('t');
  return rightPlatform && rightPython;
}

/**
 * Returns the condition under which a package is installed, or '' where it always is.
 * @param {Choice['on']} on
 */
export function conditionOf(on) {
  const parts = platforms.map((platform) => ({
    platform,
    range: pythonRange(on.filter((one) => one.platform === platform).map(({ python }) => python)),
  }));
  const [first] = parts;
  if (parts.every(({ range }) => range === first?.range)) return first?.range ?? '';
  return parts
    .filter(({ range }) => range !== 'none')
    .map(({ platform, range }) => [conditions[platform], range].filter(Boolean).join(' and '))
    .join(' or ');
}

/**
 * Returns the condition for some of the supported versions of Python, which follow one another; 'none' for none.
 * @param {readonly string[]} versions
 */
function pythonRange(versions) {
  if (versions.length === 0) return 'none';
  const after = pythons[pythons.indexOf(/** @type {any} */ (versions.at(-1))) + 1];
  const from = versions[0] === pythons[0] ? '' : `python_version >= "${versions[0]}"`;
  const to = after ? `python_version < "${after}"` : '';
  return [from, to].filter(Boolean).join(' and ');
}

/**
 * @param {string} source the name of the file that says what is wanted
 * @param {readonly Choice[]} choices
 * @param {readonly [file: string, hash: string][]} hashes
 */
function lockText(source, choices, hashes) {
  const blocks = choices.map((choice) => {
    const condition = conditionOf(choice.on);
    const start = `${keyOf(choice).replace('==', '-')}`.replaceAll('-', '_');
    const own = hashes
      .filter(([file]) => isSupportedWheel(file) && wheelStart(file) === start)
      .map(([, hash]) => `    --hash=sha256:${hash}`)
      .sort();
    const head = `${keyOf(choice)}${condition && ` ; ${condition}`}`;
    return [head, ...own].join(' \\\n');
  });
  const heading = `# Every wheel that pip may install for ${source}. Written by npm run setup -- --renew; not edited by hand.`;
  return `${[heading, ...blocks].join('\n')}\n`;
}

/** Returns name and version of a wheel in one form, such as `jupyter_lsp_2.3.1`. */
const wheelStart = (/** @type {string} */ file) => {
  const [name = '', version = ''] = file.split('-');
  return `${name.toLowerCase().replaceAll(/[-_.]+/g, '_')}_${version}`;
};
