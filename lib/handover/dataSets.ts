/** Data to imitate and preferences, in the columns of TRL, which the others read too. */
import * as path from 'node:path';
import { writeFileAtomic } from '../core/files';
import type { Preference } from '../stages/preferences';
import type { Trace } from '../stages/traces';
import { countTable, hashTable } from './datasheet';
import type { Row } from './formats';
import { newFolder } from './newFolder';
import { writeTable } from './table';

const said = (role: 'user' | 'assistant', content: string) => [{ role, content }];

/** What ends a completion is written by the chat template. */
const withoutEnd = (completion: string): string => completion.replace(/ ?<eos>$/, '');

/** `prompt` and `completion`, for fine-tuning. */
const traceRow = ({ prompt, completion, kind, task, level, language }: Trace): Row => ({
  ...{ prompt: said('user', prompt), completion: said('assistant', withoutEnd(completion)) },
  ...{ kind, task, level, language },
});

/** `prompt`, `chosen` and `rejected`, for reward models and DPO. Ties say nothing. */
const preferenceRow = ({ prompt, a, b, label, task, language, by }: Preference): Row => {
  const [chosen, rejected] = (label > 0.5 ? [a, b] : [b, a]).map((text) => said('assistant', withoutEnd(text))); // prettier-ignore
  return { ...{ prompt: said('user', prompt), chosen, rejected }, ...{ task, language, by } };
};

/** Writes traces as a data set with its datasheet. */
export const handTraces = (target: string, name: string, traces: readonly Trace[]): Promise<void> =>
  handRows(target, name, {
    rows: traces.map(traceRow),
    told: 'Completions to imitate: `prompt` and `completion` as conversations.',
    counts: countTable(
      ['kind', 'task', 'level', 'language'],
      traces.map(({ kind, task, level, language }) => [kind, task, level, language]),
    ),
  });

/** Writes preferences as a data set with its datasheet; of ties it says how many were left out. */
export function handPreferences(
  target: string,
  name: string,
  preferences: readonly Preference[],
): Promise<void> {
  const decided = preferences.filter(({ label }) => label !== 0.5);
  return handRows(target, name, {
    rows: decided.map(preferenceRow),
    told: `Pairs of answers: \`prompt\`, \`chosen\` and \`rejected\` as conversations. ${preferences.length - decided.length} ties were left out.`,
    counts: countTable(
      ['task', 'language', 'by'],
      decided.map(({ task, language, by }) => [task, language, by]),
    ),
  });
}

interface Handed {
  readonly rows: readonly Row[];
  readonly told: string;
  readonly counts: string;
}

const handRows = (target: string, name: string, { rows, told, counts }: Handed): Promise<void> =>
  newFolder(target, async (unfinished) => {
    await writeTable(path.join(unfinished, 'train'), rows);
    const page = `# ${name}\n\nMade by the R1 workbook. ${told} JSON Lines and parquet hold the same rows.\n\n${counts}\n\n${hashTable(unfinished)}\n`;
    writeFileAtomic(path.join(unfinished, 'README.md'), page);
  });
