import { textWidth } from '../textWidth';

const fontSize = 11;

/** The height of one line of names with any symbols, and the gap between the last line and the plot, in pixels. */
const rowHeight = 16;
const gap = 5;

/** Returns how many names stand in one line of `width` pixels. */
function columnsOf(series: readonly string[], width: number): number {
  const widest = Math.max(...series.map((name) => textWidth(name, fontSize)));
  return Math.max(1, Math.floor(width / (widest + 32)));
}

/** Returns a legend that is `width` pixels wide, with as many names in a line as fit. */
export const legendOf = (
  series: readonly string[],
  width: number,
  symbols: object = { rowPadding: 4 },
): object => ({
  ...symbols,
  columns: columnsOf(series, width),
  columnPadding: 12,
  labelFontSize: fontSize,
});

/** Returns the height of such a legend in pixels, 0 where there are no names. */
export const legendHeight = (series: readonly string[], width: number): number =>
  series.length === 0 ? 0 : rowHeight * Math.ceil(series.length / columnsOf(series, width)) + gap;
