/**
 * The lock of a run: a file in its folder that names the process which makes the run. Two processes that write to one run
 * would spoil it. A lock is made by creating its file, which works on every file system, and it lives no longer than its
 * process: the lock of a process that has ended is taken over.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { faultOf, isCount, isText } from '../core/fields';
import { onDisk, removeQuietly } from '../core/files';
import { parsedJson } from '../core/jsonLines';

/** The process that holds a lock. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** which start of the machine it was; empty where the system does not say */
  readonly boot: string;
  /** the numbering that the pid belongs to, of which each container has its own; empty where the system does not say */
  readonly numbering: string;
  /** when the process was started, in clock ticks since that start of the machine; empty where the system does not say */
  readonly started: string;
  /** when the lock was taken, ISO 8601 */
  readonly since: string;
}

/** The error of a run that another process makes. */
export class RunHeld extends UserError {
  override name = 'RunHeld';
}

/** A lock that this process holds. */
export interface Lock {
  /** throws a UserError where the lock has been removed, or taken over by another process */
  check(): void;
  /** gives the lock back; the second call does nothing */
  free(): void;
}

const ownerFields = {
  pid: isCount,
  host: isText,
  boot: isText,
  numbering: isText,
  started: isText,
  since: isText,
};

/**
 * Milliseconds after which a lock with half a text in it counts as left by a process that ended while it wrote. This
 * process looks that long itself: the clock of a foreign file system may differ.
 */
const halfLockLives = 1000;

/** Returns the file of a run's lock. */
export const lockFile = (folder: string): string => path.join(folder, 'run.lock');

/** Takes the lock of a run's folder, which is made where it is missing. Throws `RunHeld` where another process has it. */
export function takeLock(folder: string): Lock {
  const file = lockFile(folder);
  const own: Owner = { ...thisProcess(), since: new Date().toISOString() };
  const text = JSON.stringify(own) + '\n';
  onDisk('write', file, () => fs.mkdirSync(folder, { recursive: true }));
  let looked = 0;
  while (!create(file, text)) {
    const found = textOf(file);
    if (found === null) continue;
    const owner = ownerIn(found);
    if (owner !== null) refuseLiving(file, owner);
    else if ((looked += wait(50)) < halfLockLives) continue;
    takeAway(file, found);
  }
  return heldLock(folder, file, text);
}

/**
 * The locks that this process holds now: their files, and what gives each back. A disk that fails may keep the file of
 * one that was given back.
 */
const held = new Map<string, () => void>();

function heldLock(folder: string, file: string, text: string): Lock {
  const free = (): void => {
    if (held.get(file) !== free) return;
    held.delete(file);
    process.removeListener('exit', free);
    removeOwn(file, text);
  };
  held.set(file, free);
  process.on('exit', free);
  return {
    check() {
      if (textOf(file) !== text)
        throw new UserError(
          `${folder} was taken over while this process made it: nothing more is written by this one`,
        );
    },
    free,
  };
}

/** Creates the file with the text in it. False where there is such a file. */
function create(file: string, text: string): boolean {
  return onDisk('write', file, () => {
    try {
      fs.writeFileSync(file, text, { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      removeQuietly(file);
      throw error;
    }
  });
}

/** Returns the text of a lock; null where there is none. */
function textOf(file: string): string | null {
  return onDisk('read', file, () => {
    try {
      return fs.readFileSync(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  });
}

/** Returns the owner that a lock names; null where its text is not whole. */
function ownerIn(text: string): Owner | null {
  const value = parsedJson(text);
  return faultOf(value, ownerFields) === null ? (value as Owner) : null;
}

/** Waits so many milliseconds, and returns them. */
function wait(milliseconds: number): number {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  return milliseconds;
}

/** Removes the lock that holds this text. */
function takeAway(file: string, text: string): void {
  // Another process may have taken the lock over meanwhile: then what is moved away is its lock, and it is put back.
  const away = `${file}.${process.pid}.tmp`;
  try {
    fs.renameSync(file, away);
  } catch {
    return; // another process was faster
  }
  if (textOf(away) === text) removeQuietly(away);
  else fs.renameSync(away, file);
}

/** Throws `RunHeld` where the owner of the lock may live. */
function refuseLiving(file: string, owner: Owner): void {
  const folder = path.dirname(file);
  const { pid, host, since } = owner;
  const time = `${since.slice(0, 16).replace('T', ' ')} UTC`;
  const self = thisProcess();
  const isHere = host === self.host;
  if (isHere && owner.boot !== self.boot) return;
  if (!isHere || owner.numbering !== self.numbering)
    throw new RunHeld(
      `${folder} is made by process ${pid} on ${isHere ? `${host}, in another container` : `the machine ${host}`}, since ${time}: wait for it, or remove ${file} if it has ended there`,
    );
  if (startOf(pid) !== owner.started) return;
  if (pid === self.pid && !held.has(file)) return;
  throw new RunHeld(
    `${folder} is made by process ${pid} on ${host}, since ${time}: wait for it (R1_WAIT=1 waits), or watch its metrics.csv`,
  );
}

/** Removes the lock if it is still this one, and the folder if there is no run in it. */
function removeOwn(file: string, text: string): void {
  try {
    if (textOf(file) === text) fs.rmSync(file);
    fs.rmdirSync(path.dirname(file));
  } catch {
    // The folder holds a run, or the disk fails. A lock that stays is taken over once this process has ended.
  }
}

/** Returns who this process is. */
function thisProcess(): Omit<Owner, 'since'> {
  const { pid } = process;
  const boot = said(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const numbering = said(() => fs.readlinkSync('/proc/self/ns/pid'));
  return { pid, host: os.hostname(), boot, numbering, started: startOf(pid) ?? '' };
}

/** Returns what the system says, or '' where it does not. */
function said(ask: () => string): string {
  try {
    return ask();
  } catch {
    return '';
  }
}

/**
 * Returns when a process was started, in clock ticks since the start of the machine; empty where the system does not
 * say; null where the process has ended.
 */
function startOf(pid: number): string | null {
  if (!isAlive(pid)) return null;
  // The name in parentheses may hold spaces. The third field is the state, the 22nd the time of the start.
  const stat = said(() => fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? null : (fields[18] ?? '');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
