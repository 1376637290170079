/** Writes what a large check has measured to data/trust/. */
import * as os from 'node:os';
import * as path from 'node:path';
import { root, writeFileAtomic } from '../../lib/core/files';

/** One line of the table in data/trust/README.md, and whatever else the check has counted. */
export interface TrustRecord {
  readonly what: string;
  readonly number: string;
  readonly command: string;
  readonly [more: string]: unknown;
}

/** Writes data/trust/NAME.json, with the machine and the date. */
export function writeTrust(name: string, { what, number, command, ...more }: TrustRecord): void {
  const { model = 'unknown' } = os.cpus()[0] ?? {};
  const machine = `${model.trim()}, ${os.availableParallelism()} threads, Node ${process.version}`;
  const date = new Date().toISOString().slice(0, 10);
  const record = { what, number, command, machine, date, ...more };
  const file = path.join(root, 'data/trust', `${name}.json`);
  writeFileAtomic(file, JSON.stringify(record, null, 2) + '\n');
}
