/**
 * Completions that try to fool a verifier: right answers with something changed, random tokens, random characters,
 * and very long texts. The same random numbers give the same completion.
 */
import { pick, type Random } from '../../lib/core/random';
import { coldStartCompletion } from '../../lib/tasks/coldStart';
import { defaultCorpus, writeCompletion } from '../../lib/tasks/corpus';
import { generalHabits, isGeneral, writeGeneral } from '../../lib/tasks/general';
import type { OwnProblems, Problem } from '../../lib/tasks/index';
import { inVocabulary, taskOf } from '../../lib/tasks/index';
import { decode } from '../../lib/tokenizer/tokenizer';
import { languages, vocabulary, words, type Word } from '../../lib/tokenizer/vocabulary';

/** Characters that count as white space somewhere, and some that only look as if they did. */
const spaces = [
  ...' \t\n\r\v\f\u00a0\u1680\u2000\u2003\u2009\u2028\u2029\u202f\u205f\u3000\ufeff',
  ...'\u0085\u180e\u200b\u200c\u200d\u2060\u0000\u001c\u001f\u00ad',
];

const tags = ['<think>', '</think>', '<answer>', '</answer>', '<eos>', '<bos>', '<pad>'];

/** Tokens that are none of the vocabulary. */
const foreign = [
  ...'__proto__ constructor toString valueOf hasOwnProperty prototype undefined null NaN Infinity -0 true {} []'
    .split(' '), // prettier-ignore
  ...'[object <Answer> <ANSWER> </Answer> <answer/> <answer>> <<answer> &lt;answer&gt; <eos>. <EOS> </eos> <|eos|>'
    .split(' '), // prettier-ignore
  ...'＜answer＞ <аnswer> <answer\u200b> <th1nk> <unk:5> <unk:999> <reserved> \\n \\u0032 %20 $1 ${7} 🙂 \ud800 e\u0301'
    .split(' '), // prettier-ignore
  ...'<script>alert(1)</script> <img/src=x/onerror=alert(1)> "; -- `rm` ../../etc/passwd 1e999 61 60.5 99999999999999999999'
    .split(' '), // prettier-ignore
];

/** Other spellings of a number, which a lenient reader would take for it. */
const respellings: readonly ((n: string) => string)[] = [
  (n) => `0${n}`,
  (n) => `+${n}`,
  (n) => `-${n}`,
  (n) => `${n}.0`,
  (n) => `${n}.`,
  (n) => `${n},`,
  (n) => `${n}e0`,
  (n) => `${n}n`,
  (n) => `0x${Number(n).toString(16)}`,
  (n) => `0b${Number(n).toString(2)}`,
  (n) => [...n].join('_'),
  (n) => `${n}_0`,
  (n) => `(${n})`,
  (n) => `"${n}"`,
  (n) => `${n}m`,
  (n) => [...n].join(' '),
  (n) => inDigitsFrom(n, 0xff10), // fullwidth
  (n) => inDigitsFrom(n, 0x660), // Arabic-Indic
  (n) => inDigitsFrom(n, 0x966), // Devanagari
  (n) => inDigitsFrom(n, 0x1d7ce), // mathematical bold
  (n) => `${n}\u0301`,
  (n) => `\u200b${n}`,
  (n) => `${n}\u200d`,
  (n) => `${n}\ufeff`,
  (n) => `${n}\0`,
  (n) => `${n}²`,
  (n) => '零一二三四五六七八九'[Number(n)] ?? '十',
];

function inDigitsFrom(n: string, zero: number): string {
  return [...n].map((digit) => String.fromCodePoint(zero + Number(digit))).join('');
}

/** Signs that look like the operators, and other ways to write them. */
const lookalikes: Readonly<Record<string, readonly string[]>> = {
  '+': ['＋', '⁺', '++', 'plus', '-', '➕'],
  '-': ['−', '–', '‐', '﹣', '--', '+', '->'],
  '*': ['×', '∗', '·', 'x', '**', '＊'],
  '/': ['÷', '∕', '⁄', '//', ':', '%'],
  '->': ['→', '=>', '-', '>', '-->', '- >'],
  ';': [';', ',', ';;', '；', ':'],
};

const isNumber = (token: string): boolean => /^\d+$/.test(token);

