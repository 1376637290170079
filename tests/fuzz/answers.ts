/**
 * Texts that end in an answer, or seem to: numbers written in every way, right and wrong ones, marks of all kinds, and what
 * only looks like them. The same random numbers give the same text.
 */
import { pick, type Random } from '../../lib/core/random';
import { spellings, type Fraction } from '../answers-oracle';

/** A text, the right answer, and whether the text gives it; null where only a second reading can tell. */
export interface AnswerText {
  readonly right: string;
  readonly text: string;
  readonly correct: boolean | null;
}

const withSigns = (text: string, sign: string): string => text.replace(/^-/, sign);
const grouped = (n: string, sign: string): string => n.replace(/\B(?=(\d{3})+$)/g, sign);

/** Ways to write a whole number that mean it. */
const wholeForms: readonly ((n: number, random: Random) => string)[] = [
  (n) => String(n),
  (n) => withSigns(String(n), '−'),
  (n) => `${n}.0`,
  (n) => `${n}.00`,
  (n) => `${n * 2}/2`,
  (n) => grouped(String(n), ','),
  (n, random) => grouped(String(n), pick([' ', '\u00a0', '\u2009', '\u202f'], random)),
  (n) => `${grouped(String(n), ',')}.0`,
  (n, random) => withSigns(pick(spellings(Math.abs(n)), random), '').replace(/^/, n < 0 ? 'minus ' : ''), // prettier-ignore
  (n) => `\\frac{${Math.abs(n)}}{1}`.replace(/^/, n < 0 ? '-' : ''),
];

/** Ways to write a fraction, given in lowest terms, that mean it. */
const fractionForms: readonly ((over: number, under: number) => string)[] = [
  (over, under) => `${over}/${under}`,
  (over, under) => `${3 * over}/${3 * under}`,
  (over, under) => mixed(over, under, (a, b) => ` ${a}/${b}`),
  (over, under) => mixed(over, under, (a, b) => `\\frac{${a}}{${b}}`),
  (over, under) => (100 % under === 0 ? (over / under).toFixed(2) : `${over}/${under}`),
  (over, under) => (under === 2 ? mixed(over, under, () => '½') : `${over}/${under}`),
];

/** `-3/2` as `-1 1/2`. */
function mixed(over: number, under: number, part: (a: number, b: number) => string): string {
  const whole = Math.floor(Math.abs(over) / under);
  if (whole === 0) return `${over}/${under}`;
  return `${over < 0 ? '-' : ''}${whole}${part(Math.abs(over) % under, under)}`;
}

/** What stands around a number and leaves it as it is. */
const dresses: readonly ((n: string) => string)[] = [
  (n) => n,
  (n) => `${n}.`,
  (n) => `**${n}**`,
  (n) => `(${n})`,
  (n) => `${n} apples`,
  (n) => `${n} of the apples.`,
  (n) => `${n} square metres`,
  (n) => `x = ${n}`,
  (n) => `3 + 4 = ${n}`,
  (n) => `"${n}"`,
  (n) => `${n} %`,
];
/** For numbers in digits, at the end of one token. */
const dressesOfDigits: readonly ((n: string) => string)[] = [
  ...dresses,
  (n) => `$${n}$`,
  (n) => `${n}%`,
  (n) => `${n}kg`,
  (n) => `${n}€`,
];

/** What makes another number of it, or none. */
const spoilers: readonly ((n: string) => string)[] = [
  (n) => `${n}th`,
  (n) => `${n}x`,
  (n) => `x${n}`,
  (n) => `${n}e3`,
  (n) => `0x${n}`,
  (n) => `${n}:30`,
  (n) => `${n} or 13`,
  (n) => `${n} and 5 more`,
  (n) => `not ${n}`,
  (n) => `about ${n}`,
  (n) => `half of ${n}`,
  (n) => `${n} and a half`,
  (n) => `${n} quarters`,
  (n) => `–${n}`,
  (n) => `--${n}`,
  (n) => `${n}²`,
  (n) => `${n}\u0301`,
  (n) => `\u200b${n}`,
  (n) => `${n} = `,
  (n) => `${n} * 2`,
  (n) => `${n}/0`,
  (n) => `${n},5`,
  (n) => `${n} dozen`,
  (n) => `${n} million`,
  (n) => `12, ${n}`,
  (n) => `${n}-5`,
  (n) => `[object ${n}]`,
  (n) => n.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  (n) => n.replace(/\d/g, (digit) => String.fromCodePoint(0x660 + Number(digit))),
];

