/** One task on all its levels: what several arms reach on each, from where they start. */
import type { Row } from '../core/csv';
import { share } from '../core/format';
import { mean } from '../core/statistics';
import { seedInterval } from '../evaluation/metrics';
import { readEvaluations, readRunInfo } from '../runs/run';
import type { Place } from '../stages/places';
import type { PlanEntry } from '../tasks/plan';
import type { Arms } from './arms';
import { armFolders } from './finishedSeeds';
import { textTable } from './table';

/** What the runs of one arm measured: pass@1 by level, a map for each seed. */
interface Measured {
  readonly arm: string;
  readonly seeds: readonly ReadonlyMap<number, number>[];
}

/**
 * Returns a table as text: a line for each level, the mean over the levels that were trained on, and that over the others.
 * Its columns are the start, as the first arm measured it before its first step, and the arms at their end. pass@1 is the
 * mean over the seeds; the means over levels have Student's 95 % interval over the seeds where there are several. Arms
 * without a finished run are left out. `nameOf` names a level.
 */
export function levelTable(
  place: Place,
  size: string,
  arms: Arms,
  nameOf: (level: number) => string,
): string {
  const found = armFolders(place, size, arms);
  const [first] = found;
  if (!first) return 'nothing is recorded';
  const all = found.map(({ arm, folders }): Measured => ({ arm, seeds: folders.map((f) => byLevel(f, -1)) })); // prettier-ignore
  const columns = [{ arm: 'start', seeds: first.folders.map((f) => byLevel(f, 0)) }, ...all];
  const { plan = [] } = readRunInfo(first.folders[0]!)!.config as { plan?: readonly PlanEntry[] };
  const levels = [...columns[0]!.seeds[0]!.keys()];
  const trained = levels.filter((level) => plan.some((entry) => entry.level === level));
  const others = levels.filter((level) => !trained.includes(level));
  const line = (level: number): string[] => [
    nameOf(level),
    others.includes(level) ? 'never trained on' : '',
    ...columns.map(({ seeds }) => share(mean(seeds.map((seed) => seed.get(level)!)))),
  ];
  const meanLine = (name: string, of: readonly number[]): string[][] =>
    of.length < 2 ? [] : [[name, '', ...columns.map(({ seeds }) => overLevels(seeds, of))]];
  const head = ['pass@1', '', ...columns.map(({ arm, seeds }) => `${arm} (${seeds.length})`)];
  const rows = [...levels.map(line), ...meanLine('mean of the trained', trained), ...meanLine('mean of the others', others)]; // prettier-ignore
  return textTable(head, rows, 2);
}

/** The pass@1 of each level at the first or the last evaluation of a run. */
function byLevel(folder: string, which: 0 | -1): Map<number, number> {
  const rows = readEvaluations(folder);
  const step = (row: Row): number => Number(row.step);
  const steps = rows.map(step);
  const at = which === 0 ? Math.min(...steps) : Math.max(...steps);
  return new Map(rows.filter((row) => step(row) === at).map((row) => [Number(row.level), Number(row.passAt1)])); // prettier-ignore
}

function overLevels(seeds: Measured['seeds'], levels: readonly number[]): string {
  const means = seeds.map((seed) => mean(levels.map((level) => seed.get(level)!)));
  if (means.length < 2) return share(means[0]!);
  const { mean: middle, interval } = seedInterval(means);
  return `${share(middle)} [${interval.map(share).join(', ')}]`;
}