/** The answers that are right, of which a task may have several. */
function rightAnswer(problem: Problem, random: Random): string {
  const own = problem as OwnProblems[keyof OwnProblems];
  switch (own.task) {
    case 'countdown': {
      const { start, steps } = own.solution;
      return [start, ...steps.map(({ operator, operand }) => `${operator} ${operand}`)].join(' ');
    }
    case 'programs': {
      if (random.int(4) > 0)
        return own.program.map(({ operator, operand }) => `${operator} ${operand}`).join(' ');
      const shown = random.int(3) === 0 ? own.visible : [...own.visible, ...own.hidden];
      return shown.map(({ input, output }) => `${input} -> ${output}`).join(' ; ');
    }
    case 'units':
      return own.level === 1 ? `${own.end} ${own.unit}` : `${own.time} s`;
    default:
      return `${vocabulary[12 + random.int(61)]} + 1 = ${vocabulary[12 + random.int(61)]}`;
  }
}

/** A completion to begin with: in most cases one with a right answer. */
function honest(problem: Problem, random: Random): string[] {
  const language = pick(languages, random);
  const pen = { ids: [] as number[], language, random };
  const way = random.int(10);
  if (way === 0 && isGeneral(problem)) writeGeneral(pen, problem, generalHabits);
  else if (way === 0) writeCompletion(pen, problem, defaultCorpus);
  else if (way === 1 && inVocabulary(taskOf(problem)).writeExemplary)
    return coldStartCompletion(problem, language, random).split(' ');
  if (pen.ids.length > 0) return decode(pen.ids).split(' ');
  const answer = rightAnswer(problem, random);
  const working = pick([`${words[language].so} ${answer}`, answer, '1', ''], random);
  const thought = random.int(5) > 0 ? `<think> ${working} </think> ` : '';
  return `${thought}<answer> ${answer} </answer> <eos>`.split(' ').filter(Boolean);
}

type Mutation = (tokens: string[], random: Random, problem: Problem) => void;

const anyToken = (random: Random): string =>
  pick([pick(vocabulary, random), pick(tags, random), pick(foreign, random)], random);

/** Changes one of the tokens that are of a kind, where there is one. */
const changeOne =
  (isOfKind: (token: string) => boolean, change: (token: string, random: Random) => string) =>
  (tokens: string[], random: Random): void => {
    const places = [...tokens.keys()].filter((at) => isOfKind(tokens[at]!));
    if (places.length === 0) return;
    const at = pick(places, random);
    tokens[at] = change(tokens[at]!, random);
  };

/** The places of the first `<answer>` and of the end of its block; the whole text where there is no such block. */
function answerBlock(tokens: readonly string[]): [number, number] {
  const from = Math.max(0, tokens.indexOf('<answer>'));
  const to = tokens.indexOf('</answer>', from);
  return [from, to < 0 ? tokens.length : to + 1];
}

function translate(token: string): string {
  for (const [from, to] of [
    [words.en, words.zh],
    [words.zh, words.en],
  ] as const)
    for (const name of Object.keys(from) as Word[]) if (from[name] === token) return to[name];
  return token;
}

const at = (tokens: readonly string[], random: Random): number => random.int(tokens.length + 1);

