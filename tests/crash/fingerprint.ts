/** What a recipe has left in its folder, so that two recipes can be compared. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { metricsOf } from '../support/microRun';

/** A hash for each file below a folder, by its path. */
export type Fingerprint = Readonly<Record<string, string>>;

/**
 * Returns the hashes of all files below a folder. Of a run's settings, result and metrics only that counts which does
 * not depend on the clock, on the machine's memory or on the commit.
 */
export function fingerprint(place: string): Fingerprint {
  const files = fs.readdirSync(place, { recursive: true, withFileTypes: true });
  const names = files.filter((file) => file.isFile()).map((f) => path.join(f.parentPath, f.name));
  return Object.fromEntries(
    names.sort().map((name) => {
      const hash = createHash('sha256').update(content(name)).digest('hex');
      return [path.relative(place, name), hash];
    }),
  );
}

function content(file: string): string | Buffer {
  const folder = path.dirname(file);
  switch (path.basename(file)) {
    case 'metrics.csv':
      return JSON.stringify(metricsOf(folder));
    case 'run.json': {
      const info = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
      return JSON.stringify({ ...info, seconds: 0, joules: 0, commit: '' });
    }
    default:
      return fs.readFileSync(file);
  }
}

/** Returns in what two fingerprints differ, such as `checkpoints/a/config.json is missing`. */
export function differencesBetween(wanted: Fingerprint, found: Fingerprint): string[] {
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(found)])];
  return names
    .filter((name) => wanted[name] !== found[name])
    .map((name) =>
      found[name] === undefined
        ? `${name} is missing`
        : `${name} ${wanted[name] === undefined ? 'is left over' : 'differs'}`,
    );
}
