/** How numbers are written for people: one function for each kind of number. */

/** A share as tables show it: `.75`, `1.00`, `-.02` at the end of an interval; `-` where there is none. */
export const share = (value: number | null): string =>
  value === null
    ? '-'
    : value
        .toFixed(2)
        .replace(/^(-?)0/, '$1')
        .replace(/^-(?=\.00$)/, '');

/** A share of 1 in percent, with as many decimals as asked for: `75%`, `75.3%`. */
export const percent = (value: number, decimals = 0): string =>
  `${(100 * value).toFixed(decimals)}%`;

/** A number without its decimals, with a comma between its thousands: `12,500`. */
export const whole = (value: number): string => Math.round(value).toLocaleString('en');

/** A large number in whole thousands: `88 thousand`. */
export const thousands = (value: number): string => `${Math.round(value / 1000)} thousand`;

/** A number of tokens in millions, with as many decimals as asked for: `1.2M`, `1.23M`. */
export const millions = (value: number, decimals = 1): string =>
  `${(value / 1e6).toFixed(decimals)}M`;

/** Returns seconds as a person reads them: `8 s`, `2 min 05 s`. */
export function formatSeconds(seconds: number): string {
  const rounded = Math.round(seconds);
  if (rounded < 60) return `${rounded} s`;
  return `${Math.floor(rounded / 60)} min ${String(rounded % 60).padStart(2, '0')} s`;
}
