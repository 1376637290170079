/**
 * Numbers as people write them, and their exact values: `1,234`, `1 234`, `$12.50`, `-3`, `3/4`, `1 1/2`, `1½`, `50%`,
 * `forty-two`, `2 dozen`. What is not understood to its last character is no number: `1,5`, `3:30`, `12th`, `5x`, `10-12`.
 * Units are passed over, and not compared; a percent sign is one of them, so that 50% is 50.
 */
import { isNumberWord, multipliers, wordedNumber } from './numberWords';

/** A number among tokens: its exact value as a text in lowest terms, and the token after it. Null: one not understood. */
export interface NumberAt {
  readonly value: string | null;
  readonly end: number;
}

interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

/** What stands in one token. */
interface Digits extends Fraction {
  /** digits alone, after which a fraction may follow */
  readonly isWhole: boolean;
  /** `3/4` or `½`, which may follow digits */
  readonly isPart: boolean;
}

/** Longer tokens are no numbers. */
const longestToken = 80;
/** A number in words takes no more tokens. */
const mostTokens = 16;

const vulgar: ReadonlyMap<string, readonly [number, number]> = new Map([
  ...([['½', [1, 2]], ['¼', [1, 4]], ['¾', [3, 4]], ['⅓', [1, 3]], ['⅔', [2, 3]], ['⅕', [1, 5]], ['⅛', [1, 8]]] as const), // prettier-ignore
]);

