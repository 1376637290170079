/** A share as a table shows it: `.75`. */
export const share = (value: number | null): string =>
  value === null ? '-' : value.toFixed(2).replace(/^0/, '');

/** Columns side by side; the first `names` of them are aligned to the left. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  names: number,
): string {
  const widths = head.map((h, c) => Math.max(h.length, ...rows.map((row) => row[c]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, c) => (c < names ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
      .join('  ');
  return [head, ...rows].map(line).join('\n');
}
