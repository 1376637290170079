/** Stages beside each other, each over the seeds that it was run with. */
import { mean } from '../core/statistics';
import { seedInterval, type Estimate } from '../evaluation/metrics';
import type { Evaluation } from '../evaluation/score';
import { setName } from '../evaluation/setName';
import type { ComparisonRow } from '../plots/comparison';
import { readRunInfo } from '../runs/run';
import { runFolder, stageName, type Place } from '../stages/places';
import { finishedSeeds } from './finishedSeeds';
import { millions, share } from '../core/format';
import { textTable } from './table';

/** Names for the reader, and the stages they stand for: `{ 'R1-Zero': 'r1-zero' }`. */
export type Arms = Readonly<Record<string, string>>;

/** The last evaluation of one task in every finished run of one arm. */
export interface ArmLine {
  readonly arm: string;
  readonly task: string;
  /** one for each seed */
  readonly evaluations: readonly Evaluation[];
  /** over the seeds, with Student's interval; of a single seed, over the problems */
  readonly accuracy: Estimate;
  /** what the stage cost, mean of the seeds */
  readonly seconds: number;
  readonly tokens: number;
}

/** What the finished runs of these stages measured in the end; stages without a run are left out. */
export function armLines(place: Place, size: string, arms: Arms): ArmLine[] {
  return Object.entries(arms).flatMap(([arm, stage]) => {
    const runs = finishedSeeds(place, size, stage).map((seed) =>
      readRunInfo(runFolder(place, stageName(size, stage, seed)))!,
    );
    const measured = runs.map((info) => (info.result?.evaluations ?? []) as Evaluation[]);
    const cost = {
      seconds: mean(runs.map((info) => info.seconds)),
      tokens: mean(runs.map((info) => info.tokens)),
    };
    return (measured[0] ?? []).map((like): ArmLine => {
      const task = setName(like);
      const evaluations = measured.map((run) => run.find((e) => setName(e) === task)!);
      const values = evaluations.map((e) => e.passAt1);
      const [only] = evaluations;
      const accuracy =
        values.length > 1
          ? seedInterval(values)
          : { mean: values[0]!, interval: only!.passAt1Interval };
      return { arm, task, evaluations, accuracy, ...cost };
    });
  });
}

/** Returns the accuracies as rows of a chart. */
export function armRows(lines: readonly ArmLine[]): ComparisonRow[] {
  return lines.map(({ arm, task, accuracy }) => {
    const [low, high] = accuracy.interval;
    const value = accuracy.mean;
    return { arm, task, value, low: Math.max(0, low), high: Math.min(1, high) };
  });
}

/** Returns the lines as text: means over the seeds; the accuracy with its interval and that of every seed. */
export function armTable(lines: readonly ArmLine[]): string {
  const rows = lines.map(({ arm, task, evaluations, accuracy, seconds, tokens }, i) => {
    const isFirst = lines[i - 1]?.arm !== arm;
    const meanOf = (value: (e: Evaluation) => number | null): number | null => {
      const values = evaluations.map(value).filter((v): v is number => v !== null);
      return values.length > 0 ? mean(values) : null;
    };
    return [
      isFirst ? arm : '',
      task,
      `${share(accuracy.mean)} [${accuracy.interval.map(share).join(', ')}]`,
      evaluations.length > 1 ? evaluations.map((e) => share(e.passAt1)).join(' ') : '',
      share(meanOf((e) => e.passAtK)),
      mean(evaluations.map((e) => e.meanLength)).toFixed(0),
      mean(evaluations.map((e) => e.waits)).toFixed(2),
      share(meanOf((e) => e.formatRate)),
      share(meanOf((e) => e.languageConsistency)),
      share(meanOf((e) => e.traceArithmetic)),
      share(meanOf((e) => e.repeatRate)),
      `${evaluations.length} x ${evaluations[0]!.n}`,
      isFirst ? seconds.toFixed(0) : '',
      isFirst ? millions(tokens) : '',
    ];
  });
  const head = ['', 'task', 'pass@1', 'each seed', 'pass@8', 'length', 'waits', 'format'];
  const more = ['language', 'arithmetic', 'repeats', 'seeds x n', 'seconds', 'tokens'];
  return textTable([...head, ...more], rows, 2);
}
