/**
 * Countdown, the mathematics of this workbook: reach the target with the given numbers, each used once, on a pocket
 * calculator that works from left to right. `make 26 : 3 5 7 _` is answered by `3 * 7 + 5`. Checking a chain takes
 * two or three facts, finding one takes a search.
 */
import { UserError } from '../core/errors';
import { pick, type Random } from '../core/random';
import {
  largestValue,
  operators,
  tokenIds,
  valueId,
  valueOf,
  wordIds,
  type Language,
  type Operator,
} from '../tokenizer/vocabulary';
import { calculate, parseSteps, run, runKey, writeRun, writeSteps, type Step } from './arithmetic';
import { canonicalChain } from './canonical';
import { checkLevel, isInSplit, noAnswer, verdictOf } from './task';
import type { AnswerVerdict, Pen, Problem, Split, Task, Verdict } from './task';
import { writeExemplarySearch, writeTrial, writeVerdict } from './trials';
import type { Trial, TrialSettings, WritingHabits } from './trials';

/** A first number and what is done to it, step by step. */
export interface Chain {
  readonly start: number;
  readonly steps: readonly Step[];
}

export interface CountdownProblem extends Problem {
  readonly task: 'countdown';
  readonly level: number;
  readonly target: number;
  readonly numbers: readonly number[];
  /** one of the chains that reach the target */
  readonly solution: Chain;
}

const levels = [1, 2, 3, 4, 5, 6];
const numberCount = [2, 3, 3, 4, 4, 5];
const levelOperators: readonly (readonly Operator[])[] = [
  ['+', '-', '*'],
  ['+', '-'],
  operators,
  ['+', '-'],
  operators,
  operators,
];
const largestNumber = 9;
/** The prompt has room for four numbers, and blanks keep it of one length; level 6, which is in no corpus, has five. */
const slots = 4;

/** A chain of the numbers in random order with random operators, drawn again until every value is allowed. */
export function randomChain(
  numbers: readonly number[],
  allowed: readonly Operator[],
  random: Random,
): Chain {
  const order = numbers.slice();
  for (;;) {
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.int(i + 1);
      const other = order[j]!;
      order[j] = order[i]!;
      order[i] = other;
    }
    const steps: Step[] = [];
    let value: number | null = order[0]!;
    for (let i = 1; i < order.length && value !== null; i++) {
      const step = { operator: pick(allowed, random), operand: order[i]! };
      value = calculate(value, step.operator, step.operand);
      steps.push(step);
    }
    if (value !== null) return { start: order[0]!, steps };
  }
}

/** The operators that a level allows. Throws a UserError for an unknown level. */
export function countdownOperators(level: number): readonly Operator[] {
  checkLevel('countdown', level, levels);
  return levelOperators[level - 1]!;
}

/** A random problem with numbers from 1 to 9 and a target that is none of them. */
function generateCountdown(level: number, random: Random, split: Split): CountdownProblem {
  const allowed = countdownOperators(level);
  for (;;) {
    const numbers: number[] = [];
    for (let i = 0; i < numberCount[level - 1]!; i++) numbers.push(1 + random.int(largestNumber));
    const solution = randomChain(numbers, allowed, random);
    const target = run(solution.start, solution.steps)!;
    if (target < 1 || numbers.includes(target)) continue;
    const key = `countdown ${numbers.slice().sort().join(' ')} : ${target}`;
    if (isInSplit(key, split)) return { task: 'countdown', level, target, numbers, solution };
  }
}

/**
 * A problem that a person chose, at the level with all operators. Throws a UserError for numbers outside 1..9, a
 * target outside 0..60, a count other than 2 to 4, or a target that no chain reaches.
 */
export function countdownProblem(target: number, numbers: readonly number[]): CountdownProblem {
  if (numbers.length < 2 || numbers.length > slots) {
    throw new UserError(`${numbers.length} numbers given: use 2, 3 or 4`);
  }
  for (const number of numbers) {
    if (!Number.isInteger(number) || number < 1 || number > largestNumber) {
      throw new UserError(`number ${number} is out of range: use whole numbers from 1 to 9`);
    }
  }
  if (!Number.isInteger(target) || target < 0 || target > largestValue) {
    throw new UserError(`target ${target} is out of range: use a whole number from 0 to 60`);
  }
  const solution = solveCountdown(target, numbers);
  if (solution === null) {
    throw new UserError(
      `no way to make ${target} from ${numbers.join(' ')}: choose another target`,
    );
  }
  const level = numbers.length === 2 ? 1 : numbers.length === 3 ? 3 : 5;
  return { task: 'countdown', level, target, numbers, solution };
}

