/** Runs that are compared: dropped as files that `R1-Zero, live` has saved, or those that the site brings. */
import '../node/globals';
import { unzipSync } from 'fflate';
import type { Row } from '../../../core/csv';
import { UserError } from '../../../core/errors';
import { readMetrics, readRunInfo } from '../../../runs/run';
import { writeFileSync } from '../node/fs';

/** A run in the comparison. */
export interface ComparedRun {
  /** as its curve is called */
  readonly name: string;
  readonly metrics: readonly Row[];
  readonly steps: number;
  readonly size: string;
  readonly backend: string;
}

/** The files of a run that a comparison reads. */
const needed = ['run.json', 'metrics.csv'];

let runs = 0;

/** Reads a run whose files are given by their names. `name` is that of its curve. A damaged one is a UserError. */
function runOf(name: string, files: ReadonlyMap<string, Uint8Array>): ComparedRun {
  const folder = `/compared/${++runs}/${name}`;
  for (const [file, bytes] of files) writeFileSync(`${folder}/${file}`, bytes);
  const info = readRunInfo(folder);
  const metrics = readMetrics(folder);
  if (!info || metrics.length === 0) throw new UserError(`${name} holds no step of a run yet`);
  return {
    name,
    metrics,
    steps: info.steps,
    size: info.size,
    backend: info.versions.tensorflow ?? '',
  };
}

/** Reads a file that was dropped. One that is no saved run is a UserError. */
export async function droppedRun(file: File): Promise<ComparedRun> {
  const name = file.name.replace(/\.zip$/, '');
  const inside = await unpacked(file);
  const at = Object.keys(inside).find((path) => /^runs\/[^/]+\/run\.json$/.test(path));
  if (!at) throw new UserError(`${file.name} is no saved run: save one in "R1-Zero, live"`);
  const start = at.slice(0, -'run.json'.length);
  const files = needed.flatMap((one) => (inside[start + one] ? [[one, inside[start + one]!] as const] : [])); // prettier-ignore
  return runOf(name, new Map(files));
}

async function unpacked(file: File): Promise<Record<string, Uint8Array>> {
  try {
    return unzipSync(new Uint8Array(await file.arrayBuffer()));
  } catch {
    throw new UserError(`${file.name} is no zip archive: save a run in "R1-Zero, live"`);
  }
}

/** Reads a run that the site brings. A name that it does not have is a UserError. */
export async function recordedRun(name: string): Promise<ComparedRun> {
  const get = async (file: string): Promise<[string, Uint8Array]> => {
    const answer = await fetch(`runs/${name}/${file}`).catch(() => null);
    if (!answer?.ok) throw new UserError(`the site has no run ${name}: drop its file here`);
    return [file, new Uint8Array(await answer.arrayBuffer())];
  };
  return runOf(name, new Map(await Promise.all(needed.map(get))));
}
