/**
 * Templates of word problems: texts with slots.
 *
 * - `{A}`, `{B}`, `{C}` are people, `{he}` and `{He}` the pronoun of `{A}`;
 * - `{a}`, `{b}`, `{c}`, `{d}` are numbers, `{a box}` a number with a noun: 3 boxes;
 * - `{thing}` and `{things}` are the problem's things, and `{a thing}` a number of them: 3 apples;
 * - in a step, `{a + b thing}` is a computation with its result: 3 + 4 = 7 apples. `x` and `y` are the results of the first
 *   and the second step. The last step gives the answer.
 */
import { people, plural } from './pools';

export interface Template {
  readonly name: string;
  readonly asks: string;
  readonly steps: readonly string[];
  /** numbers that are not larger, where larger ones would make no sense */
  readonly atMost?: Readonly<Record<string, number>>;
}

/** What the slots are filled with: plain data. */
export interface Filling {
  readonly people: readonly string[];
  readonly thing: string;
  /** of `a`, `b`, `c`, `d` */
  readonly numbers: readonly number[];
}

/** One computation. */
export interface Computed {
  /** `3 + 4` */
  readonly written: string;
  readonly result: number;
}

const letters = 'abcd';
const slot = /\{([^{}]*)\}/g;
const computation = /^((?:[a-dxy]|\d+)(?: [-+*/] (?:[a-dxy]|\d+))+)(?: (.*))?$/;

/** How many numbers a template has. */
export const numbersOf = ({ asks }: Template): number =>
  [...letters].filter((letter) => new RegExp(`\\{${letter}[ }]`).test(asks)).length;

/** How many people a template has. */
export const peopleOf = ({ asks }: Template): number =>
  ['{A}', '{B}', '{C}'].filter((name) => asks.includes(name)).length;

/** The term of each step: numbers, letters, and operators between them. */
export const termsOf = ({ steps }: Template): (readonly string[])[] =>
  steps.map((step) => {
    const slots = [...step.matchAll(slot)].map(([, inside]) => computation.exec(inside!));
    return slots.find((match) => match !== null)![1]!.split(' ');
  });

/** The computations of some terms with these numbers, step by step. A result may be negative, or no whole number. */
export function compute(
  terms: readonly (readonly string[])[],
  numbers: readonly number[],
): Computed[] {
  const results: number[] = [];
  const valueOf = (part: string): number =>
    numbers[letters.indexOf(part)] ?? results['xy'.indexOf(part)] ?? Number(part);
  return terms.map((term) => {
    let result = valueOf(term[0]!);
    for (let i = 1; i < term.length; i += 2)
      result = operations[term[i]!]!(result, valueOf(term[i + 1]!));
    results.push(result);
    const written = term.map((part) => (part in operations ? part : valueOf(part))).join(' ');
    return { written, result };
  });
}

/** From left to right. */
const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

/** The text of a problem. */
export const askedText = ({ asks }: Template, filling: Filling): string => fill(asks, filling);

/** The sentences of a solution: `Tom now has 3 + 4 = 7 apples.` */
export function solvedTexts(template: Template, filling: Filling): string[] {
  const computed = compute(termsOf(template), filling.numbers);
  return template.steps.map((step, i) => fill(step, filling, computed[i]));
}

function fill(text: string, filling: Filling, computed?: Computed): string {
  const names = namesOf(filling);
  return text.replace(slot, (_, inside: string) => {
    const name = names.get(inside);
    if (name !== undefined) return name;
    const term = computation.exec(inside);
    const noun = term ? (term[2] ?? '') : inside.split(' ').slice(1).join(' ');
    const count = term ? computed!.result : filling.numbers[letters.indexOf(inside[0]!)]!;
    const shown = term ? `${computed!.written} = ${count}` : String(count);
    const things = noun === 'thing' ? filling.thing : noun;
    return noun === '' ? shown : `${shown} ${count === 1 ? things : plural(things)}`;
  });
}

/** What stands for the slots without numbers. */
function namesOf({ people: names, thing }: Filling): Map<string, string> {
  const pronoun = people.get(names[0] ?? '') ?? '';
  return new Map([
    ...names.map((name, i): [string, string] => ['ABC'[i]!, name]),
    ['he', pronoun],
    ['He', pronoun.replace(/^./, (first) => first.toUpperCase())],
    ['thing', thing],
    ['things', plural(thing)],
  ]);
}
