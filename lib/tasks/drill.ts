import type { Random } from '../core/random';
import { largestValue, tokenIds, valueId, wordIds, type Language } from '../tokenizer/vocabulary';

/**
 * Eight comparisons such as `13 -> 15 no :`, in one language. Telling equal from different values is the skill that
 * decides whether search pays, and a small model learns it late from traces alone. Half the pairs are equal, a
 * quarter differs by 1 to 3, a quarter is random.
 */
export function writeDrill(ids: number[], language: Language, random: Random): void {
  for (let i = 0; i < 8; i++) {
    const value = random.int(largestValue + 1);
    const wanted = random.next() < 0.5 ? value : otherValue(value, random);
    const verdict = value === wanted ? wordIds[language].yes : wordIds[language].no;
    ids.push(valueId(value), tokenIds.arrow, valueId(wanted), verdict, tokenIds.colon);
  }
}

function otherValue(value: number, random: Random): number {
  if (random.next() < 0.5) return random.int(largestValue + 1);
  const difference = (1 + random.int(3)) * (random.next() < 0.5 ? -1 : 1);
  return Math.max(0, Math.min(largestValue, value + difference));
}
