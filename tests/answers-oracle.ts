/**
 * A second reading of answers in free text, written apart from the first: one expression for the whole of an answer, and a
 * dictionary of numbers in words. It knows no LaTeX but `\boxed{}`.
 */

/** A number as a fraction, not in lowest terms. */
export type Fraction = readonly [over: bigint, under: bigint];

const small = 'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' '); // prettier-ignore
const tens = 'zero ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

/** All ways to write a number below 20,000 in words. */
export function spellings(n: number): string[] {
  if (n < 20) return [small[n]!];
  if (n < 100) {
    const ten = tens[Math.floor(n / 10)]!;
    return n % 10 === 0 ? [ten] : [`${ten}-${small[n % 10]!}`, `${ten} ${small[n % 10]!}`];
  }
  const above = (size: number, name: string): string[] => {
    const counts = spellings(Math.floor(n / size)).map((count) => `${count} ${name}`);
    const heads = Math.floor(n / size) === 1 ? [...counts, `a ${name}`] : counts;
    if (n % size === 0) return heads;
    const rests = spellings(n % size).filter((rest) => !rest.startsWith('a '));
    return heads.flatMap((head) => rests.flatMap((rest) => [`${head} ${rest}`, `${head} and ${rest}`])); // prettier-ignore
  };
  if (n < 1000) return above(100, 'hundred');
  const inHundreds = n < 2000 ? above(100, 'hundred') : [];
  return [...above(1000, 'thousand'), ...inHundreds];
}

const dictionary = new Map<string, number>();
for (let n = 0; n < 20_000; n++)
  for (const words of spellings(n)) {
    dictionary.set(words, n);
    if (n < 2000 && !words.includes('thousand')) dictionary.set(`${words} million`, n * 1e6);
  }
for (let n = 0; n < 100; n++) for (const words of spellings(n)) dictionary.set(`${words} dozen`, 12 * n); // prettier-ignore
dictionary.set('a dozen', 12);

const before = '[(\\[{"\'“‘*_`]*';
const behind = '[)\\]}"\'”’*_`.,;:!?]*';
const units = '%|[$€£¥¢]|°[CF]?|kg|mg|g|lbs?|oz|km/h|km|cm|mm|mi|mph|min|m|ft|in|ml|l|hrs?|h|sec|s|am|pm'; // prettier-ignore
const whole = '[1-9]\\d{0,2}(?:,\\d{3})+|[1-9]\\d{0,2}(?: \\d{3})+(?!\\d)|\\d+';
const part = '[½¼¾⅓⅔⅕⅛]';
const number = new RegExp(
  `^${before}(?<sign>[-−+]?)(?<money>[$€£¥]?)(?<inner>[-−]?)(?:` +
    `(?<mixed>${whole}) (?<mixedOver>\\d+)/(?<mixedUnder>\\d+)|(?<beside>${whole}) ?(?<besidePart>${part})|` +
    `(?<over>${whole})/(?<under>\\d+)|(?<decimal>(?:${whole})?\\.\\d+)|(?<plain>${whole})|(?<alone>${part}))` +
    `(?<unit>${units})?(?<end>${behind})(?<rest>(?: .*)?)$`,
);
const parts: Readonly<Record<string, Fraction>> = { '½': [1n, 2n], '¼': [1n, 4n], '¾': [3n, 4n], '⅓': [1n, 3n], '⅔': [2n, 3n], '⅕': [1n, 5n], '⅛': [1n, 8n] }; // prettier-ignore
const times: Readonly<Record<string, bigint>> = { dozen: 12n, hundred: 100n, thousand: 1000n, million: 10n ** 6n, billion: 10n ** 9n }; // prettier-ignore
const numberWords = new Set([...small, ...tens, ...Object.keys(times)]);
const another = /^(?:and )?(?:an? |one )?(?:half|halves|third|thirds|quarters?|fourths?|fifths?)(?![a-z0-9_])/; // prettier-ignore
const noUnit = /^(?:and|or|to|minus|plus|times|over|divided|half|halves|thirds?|quarters?|than)$/;

const bare = (word: string): string =>
  word.replace(new RegExp(`^${before}`), '').replace(new RegExp(`${behind}$`), '');

