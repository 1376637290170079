/**
 * The rules of the tasks, written a second time and in another way, to check the verifiers against: regular
 * expressions and a program interpreter that works on text. It shares no code with lib/.
 */
import type { OwnProblems } from '../lib/tasks/index';

/** A task with answers that a rule can check, and a problem of one. */
export type VerifiableTask = Exclude<keyof OwnProblems, 'general'>;
export type VerifiableProblem = OwnProblems[VerifiableTask];

const value = '(?:[0-9]|[1-5][0-9]|60)';

/** Whether a completion should count as right. */
export function accepts(problem: VerifiableProblem, completion: string): boolean {
  return rulesOf(problem, completion).correct;
}

/** What the rules say of a completion of any task; a general prompt has no right answer. */
export function rulesOf(
  problem: OwnProblems[keyof OwnProblems],
  completion: string,
): Record<'finished' | 'format' | 'correct' | 'visibleCorrect', boolean> {
  const tokens = completion.split(/\s/).filter(Boolean);
  const text = ` ${tokens.join(' ')} `;
  const once = (...tags: string[]): boolean =>
    tags.every((tag) => tokens.filter((token) => token === tag).length === 1);
  const finished = once('<eos>') && text.endsWith(' <eos> ');
  // where the tags are many, the expression would try each of them to the end of the text
  const answer =
    finished && once('<answer>', '</answer>')
      ? / <answer> (.+) <\/answer> <eos> $/.exec(text)?.[1]
      : undefined;
  if (answer === undefined)
    return { finished, format: false, correct: false, visibleCorrect: false };
  const format =
    once('<think>', '</think>') &&
    /^ <think> .+ <\/think> <answer> .+ <\/answer> <eos> $/.test(text);
  return { finished, format, ...judged(problem, answer) };
}

function judged(
  problem: OwnProblems[keyof OwnProblems],
  answer: string,
): Record<'correct' | 'visibleCorrect', boolean> {
  const same = (correct: boolean) => ({ correct, visibleCorrect: correct });
  if (problem.task === 'general') return same(false);
  if (problem.task === 'countdown') return same(reaches(answer, problem.numbers, problem.target));
  if (problem.task === 'units')
    return same(
      answer === (problem.level === 1 ? `${problem.end} ${problem.unit}` : `${problem.time} s`),
    );
  const fits = ({ input, output }: { input: number; output: number }): boolean =>
    outputOf(answer, input) === output;
  const visibleCorrect = problem.visible.every(fits);
  return { visibleCorrect, correct: visibleCorrect && problem.hidden.every(fits) };
}

function reaches(answer: string, numbers: readonly number[], target: number): boolean {
  if (!new RegExp(`^${value}(?: [-+*/] ${value})*$`).test(answer)) return false;
  const used = answer.match(/\d+/g)!;
  if (used.length !== numbers.length) return false;
  for (let n = 0; n <= 60; n++) {
    if (used.filter((u) => u === `${n}`).length !== numbers.filter((m) => m === n).length) {
      return false;
    }
  }
  return runText(used[0]!, answer.slice(used[0]!.length)) === target;
}

/** What a program as text makes of an input; null where it leaves the allowed values. */
export function runText(input: number | string, program: string): number | null {
  let rest = program.trim();
  let current = Number(input);
  while (rest !== '') {
    const [whole, sign, digits] = /^([-+*/]) (\d+) ?/.exec(rest)!;
    const n = Number(digits);
    const results: Record<string, number> = {
      '+': current + n,
      '-': current - n,
      '*': current * n,
      '/': n < 2 ? NaN : current / n,
    };
    current = results[sign!]!;
    if (!Number.isInteger(current) || current < 0 || current > 60) return null;
    rest = rest.slice(whole!.length);
  }
  return current;
}

/** What an answer to a program problem makes of an input; null where it makes nothing of it. */
function outputOf(answer: string, input: number): number | null {
  if (/^(?:(?:[-+] [1-9]|\* [2-5])(?: |$)){1,3}$/.test(answer) && !answer.endsWith(' ')) {
    return runText(input, answer);
  }
  const pair = `${value} -> ${value}`;
  if (!new RegExp(`^${pair}(?: ; ${pair})*$`).test(answer)) return null;
  const entry = answer.split(' ; ').findLast((pair) => pair.startsWith(`${input} -> `));
  return entry === undefined ? null : Number(entry.split(' -> ')[1]);
}

/** All chains of some numbers as text, allowed or not. */
export function allChains(numbers: readonly number[]): string[] {
  if (numbers.length === 1) return [String(numbers[0])];
  return numbers.flatMap((last, i) =>
    allChains(numbers.filter((_, j) => j !== i)).flatMap((chain) =>
      ['+', '-', '*', '/'].map((operator) => `${chain} ${operator} ${last}`),
    ),
  );
}
