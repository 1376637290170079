/** Numbers in English words: `forty-two`, `one hundred and five`, `two dozen`. */

const ones = new Map(
  'zero one two three four five six seven eight nine'.split(' ').map((word, i) => [word, i]),
);
const teens = new Map(
  'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
    .split(' ')
    .map((word, i) => [word, 10 + i]),
);
const tens = new Map(
  'twenty thirty forty fifty sixty seventy eighty ninety'
    .split(' ')
    .map((word, i) => [word, 20 + 10 * i]),
);
const scales = new Map([['thousand', 1e3], ['million', 1e6], ['billion', 1e9]]); // prettier-ignore

/** Words that multiply the number before them. */
export const multipliers: ReadonlyMap<string, number> = new Map([
  ['dozen', 12],
  ['hundred', 100],
  ...scales,
]);

/** Whether a word is a number, or a part of one. */
export const isNumberWord = (word: string): boolean =>
  [ones, teens, tens, multipliers].some((map) => map.has(word));

/** A number at the beginning of a list of words, and how many of them it takes. */
export interface WordedNumber {
  readonly value: number;
  readonly taken: number;
}

/**
 * Returns the number that words in lower case begin with: the longest one, so that `seven apples` is 7 and takes one word.
 * Null where they begin with none.
 */
export function wordedNumber(words: readonly string[]): WordedNumber | null {
  const few = belowThousand(words, 0);
  if (few && few.value < 100 && words[few.end] === 'dozen')
    return { value: 12 * few.value, taken: few.end + 1 };
  let [value, taken, scale] = [0, 0, Infinity];
  for (;;) {
    const group = belowThousand(words, skipAnd(words, taken));
    if (!group || (taken > 0 && group.value === 0)) break;
    const times = scales.get(words[group.end] ?? '');
    if (times === undefined) return { value: value + group.value, taken: group.end };
    if (times >= scale) return null;
    value += group.value * times;
    taken = group.end + 1;
    scale = times;
  }
  return taken > 0 ? { value, taken } : null;
}

/** The place after an `and` that stands inside a number. */
const skipAnd = (words: readonly string[], at: number): number =>
  at > 0 && words[at] === 'and' ? at + 1 : at;

interface Group {
  readonly value: number;
  readonly end: number;
}

/** A number below a hundred. */
function belowHundred(words: readonly string[], at: number): Group | null {
  const word = words[at] ?? '';
  const small = ones.get(word) ?? teens.get(word);
  if (small !== undefined) return { value: small, end: at + 1 };
  const ten = tens.get(word);
  if (ten === undefined) return null;
  const one = ones.get(words[at + 1] ?? '') ?? 0;
  return { value: ten + one, end: at + (one > 0 ? 2 : 1) };
}

/** A number below a thousand, or `fifteen hundred`; `a` counts as one before `hundred`, `thousand`, `dozen`. */
function belowThousand(words: readonly string[], at: number): Group | null {
  const isOne = words[at] === 'a' && multipliers.has(words[at + 1] ?? '');
  const few = isOne ? { value: 1, end: at + 1 } : belowHundred(words, at);
  if (!few) return null;
  if (words[few.end] !== 'hundred') return few;
  const value = 100 * few.value;
  const rest = belowHundred(words, skipAnd(words, few.end + 1));
  return rest && rest.value > 0
    ? { value: value + rest.value, end: rest.end }
    : { value, end: few.end + 1 };
}
