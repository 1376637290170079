/**
 * Programs, the coding of this workbook: find a program of one to three instructions from two examples of what it
 * does. `rule 7 -> 23 ; 1 -> 11 : _ _` is answered by `* 2 + 9`. An answer is tested on the two visible examples and
 * on two hidden ones. A table that lists the visible examples is allowed as an answer, as in real test suites, and
 * fails on the hidden ones.
 */
import { UserError } from '../core/errors';
import { pick, shuffle, type Random } from '../core/random';
import { splitTokens } from '../tokenizer/tokenizer';
import { tokenIds, valueId, valueOf, wordIds, type Language } from '../tokenizer/vocabulary';
import { parseSteps, run, runKey, writeRun, writeSteps, type Step } from './arithmetic';
import {
  instructions,
  largestVisibleInput,
  lineText,
  programsOfLength,
  programsOfLevel,
  programsThatFit,
  range,
  type Example,
  type Program,
} from './programSpace';
import { checkLevel, isInSplit, noAnswer, verdictOf } from './task';
import type { AnswerVerdict, Pen, Problem, Split, Task, Verdict } from './task';
import { writeExemplarySearch, writeTrial, writeVerdict } from './trials';
import type { Trial, TrialSettings, WritingHabits } from './trials';

export interface ProgramsProblem extends Problem {
  readonly task: 'programs';
  /** the number of instructions of the shortest program */
  readonly level: number;
  readonly program: Program;
  /** the two examples of the prompt */
  readonly visible: readonly [Example, Example];
  /** the two examples that only the verifier knows */
  readonly hidden: readonly [Example, Example];
}

export interface ProgramsSettings extends TrialSettings {
  /** share of the answers that are a lookup table */
  readonly tableShare: number;
  /** share of the guesses that fit the first example */
  readonly fitShare: number;
}

const levels = [1, 2, 3];
/** Hidden inputs come from 0 to 12. */
const largestHiddenInput = 12;

/** A random problem whose shortest program has `level` instructions. */
function generatePrograms(level: number, random: Random, split: Split): ProgramsProblem {
  checkLevel('programs', level, levels);
  for (;;) {
    const program = pick(programsOfLevel[level]!, random);
    const first = 1 + random.int(largestVisibleInput);
    const second = 1 + ((first + random.int(largestVisibleInput - 1)) % largestVisibleInput);
    if (run(first, program) === null || run(second, program) === null) continue;
    const others = otherInputs(program, [first, second]);
    if (others.length < 2) continue;
    const inputs = `${Math.min(first, second)} ${Math.max(first, second)}`;
    if (!isInSplit(`programs ${lineText(program)} : ${inputs}`, split)) continue;
    const hidden = shuffle(others, random);
    return problemOf(level, program, [first, second], [hidden[0]!, hidden[1]!]);
  }
}

/** The inputs from 0 to 12 that the program can take, without the visible ones. */
function otherInputs(program: Program, visible: readonly number[]): number[] {
  const inputs: number[] = [];
  for (let input = 0; input <= largestHiddenInput; input++) {
    if (!visible.includes(input) && run(input, program) !== null) inputs.push(input);
  }
  return inputs;
}

function problemOf(
  level: number,
  program: Program,
  visible: readonly [number, number],
  hidden: readonly [number, number],
): ProgramsProblem {
  return {
    task: 'programs',
    level,
    program,
    visible: [exampleOf(program, visible[0]), exampleOf(program, visible[1])],
    hidden: [exampleOf(program, hidden[0]), exampleOf(program, hidden[1])],
  };
}

function exampleOf(program: Program, input: number): Example {
  return { input, output: run(input, program)! };
}

/**
 * A problem that a person chose: `programsProblem('* 2 + 9', 7, 1)`. Throws a UserError for a text that is no program
 * or inputs it cannot take. The hidden inputs are the smallest and the largest that remain.
 */
export function programsProblem(text: string, first: number, second: number): ProgramsProblem {
  const program = parseProgram(splitTokens(text));
  if (program === null) {
    throw new UserError(
      `no program: ${text}: use one to three of + 1..9, - 1..9, * 2..5, such as * 2 + 9`,
    );
  }
  for (const input of [first, second]) {
    if (!range(1, largestVisibleInput).includes(input)) {
      throw new UserError(`input ${input} is out of range: use whole numbers from 1 to 9`);
    }
    if (run(input, program) === null) {
      throw new UserError(`${text} leaves 0..60 on input ${input}: choose another input`);
    }
  }
  const others = otherInputs(program, [first, second]);
  if (first === second || others.length < 2) {
    throw new UserError(`too few inputs to test ${text}: choose two different inputs`);
  }
  const hidden = [others[0]!, others[others.length - 1]!] as const;
  return problemOf(program.length, program, [first, second], hidden);
}

/** `rule 7 -> 23 ; 1 -> 11 : _ _`, with a blank for each instruction. */
function programsPrompt(problem: ProgramsProblem, language: Language): number[] {
  const ids = [wordIds[language].rule];
  writeTable(ids, problem.visible);
  ids.push(tokenIds.colon);
  for (let i = 0; i < problem.level; i++) ids.push(tokenIds.blank);
  return ids;
}

/** Writes `7 -> 23 ; 1 -> 11`. */
function writeTable(ids: number[], [first, second]: readonly [Example, Example]): void {
  const { arrow, semicolon } = tokenIds;
  ids.push(valueId(first.input), arrow, valueId(first.output), semicolon);
  ids.push(valueId(second.input), arrow, valueId(second.output));
}

/** Right is a program of one to three instructions, or a table, that turns all four inputs into their outputs. */
function verifyPrograms(problem: ProgramsProblem, completion: string): Verdict {
  return verdictOf(completion, (answer) => judgeAnswer(problem, answer));
}

