/**
 * Rules on language that code can check. A rule checks what it says and nothing else: whether a sentence makes sense, is
 * about its subject, or is English at all, no rule asks. That is left open on purpose: see notebook 11.
 */
import { pick, type Random } from '../../core/random';
import type { Split } from '../task';
import { subjects, words } from './pools';

/** What is asked: plain data. `words` and `count` are there where the rule has them. */
export interface Wish {
  readonly subject: string;
  readonly words: readonly string[];
  readonly count: number;
}

/** One kind of rule. */
export interface Rule {
  readonly name: string;
  /** how many words it asks for */
  readonly words: number;
  /** from and to, where it asks for a number */
  readonly counts?: readonly [from: number, to: number];
  /** the words of the request */
  ask(wish: Wish): string;
  /** whether a text, which ended by itself and has no spaces around it, keeps the rule */
  isKept(text: string, wish: Wish): boolean;
}

const wordPattern = /[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu;

/** The words of a text: letters and digits, with an apostrophe or a hyphen inside. */
export const wordsOf = (text: string): string[] => text.match(wordPattern) ?? [];

const lower = (text: string): string[] => wordsOf(text.toLowerCase());
const contains = (text: string, word: string): boolean => lower(text).includes(word);

/** One sentence: it is one line, ends with the only one of `. ! ?` in it, and begins with a letter or a digit. */
const isSentence = (text: string, end = /[.!?]/): boolean =>
  /^[\p{L}\p{N}][^.!?\n\r]*[.!?]$/u.test(text) && end.test(text[text.length - 1]!);

/** One sentence of 4 to 20 words. */
function isShort(text: string, end?: RegExp): boolean {
  const count = wordsOf(text).length;
  return isSentence(text, end) && count >= 4 && count <= 20;
}

const contain: Rule = {
  name: 'contains a word',
  words: 1,
  ask: ({ subject, words: [word] }) =>
    `Write one short sentence about ${subject} that contains the word "${word}".`,
  isKept: (text, { words: [word] }) => isShort(text) && contains(text, word!),
};

const both: Rule = {
  name: 'contains two words',
  words: 2,
  ask: ({ subject, words: [a, b] }) =>
    `Write one short sentence about ${subject} that contains the words "${a}" and "${b}".`,
  isKept: (text, { words }) => isShort(text) && words.every((word) => contains(text, word)),
};

const first: Rule = {
  name: 'first word',
  words: 1,
  ask: ({ subject, words: [word] }) =>
    `Write one short sentence about ${subject} whose first word is "${word}".`,
  isKept: (text, { words: [word] }) => isShort(text) && lower(text)[0] === word,
};

const last: Rule = {
  name: 'last word',
  words: 1,
  ask: ({ subject, words: [word] }) =>
    `Write one short sentence about ${subject} whose last word is "${word}".`,
  isKept: (text, { words: [word] }) => isShort(text) && lower(text).pop() === word,
};

const exactly: Rule = {
  name: 'number of words',
  words: 0,
  counts: [5, 9],
  ask: ({ subject, count }) => `Write one sentence about ${subject} with exactly ${count} words.`,
  isKept: (text, { count }) => isSentence(text) && wordsOf(text).length === count,
};

const lowerCase: Rule = {
  name: 'lower case',
  words: 0,
  ask: ({ subject }) => `Write one short sentence about ${subject} in lower case letters only.`,
  isKept: (text) => isShort(text) && text === text.toLowerCase(),
};

const question: Rule = {
  name: 'question',
  words: 0,
  ask: ({ subject }) => `Ask one short question about ${subject}.`,
  isKept: (text) => isShort(text, /\?/),
};

const three: Rule = {
  name: 'list of three',
  words: 0,
  ask: ({ subject }) =>
    `Name three things that have to do with ${subject}, on one line with commas between them.`,
  isKept(text) {
    const things = text.replace(/\.$/, '').split(',');
    const isThing = (thing: string): boolean => {
      const count = wordsOf(thing).length;
      return count >= 1 && count <= 4 && !/[.!?:;\n\r]/.test(thing);
    };
    const named = things.map((thing) =>
      lower(thing)
        .filter((word) => word !== 'and')
        .join(' '),
    );
    return things.length === 3 && things.every(isThing) && new Set(named).size === 3;
  },
};

const without: Rule = {
  name: 'without a letter',
  words: 0,
  ask: ({ subject }) => `Write one short sentence about ${subject} without the letter "e".`,
  isKept: (text) => isShort(text) && !/[eè-ëē-ě]/i.test(text),
};

const wordAndNumber: Rule = {
  name: 'a word and a number of words',
  words: 1,
  counts: [6, 9],
  ask: ({ subject, words: [word], count }) =>
    `Write one sentence about ${subject} with exactly ${count} words that contains the word "${word}".`,
  isKept: (text, wish) => exactly.isKept(text, wish) && contains(text, wish.words[0]!),
};

const twice: Rule = {
  name: 'a word twice',
  words: 1,
  ask: ({ subject, words: [word] }) =>
    `Write one short sentence about ${subject} that contains the word "${word}" twice.`,
  isKept: (text, { words: [word] }) =>
    isShort(text) && lower(text).filter((found) => found === word).length === 2,
};

const exclamation: Rule = {
  name: 'exclamation',
  words: 0,
  ask: ({ subject }) =>
    `Write one short sentence about ${subject} that ends with an exclamation mark.`,
  isKept: (text) => isShort(text, /!/),
};

const firstAndLast: Rule = {
  name: 'first and last word',
  words: 2,
  ask: ({ subject, words: [a, b] }) =>
    `Write one short sentence about ${subject} whose first word is "${a}" and whose last word is "${b}".`,
  isKept: (text, { words: [a, b] }) => {
    const found = lower(text);
    return isShort(text) && found[0] === a && found.pop() === b;
  },
};

/** The rules by their levels. */
export const rules: ReadonlyMap<number, Rule> = new Map([
  [1, contain],
  [2, both],
  [3, first],
  [4, last],
  [5, exactly],
  [6, lowerCase],
  [7, question],
  [8, three],
  [9, without],
  [10, wordAndNumber],
  [21, twice],
  [22, exclamation],
  [23, firstAndLast],
]);

/** Levels whose kind of rule is never trained on. */
export const heldOutKinds: readonly number[] = [21, 22, 23];

/** Draws what a rule asks for, from the pools of a split. */
export function drawWish(rule: Rule, random: Random, split: Split): Wish {
  const subject = pick(subjects[split], random);
  const chosen = new Set<string>();
  const wanted = (): string[] => words[split].filter((word) => !chosen.has(word));
  while (chosen.size < rule.words) chosen.add(pick(wanted(), random));
  const [from, to] = rule.counts ?? [0, 0];
  return { subject, words: [...chosen], count: from + random.int(to - from + 1) };
}