/** Whether what follows a number leaves it as it is: at most six words of a unit. */
function isUnit(rest: string): boolean {
  const words = rest.split(' ').filter(Boolean);
  const cores = words.map((word) => bare(word));
  if (another.test(cores.slice(0, 3).join(' ').toLowerCase()) || words.length > 6) return false;
  return cores.every((word) => {
    const lower = word.toLowerCase();
    if (word === '' || /^[%$€£¥]$/.test(word)) return true;
    if (!/^\p{L}+(?:[/'’-]\p{L}+)*$/u.test(word) || noUnit.test(lower)) return false;
    return !numberWords.has(lower.split('-')[0]!);
  });
}

const wordsAndRest = /^(?<minus>(?:minus|negative) )?(?<words>[a-z- ]+)/;

/** The longest number in words that a text begins with. */
function inWords(answer: string): Fraction | null {
  const words = answer.split(' ');
  for (let n = Math.min(12, words.length); n > 0; n--) {
    const taken = words.slice(0, n);
    if (taken.slice(0, -1).some((word) => /[)\]}"'”’*_`.,;:!?]$/.test(word))) continue;
    const match = wordsAndRest.exec(taken.map(bare).join(' ').toLowerCase());
    const value = dictionary.get(match?.groups?.words ?? '');
    if (value === undefined || match![0].length < taken.map(bare).join(' ').length) continue;
    const rest = words.slice(n).join(' ');
    if (!isUnit(rest)) return null;
    return [BigInt(match!.groups!.minus === undefined ? value : -value), 1n];
  }
  return null;
}

/** The value of an answer; null where it is no plain number. */
export function oracleNumber(answer: string): Fraction | null {
  if (answer.length > 200) return null;
  const side = answer.normalize('NFC').split('=').pop()!.trim().replace(/\s+/gu, ' ');
  const last = side.replace(/^(?:[([{"'“‘*_`)\]}”’.,;:!?]+ )+/, '');
  if (last.split(' ').some((token) => token.length > 80)) return null;
  const minusWord = new RegExp(`^${before}(?:minus|negative) `, 'i').exec(last);
  const digits = minusWord ? last.slice(minusWord[0].length) : last;
  const match = number.exec(digits)?.groups;
  if (!match) return inWords(last);
  const { sign, money, inner, unit = '', end, rest } = match;
  if ((sign !== '' && inner !== '') || (money !== '' && /[a-z]/i.test(unit))) return null;
  if (minusWord && /[-−]/.test(sign! + inner!)) return null;
  const isDoubtful = match.mixed === undefined ? /\d [^/]*\//.test(digits.slice(0, digits.length - rest!.length)) : isImproper(match); // prettier-ignore
  if (isDoubtful) return null;
  const [size, under] = valueOf(match);
  if (under === 0n) return null;
  const over = /[-−]/.test(sign! + inner!) || minusWord ? -size : size;
  const [first = '', ...others] = rest!.split(' ').filter(Boolean);
  const factor = end === '' ? times[bare(first).toLowerCase()] : undefined;
  if (!isUnit(factor === undefined ? rest! : others.join(' '))) return null;
  return [over * (factor ?? 1n), under];
}

/** Whether `5 3/2` is meant to be mixed, or `1 234/567`, which may be a thousand and more. */
const isImproper = ({ mixed, mixedOver, mixedUnder }: Readonly<Record<string, string | undefined>>): boolean => // prettier-ignore
  BigInt(mixedOver!) >= BigInt(mixedUnder!) || (/^\d{3}$/.test(mixedOver!) && !/,|^0/.test(mixed!) && /(?:^| )\d{1,3}$/.test(mixed!)); // prettier-ignore

function valueOf(match: Readonly<Record<string, string | undefined>>): Fraction {
  const big = (text: string | undefined): bigint => BigInt((text ?? '0').replace(/[ ,]/g, ''));
  const plus = (n: bigint, [over, under]: Fraction): Fraction => [n * under + over, under];
  if (match.mixed !== undefined) return plus(big(match.mixed), [big(match.mixedOver), big(match.mixedUnder)]); // prettier-ignore
  if (match.beside !== undefined) return plus(big(match.beside), parts[match.besidePart!]!);
  if (match.over !== undefined) return [big(match.over), big(match.under)];
  if (match.alone !== undefined) return parts[match.alone]!;
  if (match.plain !== undefined) return [big(match.plain), 1n];
  const [n, decimals] = match.decimal!.split('.') as [string, string];
  return [big(n + decimals), 10n ** BigInt(decimals.length)];
}

const line = /^[\s>*_#-]*(?:the |my )?(?:final )?answer(?: is)?[ *_]*:[ *_]*/i;

/** What stands after the last mark of an answer; null without one. */
export function oracleAnswer(text: string): string | null {
  let [place, found] = [-1, ''];
  let at = 0;
  for (const one of text.split('\n')) {
    const match = line.exec(one.slice(0, 60));
    if (match) [place, found] = [at, one.slice(match[0].length)];
    at += one.length + 1;
  }
  const box = text.split('\\boxed{');
  const boxAt = text.length - box[box.length - 1]!.length - '\\boxed{'.length;
  if (box.length > 1 && boxAt > place) {
    let depth = 1;
    const inside = [...box[box.length - 1]!.slice(0, 201)];
    const end = inside.findIndex((sign) => (depth += sign === '{' ? 1 : sign === '}' ? -1 : 0) === 0); // prettier-ignore
    [place, found] = [boxAt, end < 0 ? '' : inside.slice(0, end).join('')];
  }
  const hashes = [...text.matchAll(/####(?=\s{0,50}[+\-−]?[$€£¥]?[-−]?\.?[\d½¼¾⅓⅔⅕⅛])/g)].pop();
  if (hashes && hashes.index > place) {
    found = text.slice(hashes.index + 4).split('\n')[0]!;
    place = hashes.index;
  }
  const answer = found.trim();
  return place < 0 || answer === '' || answer.length > 200 ? null : answer;
}
