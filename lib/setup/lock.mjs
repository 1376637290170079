import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readText } from './files.mjs';

/** The file of the lock that this process holds, or ''. */
let held = '';

/** How often the holder of a lock touches it, in milliseconds. */
const touchMs = 10_000;

/** A lock that cannot be judged by its processes counts as left behind when nobody has touched it for so long. */
const silenceMs = 60_000;

/**
 * Does some work while no other set-up that uses the same folder is working. A lock names its process and that
 * process's latest child, because the `pip` or `npm` of a set-up that was killed may live on for a while, and the next
 * set-up must not work beside it. A lock is taken over when its processes have ended. A process is known by its number,
 * the time of its start, and its machine: numbers are given out again. A lock from another machine or container, or one
 * that is half written, is taken over when it is not touched for a minute.
 * @template T
 * @param {string} folder
 * @param {() => Promise<T>} work
 * @param {(holder: string) => void} onWait called once when another set-up is at work
 * @param {number} [silence] for tests: another time than a minute, in milliseconds
 * @returns {Promise<T>}
 */
export async function withLock(folder, work, onWait, silence = silenceMs) {
  const lock = path.join(folder, 'lock');
  fs.mkdirSync(folder, { recursive: true });
  await take(lock, onWait, silence);
  held = lock;
  const timer = setInterval(() => fs.utimes(lock, new Date(), new Date(), () => {}), touchMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    held = '';
    // A lock that another set-up has taken over in the meantime is not this one's to remove.
    if (fs.existsSync(lock) && readText(lock).startsWith(lockText(process.pid)))
      fs.rmSync(lock, { force: true });
  }
}

/**
 * Adds a child process to the lock.
 * @param {number} pid
 */
export function noteChild(pid) {
  if (held) fs.writeFileSync(held, lockText(process.pid, pid));
}

/**
 * Returns the text of a lock: the machine since its last start, then each process with its start.
 * @param {readonly number[]} pids
 */
export function lockText(...pids) {
  return [machine(), ...pids.map((pid) => `${pid} ${startOf(pid)}`)].join('\n');
}

/**
 * @param {string} lock
 * @param {(holder: string) => void} onWait
 * @param {number} silence
 */
async function take(lock, onWait, silence) {
  const own = lockText(process.pid);
  let seen = '';
  let since = Date.now();
  for (let waited = false; !create(lock, own); waited = true) {
    const text = readText(lock);
    const state = `${text} ${fs.statSync(lock, { throwIfNoEntry: false })?.mtimeMs}`;
    if (state !== seen) [seen, since] = [state, Date.now()];
    const isHeld = holds(text) ?? Date.now() - since < silence;
    if (!isHeld && (await takeOver(lock, text, own))) return;
    if (isHeld && !waited) onWait(text.split('\n')[1]?.split(' ')[0] ?? '');
    await pause(isHeld ? 500 : 0);
  }
}

const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Creates the lock unless it is there.
 * @param {string} lock
 * @param {string} text
 */
function create(lock, text) {
  try {
    fs.writeFileSync(lock, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    return false;
  }
}

/**
 * Puts this process's lock in the place of one that was left behind. Of several set-ups that do so at the same time the
 * last one has it, and the others see that after a moment.
 * @param {string} lock
 * @param {string} left the text of the lock that was left behind
 * @param {string} own
 */
async function takeOver(lock, left, own) {
  const temporary = `${lock}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, own);
  if (fs.existsSync(lock) && readText(lock) === left) fs.renameSync(temporary, lock);
  fs.rmSync(temporary, { force: true });
  await pause(100);
  return readText(lock) === own;
}

/**
 * Returns whether a process of a lock lives, or undefined where that cannot be told from here.
 * @param {string} text
 */
function holds(text) {
  const [where = '', ...processes] = text.split('\n');
  const [host, boot, numbering] = where.split(' ');
  const [ownHost, ownBoot, ownNumbering] = machine().split(' ');
  if (processes.length === 0 || host !== ownHost) return undefined;
  if (boot !== ownBoot) return false;
  if (numbering !== ownNumbering) return undefined;
  const isAlive = (/** @type {string} */ line) => {
    const [pid, ...start] = line.split(' ');
    return start.join(' ') !== '' && startOf(Number(pid)) === start.join(' ');
  };
  return processes.some(isAlive);
}

/** Returns the name of this machine, what changes each time it starts, and the numbering of processes in use: a container has its own. */
function machine() {
  const boot = readText('/proc/sys/kernel/random/boot_id').trim();
  const numbering = process.platform === 'linux' ? fs.readlinkSync('/proc/self/ns/pid') : '';
  return `${os.hostname()} ${boot} ${numbering}`;
}

/**
 * Returns when a process started, in the system's own form, or '' where there is no such process.
 * @param {number} pid
 */
function startOf(pid) {
  if (process.platform !== 'linux')
    return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
    }).stdout.trim();
  // The name of the program comes in parentheses and may hold spaces. The 20th field after it is the start, the first
  // the state: a process that has ended stays as Z until its parent asks for it.
  const fields = readText(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? [];
  return fields[0] === 'Z' ? '' : (fields[19] ?? '');
}