function judgeAnswer(problem: ProgramsProblem, answer: readonly string[]): AnswerVerdict {
  const program = parseProgram(answer);
  const table = parseTable(answer);
  if (program === null && table === null) return noAnswer;
  const outputFor = (input: number): number | null =>
    program !== null ? run(input, program) : (table?.get(input) ?? null);
  const fits = ({ input, output }: Example): boolean => outputFor(input) === output;
  const visibleCorrect = problem.visible.every(fits);
  return {
    correct: visibleCorrect && problem.hidden.every(fits),
    canonicalAnswer: program !== null ? canonicalProgram(program) : canonicalTable(table!),
    visibleCorrect,
    lookupTable: table !== null,
  };
}

function parseProgram(tokens: readonly string[]): Program | null {
  const steps = parseSteps(tokens);
  if (steps === null || steps.length < 1 || steps.length > 3) return null;
  const allowed = (step: Step): boolean =>
    instructions.some((i) => i.operator === step.operator && i.operand === step.operand);
  return steps.every(allowed) ? steps : null;
}

/** Reads `x -> y ; x -> y ; …`; of an input that is listed twice the later output counts. */
function parseTable(tokens: readonly string[]): Map<number, number> | null {
  if (tokens.length % 4 !== 3) return null;
  const table = new Map<number, number>();
  for (let i = 0; i < tokens.length; i += 4) {
    const input = valueOf(tokens[i]);
    const output = valueOf(tokens[i + 2]);
    const separated = i + 3 === tokens.length || tokens[i + 3] === ';';
    if (input === null || output === null || tokens[i + 1] !== '->' || !separated) return null;
    table.set(input, output);
  }
  return table;
}

/**
 * `2 x + 9 on 0..12`: the line and the inputs that the program can take. Two programs of the same line can differ in
 * these, because `+ 9 - 8` leaves the allowed values where `+ 1` does not. Null when it takes no input at all.
 */
function canonicalProgram(program: Program): string | null {
  const inputs = otherInputs(program, []);
  if (inputs.length === 0) return null;
  // Each instruction bounds its input from one side, so the inputs have no gaps.
  return `${lineText(program)} on ${inputs[0]}..${inputs[inputs.length - 1]}`;
}

function canonicalTable(table: ReadonlyMap<number, number>): string {
  const entries = [...table].sort((a, b) => a[0] - b[0]);
  return entries.map(([input, output]) => `${input} -> ${output}`).join(' ; ');
}

/** A guess as the corpus makes it: a program of the asked length that mostly fits the first example. */
export function guessProgram(problem: ProgramsProblem, fitShare: number, random: Random): Program {
  const [first, second] = problem.visible;
  const fits = programsThatFit(problem.level, first);
  for (;;) {
    const program = pick(
      random.next() < fitShare ? fits : programsOfLength[problem.level]!,
      random,
    );
    const output = run(first.input, program);
    // What fits the first example is run on the second one too, so it has to be allowed there.
    if (output === first.output ? run(second.input, program) !== null : output !== null) {
      return program;
    }
  }
}

/** A program problem for the trace writers: an attempt runs the program on one example, then on the other. */
function programsTrial(
  problem: ProgramsProblem,
  fitShare: number,
  verdictNoise: number,
  random: Random,
): Trial<Program> {
  const [first, second] = problem.visible;
  const writeTest = (pen: Pen, program: Program, { input, output }: Example): boolean => {
    const right = writeRun(pen.ids, input, program) === output;
    // The wanted output is repeated beside the computed one, so that the verdict compares neighbours.
    pen.ids.push(tokenIds.arrow, valueId(output));
    return writeVerdict(pen, right, verdictNoise);
  };
  return {
    propose: (solutionShare) =>
      random.next() < solutionShare ? problem.program : guessProgram(problem, fitShare, random),
    key: (program) => runKey(0, program),
    writeAttempt(pen, program) {
      pen.ids.push(wordIds[pen.language].try);
      const goesOn = writeTest(pen, program, first);
      // A careless author may go on with a program that cannot take the second input; then the attempt ends here.
      if (!goesOn || run(second.input, program) === null) return goesOn;
      return writeTest(pen, program, second);
    },
    writeAnswer: writeSteps,
  };
}

/** Writes a completion as the corpus has it. */
export function writePrograms(
  pen: Pen,
  problem: ProgramsProblem,
  settings: ProgramsSettings,
  habits: WritingHabits,
): void {
  const { ids, random } = pen;
  if (random.next() < settings.tableShare) {
    ids.push(tokenIds.answer);
    writeTable(ids, problem.visible);
    ids.push(tokenIds.endAnswer, tokenIds.eos);
    return;
  }
  const trial = programsTrial(problem, settings.fitShare, habits.verdictNoise, random);
  writeTrial(pen, trial, { level: problem.level, settings, habits });
}

/** Attempts of an expert before giving up, at level 1, 2, 3. */
const exemplaryAttempts = [3, 5, 3];
/** Share of an expert's guesses that fit the first example. */
const exemplaryFitShare = 0.85;

/** Writes a completion as an expert writes it. A guess may solve the problem even where the expert is to give up. */
function writeExemplary(pen: Pen, problem: ProgramsProblem, solved: boolean): void {
  const trial = programsTrial(problem, exemplaryFitShare, 0, pen.random);
  writeExemplarySearch(pen, trial, exemplaryAttempts[problem.level - 1]!, solved);
}

export const programs: Task<ProgramsProblem> = {
  name: 'programs',
  levels,
  generate: generatePrograms,
  promptIds: programsPrompt,
  verify: verifyPrograms,
  writeExemplary,
  wantedValue: ({ visible }, passed) => visible[passed === 0 ? 0 : 1].output,
};
