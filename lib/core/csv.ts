export type Cell = number | string | null;
export type Row = Record<string, Cell>;

const quoted = (text: string): string =>
  /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

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

/** Splits CSV text with a header line into the texts of its cells. Lines that begin with `#` are left out. */
export function readCsv(text: string): { header: string[]; lines: string[][] } {
  const allLines = text.match(/("[^"]*"|[^"\n])+/g) ?? []; // a quoted cell may hold a line break
  const lines = allLines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const [header = [''], ...rest] = lines.map(splitLine);
  return { header, lines: rest };
}

/** Reads CSV text with a header line. Cells that look like numbers become numbers, empty ones null. */
export function parseCsv(text: string): Row[] {
  const { header, lines } = readCsv(text);
  return lines.map((cells) =>
    Object.fromEntries(header.map((column, i) => [column, toCell(cells[i] ?? '')])),
  );
}

function toCell(text: string): Cell {
  if (text === '') return null;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

function splitLine(line: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let inQuotes = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (inQuotes) {
      if (c !== '"') cell += c;
      else if (line[i + 1] === '"') cell += line[++i];
      else inQuotes = false;
    } else if (c === '"') inQuotes = true;
    else if (c === ',') {
      cells.push(cell);
      cell = '';
    } else if (c !== '\r') cell += c;
  }
  cells.push(cell);
  return cells;
}
