import { createHash } from 'node:crypto';
import { codeCells, textOf, type Notebook } from './notebook';

/** Returns a short hash of all code of a notebook, in its order. */
export function codeHash(notebook: Notebook): string {
  const sources = codeCells(notebook).map(({ source }) => textOf(source));
  return createHash('sha256').update(JSON.stringify(sources)).digest('hex').slice(0, 12);
}

/** Returns the notebook with a stamp which says that its outputs are from its present code. */
export function stamped(notebook: Notebook, mode: string): Notebook {
  const r1 = { code: codeHash(notebook), mode };
  return { ...notebook, metadata: { ...notebook.metadata, r1 } };
}

/** Returns what is wrong with the stamp of a notebook, in a line with the command `again` that mends it. */
export function checkStamp(notebook: Notebook, again: string): string[] {
  const { r1 } = notebook.metadata;
  if (codeCells(notebook).length === 0) return [];
  if (!r1) return [`no stamp of the code that its outputs are from: ${again}`];
  if (r1.code !== codeHash(notebook)) return [`its outputs are from other code: ${again}`];
  return r1.mode === 'smoke' ? [`its outputs are from smoke mode: ${again}`] : [];
}
