import {
  largestValue,
  operatorIds,
  operators,
  tokenIds,
  valueId,
  valueOf,
  type Operator,
} from '../tokenizer/vocabulary';

/** One press of a pocket calculator: an operator and the value it is used with. */
export interface Step {
  readonly operator: Operator;
  readonly operand: number;
}

/**
 * `left operator right`, or null where it is not allowed: every result has to be one of 0..60, and division has to
 * come out even, by 2 or more.
 */
export function calculate(left: number, operator: Operator, right: number): number | null {
  const result = rawResult(left, operator, right);
  return result >= 0 && result <= largestValue ? result : null;
}

function rawResult(left: number, operator: Operator, right: number): number {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  if (operator === '*') return left * right;
  return right >= 2 && left % right === 0 ? left / right : -1;
}

/** The value after all steps, or null as soon as one is not allowed. */
export function run(start: number, steps: readonly Step[]): number | null {
  let value: number | null = start;
  for (const { operator, operand } of steps) {
    value = calculate(value, operator, operand);
    if (value === null) return null;
  }
  return value;
}

/** Writes a run with its intermediate values, `3 * 7 = 21 + 5 = 26`, and returns the last one. */
export function writeRun(ids: number[], start: number, steps: readonly Step[]): number {
  let value = start;
  ids.push(valueId(start));
  for (const { operator, operand } of steps) {
    value = calculate(value, operator, operand)!;
    ids.push(operatorIds[operator], valueId(operand), tokenIds.equals, valueId(value));
  }
  return value;
}

/** Writes the steps alone: `* 7 + 5`. */
export function writeSteps(ids: number[], steps: readonly Step[]): void {
  for (const { operator, operand } of steps) ids.push(operatorIds[operator], valueId(operand));
}

/** Reads `* 7 + 5`, or null where the tokens are anything else. */
export function parseSteps(tokens: readonly string[]): Step[] | null {
  if (tokens.length % 2 !== 0) return null;
  const steps: Step[] = [];
  for (let i = 0; i < tokens.length; i += 2) {
    const operator = operators.find((o) => o === tokens[i]);
    const operand = valueOf(tokens[i + 1]);
    if (operator === undefined || operand === null) return null;
    steps.push({ operator, operand });
  }
  return steps;
}

/** A number that differs for different runs of up to five steps, to notice repeated attempts quickly. */
export function runKey(start: number, steps: readonly Step[]): number {
  let key = start;
  for (const { operator, operand } of steps) {
    key = (key * 64 + operand) * 4 + operatorIds[operator] - operatorIds['+'];
  }
  return key;
}
