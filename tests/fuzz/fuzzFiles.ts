/** Damaged files of one kind, and what came of reading them. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../lib/core/errors';
import { createRandom } from '../../lib/core/random';
import { tf } from '../../lib/engine/tensorflow';
import type { Dose } from './dose';
import type { FileKind } from './files';

export interface FilesReport {
  readonly kind: string;
  readonly files: number;
  /** how many were read, and how many were refused in one line */
  readonly read: number;
  readonly refused: number;
  /** the first faults, each with the numbers that make the file again */
  readonly faults: readonly string[];
  readonly faultCount: number;
  /** the longest that one file took, in milliseconds */
  readonly slowest: number;
}

export interface FilesDose extends Dose {
  /** an empty folder */
  readonly folder: string;
}

const keptFaults = 40;
const longestMessage = 600;

/** Damages files and reads each. Nothing that happens to one of them is thrown. */
export function fuzzFiles(
  kind: FileKind,
  { count, seed, folder, onProgress = () => {} }: FilesDose,
): FilesReport {
  // prettier-ignore
  for (const [name, bytes] of Object.entries(kind.beside ?? {}))
    fs.writeFileSync(path.join(folder, name), bytes);
  const report = { read: 0, refused: 0, faultCount: 0, slowest: 0 };
  const faults = new Map<string, string>();
  for (let i = 0; i < count; i++) {
    const random = createRandom(seed, 'fuzz', kind.name, i);
    const file = kind.files[i % kind.files.length]!;
    const bytes = kind.damaged(file, random);
    fs.writeFileSync(path.join(folder, file), bytes);
    const tensors = tf.memory().numTensors;
    const started = performance.now();
    try {
      kind.read(folder, file);
      report.read++;
    } catch (error) {
      const fault = faultOf(error, [file, ...Object.keys(kind.beside ?? {})]);
      if (fault === null) report.refused++;
      else {
        report.faultCount++;
        const sort = `${file} ${fault
          .split(/[^\w: ]/)[0]!
          .split(' ')
          .slice(0, 6)
          .join(' ')}`;
        if (!faults.has(sort) && faults.size < keptFaults)
          faults.set(sort, `${kind.name} ${seed} ${i}: ${file}: ${fault.slice(0, 300)}: ${JSON.stringify(bytes.toString('utf8').slice(0, 200))}`); // prettier-ignore
      }
    }
    report.slowest = Math.max(report.slowest, performance.now() - started);
    const left = tf.memory().numTensors - tensors;
    if (left !== 0) {
      report.faultCount++;
      faults.set('tensors', `${kind.name} ${seed} ${i}: ${left} tensors are left`);
    }
    onProgress(i + 1, count);
  }
  return { kind: kind.name, files: count, faults: [...faults.values()], ...report };
}

/** What is wrong with an error; null for one line to a person that names one of the files. */
function faultOf(error: unknown, files: readonly string[]): string | null {
  if (!(error instanceof UserError)) return String(error).slice(0, 500);
  const { message } = error;
  if (message.length > longestMessage) return `an error of ${message.length} characters: ${message.slice(0, 60)}`; // prettier-ignore
  if (/[\p{Cc}\u2028\u2029]/u.test(message)) return `an error of several lines: ${message}`;
  return files.some((file) => message.includes(file)) ? null : `an error without the file: ${message}`; // prettier-ignore
}
