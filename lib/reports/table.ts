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
