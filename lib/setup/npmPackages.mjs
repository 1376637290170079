import fs from 'node:fs';
import path from 'node:path';
import { SetupError, failureOf } from './errors.mjs';
import { hashOf, readText, writeAtomic } from './files.mjs';
import { findProgram, run } from './run.mjs';
import { step } from './terminal.mjs';

/** @param {string} root */
const stampOf = (root) => path.join(root, 'node_modules/.r1-packages');

/** @param {string} root */
const lockHash = (root) => hashOf([readText(path.join(root, 'package-lock.json'))]);

/**
 * Returns whether node_modules holds what the lockfile says, from an installation that was completed.
 * @param {string} root
 */
export function hasNpmPackages(root) {
  return readText(stampOf(root)) === lockHash(root);
}

/**
 * Installs the npm packages of the lockfile. No install script runs: they would download binaries from other places.
 * @param {string} root
 */
export async function installNpmPackages(root) {
  if (hasNpmPackages(root)) return;
  await step('npm packages', async () => {
    const npm = findProgram(['npm']);
    if (!npm) throw new SetupError('npm is not on the PATH', 'install Node.js together with npm');
    fs.rmSync(stampOf(root), { force: true });
    const args = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'];
    const { code, output } = await run(npm, args, { cwd: root });
    if (code !== 0) throw failureOf('npm ci', output);
    writeAtomic(stampOf(root), lockHash(root));
    return '';
  });
}
