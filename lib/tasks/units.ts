/**
 * Units, the science of this workbook: an amount grows or shrinks at a steady rate. Forward, `from 12 m rate + 3 time
 * 5 :` is answered by `27 m`; backward, `from 16 l rate - 4 to 8 :` by `2 s`. Two facts solve it and no search helps:
 * it is the control, where longer thinking should not grow.
 */
import { UserError } from '../core/errors';
import { pick, pickWeighted, type Random } from '../core/random';
import {
  operatorIds,
  tokenIds,
  unitIds,
  units as allUnits,
  valueId,
  valueOf,
  wordIds,
  type Language,
  type Unit,
} from '../tokenizer/vocabulary';
import { calculate, writeRun, type Step } from './arithmetic';
import { checkLevel, isInSplit, noAnswer, verdictOf } from './task';
import type { AnswerVerdict, Pen, Problem, Split, Task, Verdict } from './task';
import type { WritingHabits } from './trials';

/** What is measured: metres, litres, grams. Seconds are the unit of time only. */
export type AmountUnit = Exclude<Unit, 's'>;

export interface UnitsProblem extends Problem {
  readonly task: 'units';
  /** 1 asks forward for the amount after a time, 2 backward for the time until an amount */
  readonly level: number;
  readonly start: number;
  readonly sign: '+' | '-';
  readonly rate: number;
  readonly time: number;
  readonly end: number;
  readonly unit: AmountUnit;
}

/** The styles of the documents about units. */
export interface UnitsSettings {
  readonly styles: {
    /** the answer alone */
    readonly direct: number;
    /** one working */
    readonly worked: number;
    /** a working, `no wait`, and another one of the same quality, so that `wait` is worth nothing here */
    readonly secondThoughts: number;
  };
  /** share of right answers and workings; the others contain a typical slip */
  readonly rightShare: { readonly direct: number; readonly worked: number };
  /** how the slips divide: forgetting the start (or the division), the wrong sign, the wrong unit */
  readonly slips: { readonly start: number; readonly sign: number; readonly unit: number };
}

export interface Quantity {
  readonly value: number;
  readonly unit: Unit;
}

export type Slip = 'none' | 'start' | 'sign' | 'unit';
const amountUnits: readonly AmountUnit[] = ['m', 'l', 'g'];
const signs = ['+', '-'] as const;
const levels = [1, 2];
const forwardShare = 0.6;

/** A random problem; level 0 draws forward problems with .6 and backward ones with .4. */
function generateUnits(level: number, random: Random, split: Split): UnitsProblem {
  checkLevel('units', level, [0, ...levels]);
  for (;;) {
    const rate = 2 + random.int(5);
    const time = 2 + random.int(5);
    const start = random.int(25);
    const sign = pick(signs, random);
    const unit = pick(amountUnits, random);
    const end = calculate(start, sign, rate * time);
    if (end === null) continue;
    const asked = level !== 0 ? level : random.next() < forwardShare ? 1 : 2;
    if (!isInSplit(`units ${asked} : ${start} ${sign} ${rate} ${time}`, split)) continue;
    return { task: 'units', level: asked, start, sign, rate, time, end, unit };
  }
}

/**
 * A problem that a person chose: `unitsProblem({ level: 1, start: 12, unit: 'm', sign: '+', rate: 3, time: 5 })`. Throws
 * a UserError where a value is out of range or the end is not one of 0..60.
 */
export function unitsProblem(chosen: Omit<UnitsProblem, 'task' | 'end'>): UnitsProblem {
  const { level, start, unit, sign, rate, time } = chosen;
  checkLevel('units', level, levels);
  const checkRange = (name: string, value: number, first: number, last: number): void => {
    if (Number.isInteger(value) && value >= first && value <= last) return;
    throw new UserError(`${name} ${value} is out of range: use ${first} to ${last}`);
  };
  checkRange('start', start, 0, 24);
  checkRange('rate', rate, 2, 6);
  checkRange('time', time, 2, 6);
  const end = calculate(start, sign, rate * time);
  if (end === null) {
    throw new UserError(`${start} ${sign} ${rate * time} is below 0: choose a larger start`);
  }
  return { task: 'units', level, start, sign, rate, time, end, unit };
}

/** `from 12 m rate + 3 time 5 :` or `from 16 l rate - 4 to 8 :` */
function unitsPrompt(problem: UnitsProblem, language: Language): number[] {
  const word = wordIds[language];
  const { level, start, unit, sign, rate, time, end } = problem;
  const ids = [word.from, valueId(start), unitIds[unit]];
  ids.push(word.rate, operatorIds[sign], valueId(rate));
  ids.push(level === 1 ? word.time : word.to, valueId(level === 1 ? time : end), tokenIds.colon);
  return ids;
}

/** Right is exactly the value and the unit asked for: `27 m`. */
function verifyUnits(problem: UnitsProblem, completion: string): Verdict {
  return verdictOf(completion, (answer) => judgeQuantity(problem, answer));
}

