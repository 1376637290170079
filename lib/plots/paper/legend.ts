import { textWidth } from '../textWidth';

const fontSize = 11;

/** Pixels of a line of names, whatever their symbols, and from the last one to the plot. */
const rowHeight = 16;
const gap = 5;

/** Of so many pixels, the names that stand in one line. */
function columnsOf(series: readonly string[], width: number): number {
  const widest = Math.max(...series.map((name) => textWidth(name, fontSize)));
  return Math.max(1, Math.floor(width / (widest + 32)));
}

/** A legend with as many names to a line as fit. */
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

/** What it takes, in pixels. */
export const legendHeight = (series: readonly string[], width: number): number =>
  series.length === 0 ? 0 : rowHeight * Math.ceil(series.length / columnsOf(series, width)) + gap;
