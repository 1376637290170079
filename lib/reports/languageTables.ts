/** What the recorded runs of a language model reached: rules on language, and word problems. */
import * as path from 'node:path';
import { recorded } from '../stages/places';
import { rules } from '../tasks/words/rules';
import type { Arms } from './arms';
import { levelTable } from './levelTable';

const onRules: Arms = {
  'R1-Zero': 'r1-zero',
  'two rewards': 'r1-zero-likely',
  'about its subject': 'r1-zero-about',
  'plain line': 'r1-zero-format',
  coin: 'r1-zero-random',
};

const onSums: Arms = {
  'R1-Zero': 'r1-zero',
  'cold start (Dev1)': 'dev1',
  'RL (Dev2)': 'dev2',
  'right ones (Dev3)': 'dev3',
  'any ones': 'dev3-random',
  student: 'distilled',
};

/** One table for each data set, the columns with their number of seeds. */
export function languageTables(size: string): string {
  const table = (data: string, arms: Arms, nameOf: (level: number) => string): string =>
    `${size} on ${data}\n${levelTable(path.join(recorded, 'tasks', data), size, arms, nameOf)}`;
  const ruleName = (level: number): string => rules.get(level)!.name;
  return [
    table('words', onRules, ruleName),
    table('rules', onRules, ruleName),
    table('sums', onSums, (level) => `level ${level}`),
  ].join('\n\n');
}
