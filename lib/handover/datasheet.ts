/** What a folder holds, for those who get it: counts and hashes. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** A table of the files in a folder and below it, with their hashes. */
export function hashTable(folder: string): string {
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => fs.statSync(path.join(folder, file)).isFile())
    .sort();
  const hash = (file: string): string =>
    createHash('sha256')
      .update(fs.readFileSync(path.join(folder, file)))
      .digest('hex');
  const lines = files.map((file) => `| ${file} | ${hash(file)} |`);
  return ['| file | sha256 |', '| --- | --- |', ...lines].join('\n');
}

/** A table of how many rows there are of each kind. A kind is the values of its columns. */
export function countTable(
  columns: readonly string[],
  kinds: readonly (readonly (string | number)[])[],
): string {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind.join(' | '), (counts.get(kind.join(' | ')) ?? 0) + 1);
  const lines = [...counts].sort().map(([kind, count]) => `| ${kind} | ${count} |`);
  const head = [...columns, 'rows'];
  return [`| ${head.join(' | ')} |`, `| ${head.map(() => '---').join(' | ')} |`, ...lines].join(
    '\n',
  );
}
