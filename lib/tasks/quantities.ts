import { pick, type Random } from '../core/random';
import { operatorIds, tokenIds, unitIds, valueId } from '../tokenizer/vocabulary';
import { calculate } from './arithmetic';

const amounts = ['m', 'l', 'g'] as const;
const signs = ['+', '-'] as const;

/**
 * Four calculations with a quantity such as `12 m + 15 = 27 - 3 = 24 m :`. The unit is given once and wanted at the
 * end, one to three steps later: a drill for looking up a unit. From the problems of `units` alone a small model
 * learns that very late, or never, and then answers with any unit.
 */
export function writeQuantities(ids: number[], random: Random): void {
  for (let i = 0; i < 4; i++) {
    const unit = unitIds[pick(amounts, random)];
    let value = random.int(41);
    ids.push(valueId(value), unit);
    for (let steps = 1 + random.int(3); steps > 0;) {
      const sign = pick(signs, random);
      const operand = 1 + random.int(20);
      const result = calculate(value, sign, operand);
      if (result === null) continue;
      ids.push(operatorIds[sign], valueId(operand), tokenIds.equals, valueId(result));
      value = result;
      steps--;
    }
    ids.push(unit, tokenIds.colon);
  }
}
