/** All programs there are: 22 instructions, so 22, 484 and 10,648 programs of one, two and three. */
import { largestValue } from '../tokenizer/vocabulary';
import { run, type Step } from './arithmetic';

/** Instructions, done in order: `+ c` and `- c` with c from 1 to 9, `* c` with c from 2 to 5. */
export type Program = readonly Step[];

export interface Example {
  readonly input: number;
  readonly output: number;
}

/** Prompts show inputs from 1 to 9. */
export const largestVisibleInput = 9;

export const instructions: readonly Step[] = [
  ...range(1, 9).map((operand): Step => ({ operator: '+', operand })),
  ...range(1, 9).map((operand): Step => ({ operator: '-', operand })),
  ...range(2, 5).map((operand): Step => ({ operator: '*', operand })),
];

const oneStep: Program[] = instructions.map((step) => [step]);
const twoSteps: Program[] = oneStep.flatMap((p) => instructions.map((step) => [...p, step]));
const threeSteps: Program[] = twoSteps.flatMap((p) => instructions.map((step) => [...p, step]));

/** All programs of a length, in the place of that length. */
export const programsOfLength: readonly (readonly Program[])[] = [
  [],
  oneStep,
  twoSteps,
  threeSteps,
];

/** The programs of each level that no shorter program replaces. */
export const programsOfLevel: readonly (readonly Program[])[] = findShortestPrograms();

/** Every program is a straight line `slope x + offset`, as far as its values stay allowed. */
function lineOf(program: Program): { slope: number; offset: number } {
  let slope = 1;
  let offset = 0;
  for (const { operator, operand } of program) {
    if (operator === '+') offset += operand;
    else if (operator === '-') offset -= operand;
    else {
      slope *= operand;
      offset *= operand;
    }
  }
  return { slope, offset };
}

/** `2 x + 9` */
export function lineText(program: Program): string {
  const { slope, offset } = lineOf(program);
  return `${slope} x ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
}

/**
 * From two instructions on, lines of slope 1 are left out: whatever shift fits the first example fits the second one
 * too, and the second test would test nothing.
 */
function findShortestPrograms(): Program[][] {
  const known = new Set(['1 x + 0']);
  return programsOfLength.map((programs, length) => {
    const fresh = programs.filter(
      (p) => length === 1 || (!known.has(lineText(p)) && lineOf(p).slope > 1),
    );
    for (const program of programs) known.add(lineText(program));
    return fresh;
  });
}

/** The programs of a length that turn an input into an output, by `fitPlace`. */
const fitting: readonly (readonly Program[])[] = ((): Program[][] => {
  const lists: Program[][] = [];
  for (const length of [1, 2, 3]) {
    for (const input of range(1, largestVisibleInput)) {
      for (const program of programsOfLength[length]!) {
        const output = run(input, program);
        if (output !== null) (lists[fitPlace(length, { input, output })] ??= []).push(program);
      }
    }
  }
  return lists;
})();

/** The programs of a length that turn the example's input into its output. */
export function programsThatFit(length: number, example: Example): readonly Program[] {
  return fitting[fitPlace(length, example)]!;
}

function fitPlace(length: number, { input, output }: Example): number {
  return (length * (largestVisibleInput + 1) + input) * (largestValue + 1) + output;
}

/** The whole numbers from first to last. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
