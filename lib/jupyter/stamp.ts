import { createHash } from 'node:crypto';
import { codeCells, textOf, type Notebook } from './notebook';

/** A short hash of all code of a notebook, in its order. */
export function codeHash(notebook: Notebook): string {
  const sources = codeCells(notebook).map(({ source }) => textOf(source));
  return createHash('sha256').update(JSON.stringify(sources)).digest('hex').slice(0, 12);
}

/** The notebook, with the word that its outputs are from the code it has now. */
export function stamped(notebook: Notebook, mode: string): Notebook {
  const r1 = { code: codeHash(notebook), mode };
  return { ...notebook, metadata: { ...notebook.metadata, r1 } };
}

/** What is wrong with the stamp, in a line with the command that mends it. */
export function checkStamp(notebook: Notebook, again: string): string[] {
  const { r1 } = notebook.metadata;
  if (codeCells(notebook).length === 0) return [];
  if (!r1) return [`no stamp of the code that its outputs are from: ${again}`];
  if (r1.code !== codeHash(notebook)) return [`its outputs are from other code: ${again}`];
  return r1.mode === 'smoke' ? [`its outputs are from smoke mode: ${again}`] : [];
}
