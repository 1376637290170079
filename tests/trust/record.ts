/** Writes what a large check has measured to data/trust/, and the table of all that is there. */
import * as fs from 'node:fs';
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

const trust = path.join(root, 'data/trust');

/** Writes data/trust/NAME.json, with the machine and the date, and the table anew. */
export function writeTrust(name: string, { what, number, command, ...more }: TrustRecord): void {
  const { model = 'unknown' } = os.cpus()[0] ?? {};
  const machine = `${model.trim()}, ${os.availableParallelism()} threads, Node ${process.version}`;
  const date = new Date().toISOString().slice(0, 10);
  const record = { what, number, command, machine, date, ...more };
  writeFileAtomic(path.join(trust, `${name}.json`), JSON.stringify(record, null, 2) + '\n');
  writeFileAtomic(path.join(trust, 'README.md'), trustPage());
}

/** Returns the page with the table of all records. */
export function trustPage(): string {
  const rows = fs
    .readdirSync(trust)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(fs.readFileSync(path.join(trust, name), 'utf8')) as Record<string, string>)
    .map(({ what, number, command, machine, date }) => `| ${what} | ${number} | \`${command}\` | ${machine}, ${date} |\n`); // prettier-ignore
  return `# Trust

What the large checks found, the last time each was run. A check writes its line of this table, and beside it a file with
everything that it counted. Smaller doses of the same checks are in \`npm test\`.

| what | number | command | machine, date |
| --- | --- | --- | --- |
${rows.join('')}`;
}
