import { pick, shuffle, type Random } from '../../core/random';
import { askForAnswer, judgeAnswer } from '../answers/judge';
import {
  checkLevel,
  isInSplit,
  refuseHeldOut,
  type Problem,
  type Split,
  type TaskInWords,
} from '../task';
import { heldOutOneStep, oneStep } from './oneStep';
import { people, things } from './pools';
import { askedText, compute, numbersOf, peopleOf, solvedTexts, termsOf, type Computed, type Filling, type Template } from './template'; // prettier-ignore
import { heldOutThreeSteps, threeSteps } from './threeSteps';
import { heldOutTwoSteps, twoSteps } from './twoSteps';

/** A template, and what fills its slots. */
export interface SumsProblem extends Problem, Filling {
  /** the name of its template */
  readonly template: string;
}

/** What a level asks: its largest number, results included, is above `above` and at most `most`. */
export interface SumsLevel {
  readonly templates: readonly Template[];
  readonly above: number;
  readonly most: number;
}

/** Levels from 11 on ask what those from 1 on ask, with templates that are never trained on. */
const heldOutFrom = 10;

const families = [
  { trained: oneStep, heldOut: heldOutOneStep, ranges: [[0, 10], [10, 20], [20, 100]] },
  { trained: twoSteps, heldOut: heldOutTwoSteps, ranges: [[0, 20], [20, 100]] },
  { trained: threeSteps, heldOut: heldOutThreeSteps, ranges: [[0, 20], [20, 100]] },
] as const; // prettier-ignore

const levelsOf = (templates: 'trained' | 'heldOut', from: number): [number, SumsLevel][] =>
  families
    .flatMap((family) => family.ranges.map(([above, most]) => ({ templates: family[templates], above, most })))
    .map((level, i) => [from + 1 + i, level]); // prettier-ignore

/** One step to 10, 20 and 100 (1 to 3), two steps to 20 and 100 (4, 5), three (6, 7); the same held out (11 to 17). */
export const sumsLevels: ReadonlyMap<number, SumsLevel> = new Map([
  ...levelsOf('trained', 0),
  ...levelsOf('heldOut', heldOutFrom),
]);

/** A template with the terms of its steps. */
const templates = new Map(
  families.flatMap(({ trained, heldOut }) =>
    [...trained, ...heldOut].map((template) => [
      template.name,
      { template, terms: termsOf(template) },
    ]),
  ),
);

const templateOf = ({ template }: SumsProblem): Template => templates.get(template)!.template;

const computedOf = ({ template, numbers }: SumsProblem): Computed[] =>
  compute(templates.get(template)!.terms, numbers);

/** Returns the right answer. */
export const sumsAnswer = (problem: SumsProblem): number => computedOf(problem).pop()!.result;

/** Word problems: each level has its templates and its largest number. Problems are held out by their numbers. */
export const sums: TaskInWords<SumsProblem> = {
  name: 'sums',
  levels: [...sumsLevels.keys()],
  heldOutLevels: [...sumsLevels.keys()].filter((level) => level > heldOutFrom),
  generate(level: number, random: Random, split: Split) {
    checkLevel('sums', level, this.levels);
    refuseHeldOut(this, level, split);
    const asked = sumsLevels.get(level)!;
    for (;;) {
      const template = pick(asked.templates, random);
      const numbers = drawNumbers(template, asked, random);
      const isHeldOut = level > heldOutFrom || isInSplit(`sums ${template.name} ${numbers.join(' ')}`, 'held-out'); // prettier-ignore
      if (isHeldOut !== (split === 'held-out')) continue;
      const names = shuffle([...people.keys()], random).slice(0, peopleOf(template));
      const thing = pick(things, random);
      return { task: 'sums', level, template: template.name, people: names, thing, numbers };
    }
  },
  question: (problem) => `${askedText(templateOf(problem), problem)}\n${askForAnswer}`,
  verify: (problem, completion) => judgeAnswer(String(sumsAnswer(problem)), completion),
  solution: (problem, random) => `${worked(problem, random)}\nAnswer: ${sumsAnswer(problem)}`,
};

/**
 * Draws numbers from 2 on, small ones more often, until they and all results fit the level: whole, at least 1, of a
 * division at least 2, and the largest of all in the level's range.
 */
function drawNumbers(template: Template, { above, most }: SumsLevel, random: Random): number[] {
  const { terms } = templates.get(template.name)!;
  const highest = [...'abcd']
    .slice(0, numbersOf(template))
    .map((letter) => Math.min(most, template.atMost?.[letter] ?? most));
  const isFine = ({ written, result }: Computed): boolean =>
    Number.isInteger(result) && result >= (written.includes('/') ? 2 : 1);
  for (;;) {
    const numbers = highest.map((high) => 2 + Math.floor((high - 1) * random.next() ** 2));
    const computed = compute(terms, numbers);
    const largest = Math.max(...numbers, ...computed.map(({ result }) => result));
    if (computed.every(isFine) && largest > above && largest <= most) return numbers;
  }
}

/** A way to the answer, as people write it. */
function worked(problem: SumsProblem, random: Random): string {
  const template = templateOf(problem);
  const sentences = solvedTexts(template, problem).join(' ');
  const equations = computedOf(problem).map(({ written, result }) => `${written} = ${result}`);
  const openings = ['First,', 'Then', 'Finally,'];
  const inOrder = equations.map((equation, i) => `${equations.length > 1 ? openings[i] : 'We get'} ${equation}.`); // prettier-ignore
  return pick([sentences, sentences, inOrder.join(' '), `${equations.join('. ')}.`], random);
}
