import { percent, whole } from '../core/format';

/**
 * Returns a number as the words about a chart have it: in percent where d3's notation `format` says so, else without
 * decimals from 100 on, and below with three digits.
 */
export function written(value: number, format = ''): string {
  if (format.endsWith('%')) return percent(value);
  return Math.abs(value) >= 100 || Number.isInteger(value)
    ? whole(value)
    : String(Number(value.toPrecision(3)));
}
