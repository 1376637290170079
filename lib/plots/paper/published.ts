/** The numbers that the papers published, as copied or read off into `data/paper`; its README says how. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { readCsv } from '../../core/csv';
import { UserError } from '../../core/errors';
import { root } from '../../core/files';
import { schema } from './schema';

/** The name of a file of `data/paper`, without its ending. */
export type PublishedName = keyof typeof schema;
export const publishedNames = Object.keys(schema) as PublishedName[];

/** The TypeScript type of a cell, for each kind of column that a schema names. */
export interface CellOf {
  number: number;
  'number?': number | null;
  text: string;
  'text?': string | null;
}

/** The place where a row was read, and how sure the reading is. */
export interface Read {
  readonly source: string;
  readonly confidence: string;
}

/** A row of a file, typed by its schema. */
export type PublishedRow<Name extends PublishedName> = Read & {
  readonly [Column in keyof (typeof schema)[Name]]: CellOf[(typeof schema)[Name][Column] &
    keyof CellOf];
};

/** The rows of some files, by name. */
export type Published<Name extends PublishedName> = {
  readonly [N in Name]: readonly PublishedRow<N>[];
};

export const publishedFolder = path.join(root, 'data', 'paper');

/** Reads these files. A file that is missing, or that its schema does not fit, is a UserError. */
export function readPublished<Name extends PublishedName>(names: readonly Name[]): Published<Name> {
  const rows = names.map((name) => {
    const file = path.join(publishedFolder, `${name}.csv`);
    if (!fs.existsSync(file))
      throw new UserError(`no file data/paper/${name}.csv: git checkout data/paper`);
    return [name, parsePublished(name, fs.readFileSync(file, 'utf8'))];
  });
  return Object.fromEntries(rows) as Published<Name>;
}

/**
 * Turns the text of a file into rows. A column that is missing, or a cell of the wrong kind, is a UserError that names
 * it.
 */
export function parsePublished<Name extends PublishedName>(
  name: Name,
  text: string,
): PublishedRow<Name>[] {
  const { header, lines } = readCsv(text);
  const columns = { ...schema[name], source: 'text', confidence: 'text' } as const;
  for (const column of Object.keys(columns))
    if (!header.includes(column))
      throw new UserError(
        `data/paper/${name}.csv has no column ${column}: git checkout data/paper`,
      );
  return lines.map((cells, i) => {
    const row = Object.entries<string>(columns).map(([column, kind]) => {
      const cell = cells[header.indexOf(column)] ?? '';
      const value = cell === '' ? null : kind.startsWith('number') ? Number(cell) : cell;
      if (Number.isNaN(value) || (value === null && !kind.endsWith('?')))
        throw new UserError(
          `data/paper/${name}.csv, row ${i + 1}: no ${kind.replace('?', '')} in ${column}: git checkout data/paper`,
        );
      return [column, value];
    });
    return Object.fromEntries(row) as PublishedRow<Name>;
  });
}