/** The first chain that reaches the target, found by trying all of them (1,536 for four numbers), or null. */
export function solveCountdown(target: number, numbers: readonly number[]): Chain | null {
  const search = (
    value: number,
    rest: readonly number[],
    steps: readonly Step[],
  ): Step[] | null => {
    if (rest.length === 0) return value === target ? [...steps] : null;
    for (const [i, operand] of rest.entries()) {
      for (const operator of operators) {
        const next = calculate(value, operator, operand);
        if (next === null) continue;
        const found = search(next, without(rest, i), [...steps, { operator, operand }]);
        if (found !== null) return found;
      }
    }
    return null;
  };
  for (const [i, start] of numbers.entries()) {
    const steps = search(start, without(numbers, i), []);
    if (steps !== null) return { start, steps };
  }
  return null;
}

function without(numbers: readonly number[], place: number): number[] {
  return numbers.filter((_, i) => i !== place);
}

/** `make 26 : 3 5 7 _` */
function countdownPrompt(problem: CountdownProblem, language: Language): number[] {
  const ids = [wordIds[language].make, valueId(problem.target), tokenIds.colon];
  ids.push(...problem.numbers.map(valueId));
  while (ids.length < 3 + slots) ids.push(tokenIds.blank);
  return ids;
}

/** Right is a chain of exactly the given numbers whose values are all allowed and whose last one is the target. */
function verifyCountdown(problem: CountdownProblem, completion: string): Verdict {
  return verdictOf(completion, (answer) => judgeChain(problem, answer));
}

function judgeChain(problem: CountdownProblem, answer: readonly string[]): AnswerVerdict {
  const { numbers, target } = problem;
  if (answer.length !== 2 * numbers.length - 1) return noAnswer;
  const start = valueOf(answer[0]);
  const steps = parseSteps(answer.slice(1));
  if (start === null || steps === null) return noAnswer;
  const value = run(start, steps);
  if (value === null) return noAnswer;
  const used = [start, ...steps.map((step) => step.operand)];
  const correct = value === target && sorted(used) === sorted(numbers);
  return { correct, canonicalAnswer: canonicalChain(start, steps) };
}

function sorted(numbers: readonly number[]): string {
  return [...numbers].sort((a, b) => a - b).join(' ');
}

/** A countdown problem for the trace writers: an attempt is a chain that ends with `-> target` and a verdict. */
function countdownTrial(
  problem: CountdownProblem,
  verdictNoise: number,
  random: Random,
): Trial<Chain> {
  const { numbers, solution, target } = problem;
  const allowed = countdownOperators(problem.level);
  return {
    propose: (solutionShare) =>
      random.next() < solutionShare ? solution : randomChain(numbers, allowed, random),
    key: (chain) => runKey(chain.start, chain.steps),
    writeAttempt(pen, chain) {
      const { ids, language } = pen;
      ids.push(wordIds[language].try);
      const value = writeRun(ids, chain.start, chain.steps);
      // The target is repeated beside the value: comparing neighbours is learned early, a look back at the prompt late.
      ids.push(tokenIds.arrow, valueId(target));
      return writeVerdict(pen, value === target, verdictNoise);
    },
    writeAnswer(ids, chain) {
      ids.push(valueId(chain.start));
      writeSteps(ids, chain.steps);
    },
  };
}

/** Writes a completion as the corpus has it. */
export function writeCountdown(
  pen: Pen,
  problem: CountdownProblem,
  settings: TrialSettings,
  habits: WritingHabits,
): void {
  const trial = countdownTrial(problem, habits.verdictNoise, pen.random);
  writeTrial(pen, trial, { level: problem.level, settings, habits });
}

/** Attempts of an expert before giving up. */
const exemplaryAttempts = 7;

/** Writes a completion as an expert writes it. A guess may solve the problem even where the expert is to give up. */
function writeExemplary(pen: Pen, problem: CountdownProblem, solved: boolean): void {
  const trial = countdownTrial(problem, 0, pen.random);
  writeExemplarySearch(pen, trial, exemplaryAttempts, solved);
}

/** The value of a chain such as `3 * 7 + 5`, from left to right; null for tokens that are no chain. */
function chainValue(answer: readonly string[]): number | null {
  const start = valueOf(answer[0]);
  const steps = parseSteps(answer.slice(1));
  return start === null || steps === null ? null : run(start, steps);
}

export const countdown: Task<CountdownProblem> = {
  name: 'countdown',
  levels,
  generate: generateCountdown,
  promptIds: countdownPrompt,
  verify: verifyCountdown,
  writeExemplary,
  wantedValue: ({ target }) => target,
  hasRightValue: ({ target }, answer) => chainValue(answer) === target,
};
