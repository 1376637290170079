/** JSON Lines: files of one JSON object a line. */
import * as fs from 'node:fs';
import { UserError } from './errors';

/** Returns objects as the text of such a file. */
export const jsonLines = (rows: readonly object[]): string =>
  rows.map((row) => JSON.stringify(row) + '\n').join('');

/** How a file is read whose lines have to be of one kind. */
export interface LineKind<T> {
  /** throws for an object that is not of the kind */
  readonly check: (row: T) => void;
  /** the message of the error where there is no file */
  readonly missing: string;
  /** the message of the error for a line, counted from 1, that is no JSON or fails the check */
  readonly invalid: (line: number) => string;
}

/** Reads the objects of such a file. Throws a UserError for a missing file and for the first line that is not of the kind. */
export function readJsonLines<T>(file: string, { check, missing, invalid }: LineKind<T>): T[] {
  if (!fs.existsSync(file)) throw new UserError(missing);
  const lines = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line, i) => {
    try {
      const row = JSON.parse(line) as T;
      check(row);
      return row;
    } catch {
      throw new UserError(invalid(i + 1));
    }
  });
}
