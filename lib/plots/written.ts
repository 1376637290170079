import { percent, whole } from '../core/format';

/**
 * Returns a number for a sentence: in percent where `format`, in d3's notation, asks for it, else as a whole number
 * from 100 on, and with three digits below 100.
 */
export function written(value: number, format = ''): string {
  if (format.endsWith('%')) return percent(value);
  return Math.abs(value) >= 100 || Number.isInteger(value)
    ? whole(value)
    : String(Number(value.toPrecision(3)));
}
