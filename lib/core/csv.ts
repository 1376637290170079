import { UserError } from './errors';

export type Cell = number | string | null;
export type Row = Record<string, Cell>;

const quoted = (text: string): string =>
  /^#|[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** Returns one CSV line. Numbers keep 6 significant digits; a missing value is an empty cell. */
export function csvLine(columns: readonly string[], row: Row): string {
  const cells = columns.map((column) => {
    const value = row[column] ?? '';
    return typeof value === 'number'
      ? Number.isFinite(value)
        ? String(Number(value.toPrecision(6)))
        : ''
      : quoted(value);
  });
  return cells.join(',') + '\n';
}

/** Returns rows as CSV text, with the columns of all of them. */
export function toCsv(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const header = Object.fromEntries(columns.map((column) => [column, column]));
  return [header, ...rows].map((row) => csvLine(columns, row)).join('');
}

/** The texts of the cells of a CSV file. */
export interface CsvTexts {
  readonly header: readonly string[];
  readonly lines: readonly (readonly string[])[];
  /** the numbers of the lines in the file, counted from 1 */
  readonly lineNumbers: readonly number[];
}

/**
 * Splits CSV text with a header line into the texts of its cells. Empty lines, and lines that begin with `#`, are left
 * out. A line with another number of cells than the header, a name that two columns have, and a last line that is cut off
 * are UserErrors; `where` names the file in them.
 */
export function readCsv(text: string, where = 'the table'): CsvTexts {
  const all = splitLines(text, where);
  const [header = { cells: [''], number: 1 }, ...rest] = all;
  const names = header.cells;
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new UserError(`${where} has two columns ${twice}: make or copy it again`);
  for (const { cells, number } of rest)
    if (cells.length !== names.length)
      throw new UserError(
        `${where}, line ${number} has ${cells.length} cells, its header ${names.length}: make or copy it again`,
      );
  return {
    header: names,
    lines: rest.map(({ cells }) => cells),
    lineNumbers: rest.map(({ number }) => number),
  };
}

/** The columns of a table that hold texts, by default all that like; the other columns hold only numbers. */
export type IsText = (column: string) => boolean;

/**
 * Reads CSV text with a header line. Cells that look like numbers become numbers, empty ones null. A text in a column
 * of numbers is a UserError, and so is what `readCsv` refuses; `where` names the file in it.
 */
export function parseCsv(text: string, where = 'the table', isText: IsText = () => true): Row[] {
  const { header, lines, lineNumbers } = readCsv(text, where);
  return lines.map((cells, i) =>
    Object.fromEntries(
      header.map((column, c) => {
        const cell = toCell(cells[c]!);
        if (typeof cell === 'string' && !isText(column))
          throw new UserError(
            `${where}, line ${lineNumbers[i]}: ${column} is "${cell.slice(0, 40)}", which is no number: make or copy it again`,
          );
        return [column, cell];
      }),
    ),
  );
}

function toCell(text: string): Cell {
  if (text === '') return null;
  const number = Number(text);
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) && Number.isFinite(number)
    ? number
    : text;
}

interface Line {
  readonly cells: readonly string[];
  readonly number: number;
}

/** Splits a text into lines and these into cells. A quoted cell may hold commas, quotes and line breaks. */
function splitLines(text: string, where: string): Line[] {
  const lines: Line[] = [];
  const cell = /(?:"([^"]*(?:""[^"]*)*)"|([^",\n]*))(,|\r?\n|$)/y;
  let number = 1;
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end < 0 ? text.length : end);
    if (line.trim() === '' || line.startsWith('#')) {
      start += line.length + 1;
      number++;
      continue;
    }
    const first = number;
    const cells: string[] = [];
    for (let ending = ','; ending === ',';) {
      cell.lastIndex = start;
      const found = cell.exec(text);
      if (!found || found[3] === '')
        throw new UserError(
          `${where}, line ${first} is cut off or has a stray quote: make or copy it again`,
        );
      const [all, inQuotes, plain] = found;
      cells.push(inQuotes?.replaceAll('""', '"') ?? plain!.replace(/\r$/, ''));
      number += all.split('\n').length - 1;
      start += all.length;
      ending = found[3]!;
    }
    lines.push({ cells, number: first });
  }
  return lines;
}
