import { textWidth } from '../textWidth';

const fontSize = 11;

/** A legend with as many names to a line as fit. */
export function legendOf(series: readonly string[], width: number, symbols: object = {}): object {
  const widest = Math.max(...series.map((name) => textWidth(name, fontSize)));
  const columns = Math.max(1, Math.floor(width / (widest + 36)));
  return { ...symbols, columns, columnPadding: 12, labelFontSize: fontSize };
}
