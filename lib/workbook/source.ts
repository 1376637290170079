import * as fs from 'node:fs';
import * as path from 'node:path';
import { displayBundle } from '../core/display';
import { UserError } from '../core/errors';
import { root } from '../core/files';

/** Returns the text of a function, or of an exported type or constant, of a lib file, its doc comment included. */
export function sourceOf(file: string, name: string): string {
  const lines = fs.readFileSync(path.join(root, file), 'utf8').split('\n');
  const declaration = new RegExp(
    `^(export (const|interface|type|class)|(export )?(async )?function\\*?) ${name}\\b`,
  );
  const at = lines.findIndex((line) => declaration.test(line));
  if (at < 0) throw new UserError(`no ${name} in ${file}`);
  let start = at;
  if (lines[at - 1]?.trimEnd().endsWith('*/'))
    do start--;
    while (!lines[start]!.startsWith('/**'));
  /** a closing bracket or one line; or, as a type of many lines ends, before the next top-level line */
  const isEnd = (line: string, i: number): boolean =>
    /^[)}\]]+;?$|^[^\s].*(;|\{\})$/.test(line) ||
    (line.endsWith(';') && lines[i + 1] === '' && !lines[i + 2]?.startsWith(' '));
  const end = lines.findIndex((line, i) => i >= at && isEnd(line, i));
  return lines.slice(start, end + 1).join('\n');
}

/** Shows the code itself under the cell, read from the file it runs from. */
export function showSource(file: string, name: string): void {
  const text = sourceOf(file, name);
  displayBundle({
    'text/markdown': `\`${file}\`\n\n\`\`\`typescript\n${text}\n\`\`\``,
    'text/plain': `${file}\n\n${text}`,
  });
}
