/** Data of one's own as a task: a file of JSON Lines, one problem a line. */
import { isUtf8 } from 'node:buffer';
import * as fs from 'node:fs';
import { UserError } from '../core/errors';
import { isObject } from '../core/fields';
import { onDisk } from '../core/files';
import { parsedJson } from '../core/jsonLines';
import { pick } from '../core/random';
import { canonicalAnswer, longestAnswer } from './answers/finalAnswer';
import { askForAnswer, judgeAnswer } from './answers/judge';
import { checkLevel, isInSplit, type Problem, type TaskInWords } from './task';

/** A problem of a data set. */
export interface DatasetProblem extends Problem {
  /** the question, or the prompt, as in the file */
  readonly asked: string;
  /** whether it is told as it stands; to a question a line on the form of the answer is added */
  readonly isPrompt: boolean;
  /** the right answer */
  readonly answer: string;
  /** how it is reached, where the file says so */
  readonly solution?: string;
}

/** What stands between the solution and the answer in the files of GSM8K. */
const answerMark = '####';
/** The calculator marks of GSM8K. */
const calculations = /<<[^<>\n]*>>/g;

/**
 * Makes a task of a file whose lines have an `answer` and a `question`, or a `prompt` that is told to the model as it
 * stands; to a question a line is added that asks for the form of the answer. In the files of GSM8K the answer follows the
 * last `####`, and what stands before it is the solution. Problems are held out by the hash of what is asked. All are of
 * level 1. Throws a UserError that names the file, as `shown`, the line, and the field.
 */
export function datasetTask(name: string, file: string, shown = file): TaskInWords<DatasetProblem> {
  const bytes = onDisk('read', shown, () => fs.readFileSync(file));
  const problems = readProblems(name, bytes, shown);
  const splitOf = (split: 'train' | 'held-out'): DatasetProblem[] => {
    const own = problems.filter(({ asked }) => isInSplit(asked, split));
    if (own.length > 0) return own;
    throw new UserError(
      `${shown} has ${problems.length} problems, none of them ${split === 'train' ? 'for training' : 'held out'}: every tenth is held out, add some more`,
    );
  };
  const splits = { train: splitOf('train'), 'held-out': splitOf('held-out') };
  return {
    name,
    levels: [1],
    generate(level, random, split) {
      checkLevel(name, level, [1]);
      return pick(splits[split], random);
    },
    question: ({ asked, isPrompt }) => (isPrompt ? asked : `${asked}\n${askForAnswer}`),
    verify: ({ answer }, completion) => judgeAnswer(answer, completion),
    ...(problems.every(({ solution }) => solution !== undefined) && {
      solution: ({ solution, answer }: DatasetProblem) => `${solution!}\nAnswer: ${answer}`,
    }),
  };
}

function readProblems(name: string, bytes: Buffer, file: string): DatasetProblem[] {
  if (!isUtf8(bytes)) throw new UserError(`${file} line ${badLine(bytes)}: no text in UTF-8`);
  const lines = bytes.toString('utf8').replace(/^\ufeff/, '').split('\n'); // prettier-ignore
  const known = new Map<string, { line: number; answer: string }>();
  return lines.flatMap((line, i): DatasetProblem[] => {
    if (line.trim() === '') return [];
    const refuse = (what: string): never => {
      throw new UserError(`${file} line ${i + 1}: ${what}`);
    };
    const problem: DatasetProblem = { task: name, level: 1, ...problemOf(line, refuse) };
    const { asked, answer } = problem;
    const before = known.get(asked);
    known.set(asked, { line: i + 1, answer });
    if (before && before.answer !== answer)
      return refuse(`asks what line ${before.line} asks, with another answer`);
    return [problem];
  });
}

/** The number of the first line that is no text. */
function badLine(bytes: Uint8Array): number {
  let [line, from] = [1, 0];
  for (;;) {
    const to = bytes.indexOf(0x0a, from);
    if (to < 0 || !isUtf8(bytes.subarray(from, to))) return line;
    from = to + 1;
    line++;
  }
}

/** What a line asks, with its answer and solution. `refuse` throws. */
function problemOf(
  line: string,
  refuse: (what: string) => never,
): Omit<DatasetProblem, keyof Problem> {
  const row = parsedJson(line);
  if (row === undefined) return refuse('no JSON');
  if (!isObject(row)) return refuse('no JSON object');
  const fields = row as Readonly<Record<string, unknown>>;
  const has = (field: string): boolean => fields[field] !== undefined && fields[field] !== null;
  const text = (field: string): string => {
    const value = fields[field];
    if (!has(field)) return refuse(`no ${field}`);
    const isNumber = field === 'answer' && typeof value === 'number';
    if (isNumber && !line.includes(String(value)))
      return refuse('answer is a number that would be rounded: write it in quotes');
    if (!isNumber && typeof value !== 'string') return refuse(`${field} is no text`);
    const trimmed = String(value).replaceAll('\r\n', '\n').trim();
    return trimmed === '' ? refuse(`${field} is empty`) : trimmed;
  };
  if (has('prompt') && has('question')) return refuse('both prompt and question: leave one out');
  if (!has('prompt') && !has('question')) return refuse('no question and no prompt');
  const isPrompt = has('prompt');
  const asked = text(isPrompt ? 'prompt' : 'question');
  const whole = text('answer');
  const at = whole.lastIndexOf(answerMark);
  const answer = at < 0 ? whole : whole.slice(at + answerMark.length).trim();
  const solution = at < 0 ? '' : whole.slice(0, at).replace(calculations, '').trim();
  if (answer === '') return refuse(`no answer after ${answerMark}`);
  if (canonicalAnswer(answer) === '') return refuse('answer is punctuation alone');
  if (answer.length > longestAnswer || answer.includes('\n'))
    return refuse(`an answer of ${answer.length} characters: use one line of at most ${longestAnswer}, without its solution`); // prettier-ignore
  return solution === '' ? { asked, isPrompt, answer } : { asked, isPrompt, answer, solution };
}
