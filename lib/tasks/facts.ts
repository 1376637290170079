import { pick, type Random } from '../core/random';
import { largestValue, operatorIds, tokenIds, valueId } from '../tokenizer/vocabulary';
import { calculate } from './arithmetic';

/** Drawn from evenly, so `+` and `-` are twice as frequent as `*` and `/`. */
const factOperators = ['+', '+', '-', '-', '*', '/'] as const;

/** Eight facts such as `7 * 3 = 21 :`. A share of the sums has a large second number, which units needs. */
export function writeFacts(ids: number[], largeShare: number, random: Random): void {
  for (let written = 0; written < 8;) {
    const operator = pick(factOperators, random);
    let left = operator === '*' ? 1 + random.int(30) : random.int(largestValue + 1);
    let right = 1 + random.int(9);
    if ((operator === '+' || operator === '-') && random.next() < largeShare) {
      right = 4 + random.int(33);
      if (operator === '+') left = random.int(25);
    }
    const result = calculate(left, operator, right);
    if (result === null) continue;
    ids.push(valueId(left), operatorIds[operator], valueId(right), tokenIds.equals);
    ids.push(valueId(result), tokenIds.colon);
    written++;
  }
}