const mutations: readonly Mutation[] = [
  (tokens, random) => void tokens.splice(at(tokens, random), 1),
  (tokens, random) => void tokens.splice(at(tokens, random), 0, anyToken(random)),
  (tokens, random) => void tokens.splice(at(tokens, random), 1, anyToken(random)),
  (tokens, random) => void tokens.splice(at(tokens, random), 0, pick(tags, random)),
  (tokens, random) => {
    const place = at(tokens, random);
    tokens.splice(place, 0, ...tokens.slice(place, place + 1 + random.int(3)));
  },
  (tokens, random) => {
    const [a, b] = [random.int(tokens.length || 1), random.int(tokens.length || 1)];
    if (tokens.length > 1) [tokens[a], tokens[b]] = [tokens[b]!, tokens[a]!];
  },
  (tokens, random) => void tokens.splice(at(tokens, random)), // cut off
  (tokens, random) => void tokens.splice(0, random.int(4)),
  (tokens) => void tokens.push(...tokens), // all of it twice
  (tokens) => void tokens.reverse(),
  changeOne(isNumber, (n, random) => pick(respellings, random)(n)),
  changeOne(isNumber, (n, random) => String(Math.max(0, Number(n) + random.int(5) - 2))),
  changeOne(isNumber, (n, random) => pick(foreign, random).replace('7', n)),
  changeOne(
    (token) => token in lookalikes,
    (token, random) => pick(lookalikes[token]!, random),
  ),
  changeOne(
    (token) => tags.includes(token),
    (token, random) =>
      pick([token.toUpperCase(), token.replace('/', ''), token.replace('<', '</'), `${token}>`, pick(tags, random)], random), // prettier-ignore
  ),
  (tokens) => tokens.forEach((token, i) => (tokens[i] = translate(token))),
  // a second block, before the first one or behind it, with the same answer or another one
  (tokens, random, problem) => {
    const [from, to] = answerBlock(tokens);
    const other = ['<answer>', ...rightAnswer(problem, random).split(' '), '</answer>'];
    const again = random.int(2) === 0 ? tokens.slice(from, to) : other;
    tokens.splice(pick([0, from, to, at(tokens, random)], random), 0, ...again);
  },
  // the answer inside of the thinking
  (tokens) => {
    const [from, to] = answerBlock(tokens);
    const block = tokens.splice(from, to - from);
    tokens.splice(Math.max(0, tokens.indexOf('</think>')), 0, ...block);
  },
  // an answer in an answer
  (tokens) => {
    const [from, to] = answerBlock(tokens);
    tokens.splice(to, 0, '</answer>');
    tokens.splice(from, 0, '<answer>');
  },
  (tokens, random) => void tokens.push(anyToken(random)), // behind the end
  (tokens, random) => void tokens.unshift(anyToken(random)),
  (tokens, random) => {
    const [from, to] = answerBlock(tokens);
    tokens.splice(pick([from + 1, to - 1], random), 0, pick(['0', '+', '+ 0', '* 1', '/ 1', '=', ';', '->'], random)); // prettier-ignore
  },
  // two tokens become one
  (tokens, random) => {
    const place = random.int(Math.max(1, tokens.length - 1));
    tokens.splice(place, 2, tokens.slice(place, place + 2).join(''));
  },
];

const anyCharacter = (random: Random): string =>
  pick(
    [
      String.fromCharCode(random.int(0x80)),
      String.fromCharCode(random.int(0x10000)), // halves of surrogate pairs among them
      String.fromCodePoint(0x10000 + random.int(0x100000)),
      pick(spaces, random),
    ],
    random,
  );

/** A text with some of its characters changed, and its spaces replaced by other ones. */
function respaced(text: string, random: Random): string {
  switch (random.int(5)) {
    case 0:
      return text.replace(/ /g, () => (random.int(3) === 0 ? pick(spaces, random) : ' '));
    case 1:
      return text.replaceAll(' ', pick(spaces, random).repeat(1 + random.int(3)));
    case 2:
      return `${pick(spaces, random)}${text}${pick(spaces, random)}`;
    case 3: {
      const place = random.int(text.length + 1);
      return text.slice(0, place) + anyCharacter(random) + text.slice(place + random.int(2));
    }
    default:
      return random.int(2) === 0 ? text.normalize('NFKC') : text.normalize('NFD');
  }
}

const fillers = [
  'wait ',
  'try 1 + 1 = 2 -> 3 no ',
  '1 = = ',
  '+ 0 ',
  '-> 1 ; 2 ',
  '<answer> ',
  '</answer> ',
  '<think> </think> ',
  '9',
  ' ',
  '\u3000',
  '(',
  '<',
  '等 不 ',
  '\ud800',
  'a\u0301',
];

/** A text with a part that is repeated until it has about so many characters. */
export function longCompletion(problem: Problem, random: Random, length: number): string {
  const filler = pick(fillers, random);
  const filling = filler.repeat(Math.ceil(length / filler.length));
  const tokens = honest(problem, random);
  const [from, to] = answerBlock(tokens);
  tokens.splice(pick([0, 1, from, from + 1, to - 1, to, tokens.length], random), 0, filling);
  return tokens.join(' ');
}

/** One completion out of all kinds, of which a tenth is right and most of the others nearly are. */
export function hostileCompletion(problem: Problem, random: Random): string {
  const kind = random.int(20);
  const soup = (one: () => string, most: number, between: string): string =>
    Array.from({ length: random.int(most) }, one).join(between);
  if (kind === 0) return soup(() => anyToken(random), 60, ' ');
  if (kind === 1) return soup(() => anyCharacter(random), 120, '');
  if (kind === 2) return longCompletion(problem, random, 10 ** random.int(4));
  const tokens = honest(problem, random);
  for (let n = random.int(4); n > 0; n--) pick(mutations, random)(tokens, random, problem);
  const text = tokens.join(' ');
  return random.int(4) === 0 ? respaced(text, random) : text;
}
