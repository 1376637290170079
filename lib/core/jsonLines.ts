/** JSON Lines: files of one JSON object a line. */
import { UserError } from './errors';
import { faultOf, type Fields } from './fields';

/** Returns objects as the text of such a file. */
export const jsonLines = (rows: readonly object[]): string =>
  rows.map((row) => JSON.stringify(row) + '\n').join('');

/** How a text is read whose lines have to be of one kind. */
export interface LineKind<T> {
  /** how the file is named in an error */
  readonly where: string;
  /** what a line is, for an error: `trace` */
  readonly what: string;
  readonly fields: Fields;
  /** what a person can do about a line that is wrong */
  readonly fix: string;
  /** throws a UserError for a line that has all fields and still is not of the kind */
  readonly check?: (row: T) => void;
}

/** Reads the objects of such a text. The first line that is not of the kind is a UserError that says why. */
export function parseJsonLines<T>(text: string, kind: LineKind<T>): T[] {
  return text.split('\n').flatMap((line, i): T[] => {
    if (line.trim() === '') return [];
    const row = parsedJson(line);
    const wrong = row === undefined ? 'it is no JSON' : wrongWith(row, kind);
    if (wrong === null) return [row as T];
    const { where, what, fix } = kind;
    throw new UserError(`${where}, line ${i + 1} is no ${what} (${wrong}): ${fix}`);
  });
}

function wrongWith<T>(row: unknown, { fields, check }: LineKind<T>): string | null {
  try {
    const fault = faultOf(row, fields);
    if (fault === null) check?.(row as T);
    return fault;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/** Returns the value of a JSON text, or undefined where it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
