/** Checks of values that were read from a file, where a person, a program or a disk may have changed anything. */

/** Whether a value is of one kind. */
export type Kind = (value: unknown) => boolean;

/** The fields that an object must have, and of which kind each is. */
export type Fields = Readonly<Record<string, Kind>>;

export const isText: Kind = (value) => typeof value === 'string';
export const isNumber: Kind = (value) => Number.isFinite(value);
export const isWhole: Kind = (value) => Number.isSafeInteger(value);
/** a whole number that is not below 0 */
export const isCount: Kind = (value) => isWhole(value) && (value as number) >= 0;
export const isYesOrNo: Kind = (value) => typeof value === 'boolean';
export const isObject: Kind = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** an object that is nested at most so deep: code that walks through a deeper one runs out of stack */
export const objectOfDepth =
  (levels: number): Kind =>
  (value) =>
    isObject(value) && isNestedAtMost(levels, value);

const isNestedAtMost = (levels: number, value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((inner) => isNestedAtMost(levels - 1, inner)));

/** one of these values */
export const oneOf =
  (...values: readonly unknown[]): Kind =>
  (value) =>
    values.includes(value);

/** of this kind, or absent */
export const maybe =
  (kind: Kind): Kind =>
  (value) =>
    value === undefined || kind(value);

/** a list of values that are all of one kind */
export const listOf =
  (kind: Kind): Kind =>
  (value) =>
    Array.isArray(value) && value.every(kind);

/** an object whose values are all of one kind, under any names */
export const objectOf =
  (kind: Kind): Kind =>
  (value) =>
    isObject(value) && Object.values(value as object).every(kind);

/** an object with these fields, and perhaps others */
export const objectWith =
  (fields: Fields): Kind =>
  (value) =>
    faultOf(value, fields) === null;

/** The longest value that a message quotes, in characters. */
const longestQuote = 40;

/** Says which field of a value is not of its kind, such as `completion is 3`; null where the value has all fields. */
export function faultOf(value: unknown, fields: Fields): string | null {
  if (!isObject(value)) return 'it is no object';
  const object = value as Record<string, unknown>;
  for (const [name, kind] of Object.entries(fields)) {
    const own = Object.hasOwn(object, name) ? object[name] : undefined;
    if (!kind(own)) return own === undefined ? `${name} is missing` : `${name} is ${quoted(own)}`;
  }
  return null;
}

/** Returns a value as a message quotes it. A value that is nested is only named, because it may be of any depth. */
export function quoted(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'; // prettier-ignore
  const text = typeof value === 'string' ? `"${value}"` : String(value);
  return text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text;
}
