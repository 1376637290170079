/** One stage under several seeds: what it measured before and after, beside each other. */
import type { Row } from '../core/csv';
import { meanInterval, seedInterval } from '../evaluation/metrics';
import { setName } from '../evaluation/setName';
import { readEvaluations } from '../runs/run';
import { runFolder, stageName, type Place } from '../stages/places';
import { finishedSeeds } from './finishedSeeds';
import { share } from '../core/format';
import { textTable } from './table';

/** What one task measured at the first and the last evaluation of each seed's run. */
export interface SeedLine {
  readonly task: string;
  /** problems of each evaluation */
  readonly n: number;
  readonly first: readonly Row[];
  readonly last: readonly Row[];
}

/** Returns a line for each task that the finished runs of a stage measured; none where there are fewer than two seeds. */
export function seedLines(place: Place, size: string, stage: string): SeedLine[] {
  const seeds = finishedSeeds(place, size, stage);
  if (seeds.length < 2) return [];
  const runs = seeds.map((seed) => readEvaluations(runFolder(place, stageName(size, stage, seed))));
  const same = (a: Row, b: Row): boolean => a.task === b.task && a.level === b.level;
  return runs[0]!
    .filter(({ step }) => step === 0)
    .map((row) => ({
      task: setName(row),
      n: Number(row.n),
      first: runs.map((rows) => rows.find((r) => same(r, row))!),
      last: runs.map((rows) => rows.findLast((r) => same(r, row))!),
    }));
}

/** Returns the lines as text: pass@1 with its interval over seeds and every seed, then length and waits with their growth. */
export function seedTable(lines: readonly SeedLine[]): string {
  const values = (rows: readonly Row[], key: string): number[] => rows.map((r) => Number(r[key]));
  const rows = lines.map(({ task, n, first, last }) => {
    const growth = (key: string, digits: number): string => {
      const before = meanInterval(values(first, key)).mean;
      const after = meanInterval(values(last, key)).mean;
      return `${before.toFixed(digits)} -> ${after.toFixed(digits)} (x${(after / before).toFixed(1)})`;
    };
    const accuracy = values(last, 'passAt1');
    const { mean, interval } = seedInterval(accuracy);
    return [
      task,
      share(meanInterval(values(first, 'passAt1')).mean),
      `${share(mean)} [${interval.map(share).join(', ')}]`,
      accuracy.map(share).join(' '),
      growth('meanLength', 0),
      growth('waits', 2),
      `${last.length} x ${n}`,
    ];
  });
  const head = ['task', 'pass@1 before', 'after', 'each seed', 'length', 'waits', 'seeds x n'];
  return textTable(head, rows, 1);
}
