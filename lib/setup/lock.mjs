import fs from 'node:fs';
import path from 'node:path';

/** The file of the lock that this process holds, or ''. */
let held = '';

/**
 * Does some work while no other set-up of the same cache folder is working. A lock names its process and that
 * process's latest child, because the `pip` or `npm` of a set-up that was killed may live on for a while, and the next
 * set-up must not work beside it. A lock whose processes have all ended is taken over.
 * @template T
 * @param {string} folder
 * @param {() => Promise<T>} work
 * @param {() => void} onWait called once when another set-up is at work
 * @returns {Promise<T>}
 */
export async function withLock(folder, work, onWait) {
  const lock = path.join(folder, 'lock');
  fs.mkdirSync(folder, { recursive: true });
  for (let waited = false; !take(lock); waited = true) {
    if (!waited) onWait();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  held = lock;
  try {
    return await work();
  } finally {
    held = '';
    fs.rmSync(lock, { force: true });
  }
}

/**
 * Adds a child process to the lock.
 * @param {number} pid
 */
export function noteChild(pid) {
  if (held) fs.writeFileSync(held, `${process.pid} ${pid}`);
}

/**
 * @param {string} lock
 * @returns {boolean}
 */
function take(lock) {
  const own = `${lock}.${process.pid}`;
  fs.writeFileSync(own, String(process.pid));
  try {
    fs.linkSync(own, lock); // this creates the lock together with its contents, or fails
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    if (ownersOf(lock).some(isAlive)) return false;
    fs.rmSync(lock, { force: true });
    return take(lock);
  } finally {
    fs.rmSync(own, { force: true });
  }
}

/** @param {string} lock */
function ownersOf(lock) {
  try {
    return fs.readFileSync(lock, 'utf8').split(' ').map(Number);
  } catch {
    return []; // the lock was released in between
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
