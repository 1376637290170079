/**
 * What XLA has compiled for this processor stays on the disk, so that the first step of the next start takes a fraction of
 * the time. The code that is loaded is the code that was compiled: the numbers are the same, bit for bit.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { removeQuietly, root } from '../core/files';
import { processorFlags } from '../core/processor';

const allFolders = path.join(root, 'data/local/compiled');

/** Room that the compiled graphs take at most, and room that the disk has to have besides, in bytes. */
const mostBytes = 500e6;
const leastFree = 1e9;

/** Of this process; undefined where nothing is kept. */
let folder: string | undefined;

/**
 * Lets TensorFlow keep compiled graphs; to be called before it is loaded. Who sets TF_XLA_FLAGS decides alone. Nothing is
 * kept on a disk that is full or read-only.
 */
export function keepCompiledGraphs(): void {
  if (process.env.TF_XLA_FLAGS !== undefined) return;
  const wanted = path.join(allFolders, machineKey());
  try {
    fs.mkdirSync(wanted, { recursive: true });
    fs.accessSync(wanted, fs.constants.W_OK);
    const { bavail, bsize } = fs.statfsSync(wanted);
    if (bavail * bsize < leastFree) return;
    makeRoom(mostBytes);
  } catch {
    return; // the graphs are compiled anew, which takes seconds
  }
  folder = wanted;
  process.env.TF_XLA_FLAGS = `--tf_xla_persistent_cache_directory='${wanted}' --tf_xla_persistent_cache_device_types=CPU`;
}

/**
 * Runs a graph. Where a compiled graph cannot be read or written, all of them are thrown away and `anew`, which loads the
 * graph once more, has its turn; a disk that still refuses is a UserError.
 */
export function withCompiledGraphs<T>(runGraph: () => T, anew: () => T): T {
  try {
    return runGraph();
  } catch (error) {
    if (folder === undefined || !concernsCompiling(error)) throw error;
    for (const file of filesOf(folder)) removeQuietly(file);
  }
  try {
    return anew();
  } catch (error) {
    if (!concernsCompiling(error)) throw error;
    const [cause] = (error as Error).message.replace(/^.*?error: /, '').split('\n');
    throw new UserError(
      `a compiled graph cannot be kept in ${folder}: ${cause}: free some space, or keep none with TF_XLA_FLAGS=`,
    );
  }
}

const concernsCompiling = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('xla_compile');

const filesOf = (place: string): string[] =>
  fs.readdirSync(place).map((name) => path.join(place, name));

/** Removes the oldest compiled graphs, of all machines that used this folder, until the others take so many bytes at most. */
export function makeRoom(bytes: number, place = allFolders): void {
  const files = filesOf(place)
    .flatMap(filesOf)
    .map((file) => ({ file, ...sizeAndTime(file) }))
    .sort((a, b) => b.time - a.time);
  let sum = 0;
  for (const { file, size } of files) {
    sum += size;
    if (sum > bytes) removeQuietly(file);
  }
}

function sizeAndTime(file: string): { size: number; time: number } {
  const { size, mtimeMs } = fs.statSync(file);
  return { size, time: mtimeMs };
}

/** Names what compiled code depends on: the processor, the threads, XLA's settings and TensorFlow's version. */
function machineKey(): string {
  const { TF_NUM_INTRAOP_THREADS: threads, XLA_FLAGS: flags } = process.env;
  const wheels = fs.readFileSync(path.join(root, 'lib/setup/wheels.mjs'), 'utf8');
  const all = [
    os.arch(),
    os.cpus()[0]?.model,
    processorFlags(),
    os.availableParallelism(),
    threads,
    flags,
    wheels,
  ];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 16);
}
