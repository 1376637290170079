import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './errors.mjs';
import { isWritable } from './files.mjs';

/** The folder of the repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The folder of the wheels that a bundle brings along. With it the set-up needs no network. */
export const offlineFolder = path.join(root, 'data/local/offline');

/** Whether this folder is an unpacked bundle. */
export const isBundle = () => fs.existsSync(offlineFolder);

/**
 * Returns the folder that all clones of a user share. It holds the TensorFlow library and the built addons. Throws a
 * SetupError where R1_CACHE does not name it and the user has no home.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} platform
 * @param {() => string} known the home that the system knows of this user
 */
export function cacheFolder(env = process.env, platform = process.platform, known = systemHome) {
  if (env.R1_CACHE) return path.resolve(env.R1_CACHE);
  if (platform !== 'darwin' && path.isAbsolute(env.XDG_CACHE_HOME ?? ''))
    return path.join(env.XDG_CACHE_HOME ?? '', 'r1-workbook');
  const home = env.HOME || known();
  if (!path.isAbsolute(home)) {
    const cause = home ? `HOME is not a full path: ${home}` : 'this user has no home folder';
    throw new SetupError(cause, 'set R1_CACHE to a folder of yours that has room for 2 GB');
  }
  const caches = path.join(home, platform === 'darwin' ? 'Library/Caches' : '.cache');
  return path.join(caches, 'r1-workbook');
}

/**
 * Returns the environment of this process for the programs that it starts. Their HOME is a folder that can be written:
 * npm, pip and JupyterLab keep settings and caches there, and in a container HOME may be unset, or belong to somebody
 * else.
 */
export function childEnvironment() {
  const substitute = path.join(root, 'data/local/home');
  const HOME = homeFolder(process.env, substitute);
  // npm tells its children where its cache is: in the home that cannot be written
  const npm = HOME === substitute ? { npm_config_cache: path.join(HOME, '.npm') } : {};
  return { ...process.env, ...npm, HOME };
}

/**
 * Returns the person's own home, or a substitute where there is none that can be written.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} substitute
 * @param {() => string} known the home that the system knows of this user
 */
export function homeFolder(env, substitute, known = systemHome) {
  const home = env.HOME || known();
  return path.isAbsolute(home) && fs.existsSync(home) && isWritable(home) ? home : substitute;
}

/** Returns the home of this user in the system's list, or '' for a user who is not in it. */
function systemHome() {
  try {
    return os.userInfo().homedir;
  } catch {
    return '';
  }
}
