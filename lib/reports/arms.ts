/** Stages beside each other, each over the seeds that it was run with. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { seedInterval, type Estimate } from '../evaluation/metrics';
import type { Evaluation } from '../evaluation/score';
import { setName } from '../evaluation/setName';
import type { ComparisonRow } from '../plots/comparison';
import { readRunInfo } from '../runs/run';
import { runFolder, type Place } from '../stages/places';
import { share } from '../core/format';
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

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, v) => sum + v, 0) / values.length;

/** What the finished runs of these stages measured in the end; stages without a run are left out. */
export function armLines(place: Place, size: string, arms: Arms): ArmLine[] {
  const names = fs.readdirSync(path.join(place, 'runs')).sort();
  return Object.entries(arms).flatMap(([arm, stage]) => {
    const runs = names
      .filter((name) => name.replace(/-s\d+$/, '') === `${size}-${stage}`)
      .map((name) => readRunInfo(runFolder(place, name)))
      .flatMap((info) => (info?.finished ? [info] : []));
    const measured = runs.map((info) => (info.result?.evaluations ?? []) as Evaluation[]);
    const cost = {
      seconds: meanOf(runs.map((info) => info.seconds)),
      tokens: meanOf(runs.map((info) => info.tokens)),
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

/** For a chart. */
export function armRows(lines: readonly ArmLine[]): ComparisonRow[] {
  return lines.map(({ arm, task, accuracy }) => {
    const [low, high] = accuracy.interval;
    const value = accuracy.mean;
    return { arm, task, value, low: Math.max(0, low), high: Math.min(1, high) };
  });
}

/** As text: means over the seeds; the accuracy with its interval and every seed. */
export function armTable(lines: readonly ArmLine[]): string {
  const rows = lines.map(({ arm, task, evaluations, accuracy, seconds, tokens }, i) => {
    const isFirst = lines[i - 1]?.arm !== arm;
    const mean = (value: (e: Evaluation) => number | null): number | null => {
      const values = evaluations.map(value).filter((v): v is number => v !== null);
      return values.length > 0 ? meanOf(values) : null;
    };
    return [
      isFirst ? arm : '',
      task,
      `${share(accuracy.mean)} [${accuracy.interval.map(share).join(', ')}]`,
      evaluations.length > 1 ? evaluations.map((e) => share(e.passAt1)).join(' ') : '',
      share(mean((e) => e.passAtK)),
      meanOf(evaluations.map((e) => e.meanLength)).toFixed(0),
      meanOf(evaluations.map((e) => e.waits)).toFixed(2),
      share(mean((e) => e.formatRate)),
      share(mean((e) => e.languageConsistency)),
      share(mean((e) => e.traceArithmetic)),
      share(mean((e) => e.repeatRate)),
      `${evaluations.length} x ${evaluations[0]!.n}`,
      isFirst ? seconds.toFixed(0) : '',
      isFirst ? `${(tokens / 1e6).toFixed(1)}M` : '',
    ];
  });
  const head = ['', 'task', 'pass@1', 'each seed', 'pass@8', 'length', 'waits', 'format'];
  const more = ['language', 'arithmetic', 'repeats', 'seeds x n', 'seconds', 'tokens'];
  return textTable([...head, ...more], rows, 2);
}
