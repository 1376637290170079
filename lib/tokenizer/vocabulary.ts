/**
 * The 112 tokens. A token is a whole word, and every value from 0 to 60 is one token, so that arithmetic is a
 * matter of facts and not of spelling. The ids are positions in this list and part of every checkpoint: never
 * reorder it. The base models know the first 104; the polite words are added at its end when a model first needs them.
 */
/** A language of the model's traces. */
export type Language = 'en' | 'zh';
export const languages: readonly Language[] = ['en', 'zh'];

/** The language of the i-th of several problems or documents: the languages take turns. */
export const languageInTurn = (i: number): Language => languages[i % languages.length]!;

/** The largest value that has a token; the smallest is 0. */
export const largestValue = 60;

export const operators = ['+', '-', '*', '/'] as const;
export type Operator = (typeof operators)[number];

export const units = ['m', 'l', 'g', 's'] as const;
export type Unit = (typeof units)[number];

/** The names of the words that both languages have; each language spells them in its own way. */
export const wordNames = [
  'make',
  'rule',
  'from',
  'rate',
  'time',
  'to',
  'try',
  'no',
  'wait',
  'yes',
  'so',
] as const;
const chineseWords = ['凑', '律', '从', '率', '时', '到', '试', '不', '等', '对', '故'];
/** The names of the words in general prompts and their answers. */
export const politeNames = ['say', 'please', 'glad', 'thanks'] as const;
const chinesePolite = ['说', '请', '乐', '谢'];
/** The name of a word, which is also its English spelling. */
export type Word = (typeof wordNames)[number] | (typeof politeNames)[number];

const symbols = ['_', '=', ':', '->', ';'];
const values = Array.from({ length: largestValue + 1 }, (_, value) => String(value));

/** The tokens that stand around a text and are no part of it. */
export const specialTokens: readonly string[] = ['<pad>', '<bos>', '<eos>'];
/** The tokens that structure a completion. */
export const tagTokens: readonly string[] = ['<think>', '</think>', '<answer>', '</answer>'];

export const vocabulary: readonly string[] = [
  ...specialTokens,
  ...tagTokens,
  ...symbols,
  ...values,
  ...operators,
  ...units,
  ...wordNames,
  ...chineseWords,
  '<reserved>',
  ...politeNames,
  ...chinesePolite,
];

/** How many tokens a model knows that was trained on the three tasks alone. */
export const taskVocabularySize = vocabulary.indexOf('<reserved>') + 1;

/** The id of every token. */
export const idOfToken: ReadonlyMap<string, number> = new Map(
  vocabulary.map((token, id) => [token, id]),
);

/** The ids that the code names. The value v has the id `zero + v`. */
export const tokenIds = {
  pad: 0,
  bos: 1,
  eos: 2,
  think: 3,
  endThink: 4,
  answer: 5,
  endAnswer: 6,
  blank: 7,
  equals: 8,
  colon: 9,
  arrow: 10,
  semicolon: 11,
  zero: 12,
} as const;

const firstOperator = tokenIds.zero + values.length;
const firstUnit = firstOperator + operators.length;
const firstWord = firstUnit + units.length;

export const operatorIds: Readonly<Record<Operator, number>> = idTable(operators, firstOperator);
export const unitIds: Readonly<Record<Unit, number>> = idTable(units, firstUnit);

/** The words are all that differs between the two languages. */
export const wordIds: Readonly<Record<Language, Readonly<Record<Word, number>>>> = {
  en: {
    ...idTable(wordNames, firstWord),
    ...idTable(politeNames, taskVocabularySize),
  },
  zh: {
    ...idTable(wordNames, firstWord + wordNames.length),
    ...idTable(politeNames, taskVocabularySize + politeNames.length),
  },
};

/** The words as text: `words.zh.wait` is `等`. */
export const words: Readonly<Record<Language, Readonly<Record<Word, string>>>> = {
  en: spell(wordIds.en),
  zh: spell(wordIds.zh),
};

const languageOfWord: ReadonlyMap<string, Language> = new Map(
  languages.flatMap((language) =>
    Object.values(words[language]).map((word) => [word, language] as const),
  ),
);

/** The language a token belongs to, or null for the tokens that both share. */
export function languageOf(token: string): Language | null {
  return languageOfWord.get(token) ?? null;
}

/** The id of a value from 0 to 60. */
export function valueId(value: number): number {
  return tokenIds.zero + value;
}

/** The value a token stands for, or null. Only the exact spelling counts: `007`, `1e1` and `-0` are no values. */
export function valueOf(token: string | undefined): number | null {
  const value = (idOfToken.get(token ?? '') ?? 0) - tokenIds.zero;
  return value >= 0 && value <= largestValue ? value : null;
}

function idTable<Name extends string>(names: readonly Name[], first: number): Record<Name, number> {
  return Object.fromEntries(names.map((name, i) => [name, first + i])) as Record<Name, number>;
}

function spell(ids: Readonly<Record<Word, number>>): Record<Word, string> {
  const entries = Object.entries(ids).map(([name, id]) => [name, vocabulary[id]]);
  return Object.fromEntries(entries) as Record<Word, string>;
}
