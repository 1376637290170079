/** Test-time compute as text. */
import { setName } from '../evaluation/setName';
import type { RunInfo } from '../runs/run';
import { share } from '../core/format';
import { mean } from '../core/statistics';
import { textTable } from './table';
import { testTimeLines } from '../stages/testTime';

/** pass@k and cons@k of every model that these runs measured, at k = 1, 8 and the most; empty without any. */
export function testTimeTable(runs: readonly RunInfo[]): string {
  const lines = runs.flatMap((info) => testTimeLines(info));
  if (lines.length === 0) return '';
  const rows = lines.map((line) => {
    const { model, n, samples, votes, lengths } = line;
    const at = (k: number) => votes.find((point) => point.k === k) ?? votes.at(-1)!;
    const cell = (value: number, [low, high]: readonly [number, number]): string =>
      `${share(value)} [${share(low)}, ${share(high)}]`;
    const [one, eight, all] = [at(1), at(8), at(samples)];
    return [
      model,
      setName(line),
      cell(one.passAtK, one.passInterval),
      cell(eight.passAtK, eight.passInterval),
      cell(all.passAtK, all.passInterval),
      cell(eight.consAtK, eight.consInterval),
      cell(all.consAtK, all.consInterval),
      mean(lengths).toFixed(0),
      `${n} x ${samples}`,
    ];
  });
  const most = Math.max(...lines.map(({ samples }) => samples));
  const head = ['test time', 'task', 'pass@1', 'pass@8', `pass@${most}`, 'cons@8', `cons@${most}`, 'length', 'n']; // prettier-ignore
  return textTable(head, rows, 2);
}