function judgeQuantity(problem: UnitsProblem, answer: readonly string[]): AnswerVerdict {
  const value = valueOf(answer[0]);
  const unit = allUnits.find((u) => u === answer[1]);
  if (answer.length !== 2 || value === null || unit === undefined) return noAnswer;
  const wanted = solutionOf(problem);
  const correct = value === wanted.value && unit === wanted.unit;
  return { correct, canonicalAnswer: `${value} ${unit}` };
}

function solutionOf({ level, end, time, unit }: UnitsProblem): Quantity {
  return level === 1 ? { value: end, unit } : { value: time, unit: 's' };
}

/**
 * Writes a working and returns its answer. The last line carries units, `so 12 m + 15 = 27 m`: a small model that has
 * to look the unit up only in its answer learns it late, or never. The slips are those people make: forgetting the
 * start (or the division), the wrong sign, the wrong unit.
 */
function writeWorking({ ids, language, random }: Pen, problem: UnitsProblem, slip: Slip): Quantity {
  const { level, start, sign, rate, time, end, unit } = problem;
  const change = rate * time;
  const { so } = wordIds[language];
  if (level === 1) {
    writeRun(ids, rate, [{ operator: '*', operand: time }]);
    if (slip === 'start') return { value: change, unit };
    const wrongSign = sign === '+' ? '-' : '+';
    const slippedSign = slip === 'sign' && calculate(start, wrongSign, change) !== null;
    const right = slip === 'none' || slippedSign;
    const shown = right ? unit : pick(otherUnits[unit], random);
    ids.push(so);
    const step = { operator: slippedSign ? wrongSign : sign, operand: change };
    return writeLastLine(ids, { value: start, unit }, step, shown);
  }
  const [larger, smaller] = sign === '+' ? [end, start] : [start, end];
  writeRun(ids, larger, [{ operator: '-', operand: smaller }]);
  if (slip === 'start') return { value: change, unit };
  ids.push(so);
  const step = { operator: '/', operand: rate } as const;
  return writeLastLine(ids, { value: change, unit }, step, slip === 'none' ? 's' : unit);
}

/** Writes `12 m + 15 = 27 m` and returns what comes out. */
function writeLastLine(
  ids: number[],
  left: Quantity,
  { operator, operand }: Step,
  unit: Unit,
): Quantity {
  const value = calculate(left.value, operator, operand)!;
  ids.push(valueId(left.value), unitIds[left.unit], operatorIds[operator], valueId(operand));
  ids.push(tokenIds.equals, valueId(value), unitIds[unit]);
  return { value, unit };
}

const otherUnits: Readonly<Record<AmountUnit, readonly Unit[]>> = {
  m: ['l', 'g', 's'],
  l: ['m', 'g', 's'],
  g: ['m', 'l', 's'],
};

/** Writes a completion as the corpus has it. */
export function writeUnits(
  pen: Pen,
  problem: UnitsProblem,
  settings: UnitsSettings,
  habits: WritingHabits,
): void {
  const { ids, language, random } = pen;
  const { think, endThink, answer, endAnswer, eos } = tokenIds;
  const { direct, worked, secondThoughts } = settings.styles;
  const { start, sign, unit } = settings.slips;
  const slipWith = (rightShare: number): Slip =>
    random.next() < rightShare
      ? 'none'
      : (['start', 'sign', 'unit'] as const)[pickWeighted([start, sign, unit], random)]!;
  const work = (into: number[], rightShare: number): Quantity =>
    writeWorking({ ...pen, ids: into }, problem, slipWith(rightShare));
  let found: Quantity;
  switch (pickWeighted([direct, worked, secondThoughts], random)) {
    case 0:
      found = work([], settings.rightShare.direct);
      break;
    case 1: {
      const tags = random.next() >= habits.missingTags;
      if (tags) ids.push(think);
      found = work(ids, settings.rightShare.worked);
      if (tags) ids.push(endThink);
      break;
    }
    default:
      ids.push(think);
      work(ids, settings.rightShare.worked);
      ids.push(wordIds[language].no, wordIds[language].wait);
      found = work(ids, settings.rightShare.worked);
      ids.push(endThink);
  }
  ids.push(answer, valueId(found.value), unitIds[found.unit], endAnswer, eos);
}

/** Writes a working without a slip. The task has no search, so that an expert always solves it. */
function writeExemplary(pen: Pen, problem: UnitsProblem): void {
  const { ids } = pen;
  ids.push(tokenIds.think);
  const { value, unit } = writeWorking(pen, problem, 'none');
  ids.push(tokenIds.endThink, tokenIds.answer, valueId(value), unitIds[unit]);
  ids.push(tokenIds.endAnswer, tokenIds.eos);
}

export const units: Task<UnitsProblem> = {
  name: 'units',
  levels,
  generate: generateUnits,
  promptIds: unitsPrompt,
  verify: verifyUnits,
  writeExemplary,
  hasRightValue: (problem, [value]) => valueOf(value) === solutionOf(problem).value,
};
