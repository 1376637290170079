/** A number in words: a share in percent where the axis says so, else with three digits. */
export function written(value: number, format = ''): string {
  if (format.endsWith('%')) return `${Math.round(100 * value)}%`;
  return Math.abs(value) >= 100 || Number.isInteger(value)
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)));
}