const marks: readonly ((answer: string) => string)[] = [
  (answer) => `Answer: ${answer}`,
  (answer) => `Answer: ${answer}`,
  (answer) => `answer:${answer}`,
  (answer) => `**Final Answer:** ${answer}`,
  (answer) => `The answer is: ${answer}`,
  (answer) => `So it is \\boxed{${answer}}.`,
  (answer) => `Answer: \\boxed{${answer}}`,
];
const noMarks: readonly ((answer: string) => string)[] = [
  (answer) => answer,
  (answer) => `The answer is ${answer}`,
  (answer) => `So. Answer: ${answer}`,
  (answer) => `Answer: ${answer}\nAnswer:`,
  (answer) => `Answer:\n${answer}`,
  (answer) => `\\boxed{${answer}`,
  (answer) => `Answers: ${answer}`,
  (answer) => `Answer： ${answer}`,
  (answer) => `Αnswer: ${answer}`, // a Greek letter
];

const pieces = [
  ...'Answer: |\\boxed{|####|#### |\n|\n\n| |\t|\r|.|,|-|−|–|+|=|/|{|}|(|)|*|_|$|%|½|¾|0|1|2|12|007|,000| 000|1/2|e|x|and|or|half|dozen|hundred|million|twelve|seven|-two|minus|apples|<eos>|\u00a0|\u200b|\u0301|\ud800|🙂|１|٣|__proto__'.split('|'), // prettier-ignore
];

const longWords = ['seven ', '1 ', '1', '-', '=', '1=', ' 234', 'a ', '#### ', 'Answer: ', 'Answer:\n', '\\boxed{', '\\frac{1}{2} ', '{', '.', ' ', '(', 'one hundred and ', 'six-']; // prettier-ignore

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** A text with an answer. */
export function answerText(random: Random): AnswerText {
  const under = random.int(3) > 0 ? 1 : 2 + random.int(7);
  const over = random.int(random.int(2) > 0 ? 100 : 1999) - (random.int(4) === 0 ? 50 : 0);
  const right = lowest([BigInt(over), BigInt(under)]);
  const other = random.int(3) === 0 ? wrong(over, under, random) : [over, under];
  const isRight = lowest([BigInt(other[0]!), BigInt(other[1]!)]) === right;
  const { text: number, isDigits } = numberText(other[0]!, other[1]!, random);
  const spoiled = random.int(4) === 0;
  const shown = spoiled ? pick(spoilers, random)(number) : pick(isDigits ? dressesOfDigits : dresses, random)(number); // prettier-ignore
  const marked = random.int(5) > 0;
  const ending = pick(marked ? marks : noMarks, random)(shown);
  const thought = pick(['', 'So.\n', `${right} it is.\n`, `Answer: ${right}\n`, `\\boxed{${right}}\n`, `#### ${right}\n`, 'We get 3 + 4 = 7.\n'], random); // prettier-ignore
  const finished = random.int(10) > 0;
  const text = `${thought}${ending}${finished ? '<eos>' : ''}`;
  if (random.int(2) > 0) return { right, text: damaged(text, random), correct: null };
  // what is spoiled may still be read, as zero dozen is: the second reading tells
  const isKnown = (!spoiled && marked) || !finished;
  return { right, text, correct: isKnown ? isRight && finished : null };
}

/** The text of a fraction in lowest terms. */
export function lowest([over, under]: Fraction): string {
  const absolute = over < 0n ? -over : over;
  const common = BigInt(gcd(Number(absolute), Number(under))) || 1n;
  return under === common ? String(over / common) : `${over / common}/${under / common}`;
}

/** A number that is not the right one, and looks like it. */
function wrong(over: number, under: number, random: Random): [number, number] {
  return pick<[number, number]>([[over + 1, under], [-over, under], [over * 10, under], [over, under + 1], [over + under, under]], random); // prettier-ignore
}

function numberText(
  over: number,
  under: number,
  random: Random,
): { text: string; isDigits: boolean } {
  // prettier-ignore
  const common = gcd(Math.abs(over), under);
  const [a, b] = [over / common, under / common];
  const text = b === 1 ? pick(Math.abs(a) < 2000 ? wholeForms : wholeForms.slice(0, 6), random)(a, random) : pick(fractionForms, random)(a, b); // prettier-ignore
  return { text, isDigits: /^[\d.,/−-]+$/.test(text) };
}

function damaged(text: string, random: Random): string {
  let changed = text;
  for (let n = 1 + random.int(3); n > 0; n--) {
    const at = random.int(changed.length + 1);
    const gone = random.int(3);
    const piece = random.int(4) > 0 ? pick(pieces, random) : String.fromCharCode(random.int(0x2ff));
    changed = changed.slice(0, at) + (random.int(4) > 0 ? piece : '') + changed.slice(at + gone);
  }
  return changed;
}

/** A text of so many characters of one kind, with an answer somewhere. */
export function longAnswerText(random: Random, length: number): AnswerText {
  const filler = pick(longWords, random).repeat(length).slice(0, length);
  const { right, text } = answerText(random);
  const long = pick([`${filler}\n${text}`, `${text}${filler}`, `${text}\n${filler}<eos>`], random);
  return { right, text: long, correct: null };
}