/** Sign, currency, sign, whole part, decimals, a part of one, unit. */
const written = new RegExp(
  '^([+\\-−]?)([$€£¥]?)([-−]?)(\\d{1,3}(?:,\\d{3})+|\\d+)?(\\.\\d+)?(/\\d+|[½¼¾⅓⅔⅕⅛])?' +
    '(%|[$€£¥¢]|°[CF]?|kg|mg|g|lbs?|oz|km|cm|mm|mi|m|ft|in|ml|l|hrs?|h|min|sec|s|am|pm|mph|km/h)?$',
);
const opening = /^[([{"'“‘*_`]+/;
const closing = /[)\]}"'”’*_`.,;:!?]+$/;

/** The tokens of a text, without those that are empty. */
export const tokensOf = (text: string): string[] => text.split(/\s+/u).filter(Boolean);

/** A token without brackets, quotes, and punctuation behind it; nothing where it is too long to be read. */
const withoutEnd = (token = ''): string =>
  token.length > longestToken ? '' : token.replace(closing, '');

/** A text without brackets, quotes, and punctuation around it. */
export const undressed = (text: string): string => text.replace(closing, '').replace(opening, '');

/** A token without them; nothing where it is too long to be read. */
export const core = (token = ''): string => (token.length > longestToken ? '' : undressed(token));

/** Whether there is a digit of any script in a text. */
export const hasDigit = (text: string): boolean => /\p{N}/u.test(text);

const isPlainEnd = (token: string): boolean => !closing.test(token.slice(-1));
const half = /^(?:and )?(?:an? |one )?(?:half|halves|thirds?|quarters?|fourths?|fifths?)\b/;

/** Whether words after a number make another one of it: `2 and a half`, `3 quarters`, `five six`. */
function isChanged(tokens: readonly string[], end: number): boolean {
  const next = tokens.slice(end, end + 3).map((token) => core(token).toLowerCase());
  return half.test(next.join(' ')) || isNumberWord(next[0]?.split('-')[0] ?? '');
}

/** The number that begins at a token; null where none does. */
export function numberAt(tokens: readonly string[], at: number): NumberAt | null {
  const found = hasDigit(tokens[at] ?? '') ? digitsAt(tokens, at) : wordsAt(tokens, at);
  return found && isChanged(tokens, found.end) ? { ...found, value: null } : found;
}

/** The value of digits in lowest terms: `12`, `-3/4`. Equal numbers have equal texts. */
function textOf({ over, under }: Fraction): string | null {
  if (under === BigInt(0)) return null;
  let [a, b] = [over < 0 ? -over : over, under];
  while (b > 0) [a, b] = [b, a % b];
  return under === a ? String(over / a) : `${over / a}/${under / a}`;
}

/** Reads one token; null where it is not understood. */
function readDigits(token: string): Digits | null {
  const match = written.exec(token);
  if (!match) return null;
  const [, sign = '', money = '', inner = '', digits = '', decimals = '', part = '', unit = ''] = match; // prettier-ignore
  if (digits + decimals === '' && !vulgar.has(part)) return null;
  const isOdd = (sign && inner) || (decimals && part) || /^0\d*,/.test(digits);
  if (isOdd || (money && /[a-z]/i.test(unit))) return null;
  const whole = BigInt(digits.replaceAll(',', '') + decimals.slice(1));
  const minus = BigInt(/[-−]/.test(sign + inner) ? -1 : 1);
  const isWhole = decimals + part + unit === '';
  const isPart = part !== '' && sign + money + inner === '' && (digits === '' || part.length > 1);
  if (part.startsWith('/'))
    return { over: minus * whole, under: BigInt(part.slice(1)), isWhole, isPart };
  const [over, under] = vulgar.get(part) ?? [0, 1];
  const scale = BigInt(10) ** BigInt(Math.max(0, decimals.length - 1)) * BigInt(under);
  return { over: minus * (whole * BigInt(under) + BigInt(over)), under: scale, isWhole, isPart };
}

/** A number in digits, over more than one token in `1 234`, `1 1/2` and `2 dozen`. */
function digitsAt(tokens: readonly string[], at: number): NumberAt {
  let token = tokens[at]!;
  let end = at + 1;
  if (/^\D{0,4}[1-9]\d{0,2}$/.test(token))
    while (
      token.length <= longestToken &&
      /\d$/.test(token) &&
      /^\d{3}(?!\d)/.test(tokens[end] ?? '')
    )
      token += tokens[end++]!;
  if (end > at + 1 && token.includes('/')) return { value: null, end }; // 1 234/567 may be 1 and a part
  let digits: Fraction | null = readDigits(core(token));
  const next = isPlainEnd(token) ? readDigits(withoutEnd(tokens[end])) : null;
  if (digits && (digits as Digits).isWhole && next?.isPart) {
    const { over, under } = next;
    if (over >= under) return { value: null, end: end + 1 };
    const minus = /[-−]/.test(token) ? -over : over;
    digits = { over: digits.over * under + minus, under };
    end++;
  }
  const times = multipliers.get(
    isPlainEnd(tokens[end - 1]!) ? core(tokens[end]).toLowerCase() : '',
  );
  if (times === undefined) return { value: digits && textOf(digits), end };
  return {
    value: digits && textOf({ ...digits, over: digits.over * BigInt(times) }),
    end: end + 1,
  };
}

/** A number in words. */
function wordsAt(tokens: readonly string[], at: number): NumberAt | null {
  const [word = ''] = core(tokens[at]).toLowerCase().split('-');
  const isMinus = (word === 'minus' || word === 'negative') && isPlainEnd(tokens[at]!);
  if (!isMinus && word !== 'a' && !isNumberWord(word)) return null;
  if (isMinus && hasDigit(tokens[at + 1] ?? '')) return minusDigits(tokens, at + 1);
  const first = at + (isMinus ? 1 : 0);
  const words: string[] = [];
  const ends: number[] = []; // the token after each word, where it is the last of its token
  for (let i = first; i < Math.min(tokens.length, first + mostTokens); i++) {
    const parts = core(tokens[i]).toLowerCase().split('-');
    words.push(...parts);
    ends.push(...parts.map((_, j) => (j === parts.length - 1 ? i + 1 : -1)));
    if (!isPlainEnd(tokens[i]!)) break;
  }
  const number = wordedNumber(words);
  if (!number) return isNumberWord(words[0] ?? '') ? { value: null, end: first + 1 } : null;
  const end = ends[number.taken - 1]!;
  if (end < 0) return { value: null, end: first + 1 };
  return { value: String(isMinus ? -number.value : number.value), end };
}

/** `minus 3`; `minus -3` is not understood. */
function minusDigits(tokens: readonly string[], at: number): NumberAt {
  const { value, end } = digitsAt(tokens, at);
  if (value === null || value.startsWith('-')) return { value: null, end };
  return { value: value === '0' ? value : `-${value}`, end };
}
