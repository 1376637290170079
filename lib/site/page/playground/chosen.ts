/** Problems that the reader chooses, each written as a short text. */
import { UserError } from '../../../core/errors';
import { countdownProblem } from '../../../tasks/countdown';
import type { Problem } from '../../../tasks/index';
import { programsProblem } from '../../../tasks/programs';
import { unitsProblem, type AmountUnit } from '../../../tasks/units';

/** How a problem of a task is written. */
interface Writing {
  /** what stands in the text, in words */
  readonly parts: string;
  readonly example: string;
  /** how its right answer is written */
  readonly answer: string;
  readonly pattern: RegExp;
  /** the problem of what the pattern has found; a UserError where there is none */
  problem(found: readonly string[]): Problem;
}

const countdown: Writing = {
  parts: 'target, then numbers',
  example: '26 3 5 7',
  answer: '3 * 7 + 5',
  pattern: /^(\d+)[\s,]+(\d+(?:[\s,]+\d+)*)$/,
  problem: ([, target, numbers]) =>
    countdownProblem(Number(target), numbers!.split(/[\s,]+/).map(Number)),
};

const programs: Writing = {
  parts: 'program, then two inputs',
  example: '* 2 + 9, 7 1',
  answer: '* 2 + 9',
  pattern: /^(.*\S)[\s,]+(\d+)[\s,]+(\d+)$/,
  problem: ([, program, first, second]) =>
    programsProblem(program!.replace(/,$/, ''), Number(first), Number(second)),
};

const units: Writing = {
  parts: 'start, rate, and time or end',
  example: '12 m + 3 time 5',
  answer: '27 m',
  pattern: /^(\d+) ?([mlg]) ?([+-]) ?(\d+) (time|to) (\d+)$/,
  problem([, from, unit, sign, by, asks, last]) {
    const [start, rate, given] = [Number(from), Number(by), Number(last)];
    const time = asks === 'time' ? given : Math.abs(given - start) / rate;
    const problem = unitsProblem({
      ...{ level: asks === 'time' ? 1 : 2, start, rate, time },
      ...{ unit: unit as AmountUnit, sign: sign as '+' | '-' },
    });
    if (asks === 'to' && problem.end !== given)
      throw new UserError(`${start} ${sign} ${rate} never comes to ${given}: choose another end`);
    return problem;
  },
};

/** How a problem of each task is written. */
export const writings = { countdown, programs, units } as const satisfies Record<string, Writing>;
export type TaskName = keyof typeof writings;

/** The problem of a text. Throws a UserError that says in one line what is wrong with it, and what would be right. */
export function chosenProblem(task: TaskName, text: string): Problem {
  const { pattern, parts, example, problem } = writings[task];
  const found = pattern.exec(text.trim());
  if (!found) throw new UserError(`no problem: ${text}: use ${parts}, such as ${example}`);
  return problem(found);
}
