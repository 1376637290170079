/** What differs between the settings of two runs. */
import { isDeepStrictEqual } from 'node:util';

/** Differences that a message names at most. */
const mostNamed = 3;

/**
 * Returns the first differences between two objects, each with the old value and the new one: `grpo.klCoef 0, now 0.01`.
 * Empty where they are equal.
 */
export function differencesOf(before: unknown, now: unknown): string {
  const all = differences(before, now, '');
  const more = all.length > mostNamed ? [`and ${all.length - mostNamed} more`] : [];
  return [...all.slice(0, mostNamed), ...more].join('; ');
}

function differences(before: unknown, now: unknown, name: string): string[] {
  if (isDeepStrictEqual(before, now)) return [];
  if (!isPlain(before) || !isPlain(now)) return [`${name} ${shown(before)}, now ${shown(now)}`];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return keys.flatMap((key) => differences(before[key], now[key], name ? `${name}.${key}` : key));
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns a value as JSON, of which a long one is cut. */
function shown(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
