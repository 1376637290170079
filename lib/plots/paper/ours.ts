/** Helpers that turn recorded runs into what the figures show. */
import type { Row } from '../../core/csv';
import { thousands } from '../../core/format';
import { mean } from '../../core/statistics';
import type { Evaluation } from '../../evaluation/score';
import { setName } from '../../evaluation/setName';
import type { FinishedRun } from '../../runs/finishedRun';
import { seedInterval, type Interval } from '../../evaluation/metrics';
import { curveOf } from '../fromRun';
import type { Bar } from './bars';
import type { CurvePoint } from './curvePanel';

/** A finished run with everything that it recorded. */
export interface RecordedRun extends FinishedRun {
  /** the number of weights of its model */
  readonly weights: number;
}

/** Describes the model of some runs: `88 thousand weights, mean of 3 seeds`. */
export function modelOf(runs: readonly RecordedRun[]): string {
  const seeds = runs.length > 1 ? `mean of ${runs.length} seeds` : 'one seed';
  return `${thousands(runs[0]!.weights)} weights, ${seeds}`;
}

/** Returns the source of the numbers of these runs, which are the seeds of one stage. */
export function sourceOf(runs: readonly RecordedRun[]): string {
  const { name } = runs[0]!;
  return `${runs.length > 1 ? name.replace(/-s\d+$/, '') : name}, ${modelOf(runs)}`;
}

/** Returns the rows of a run whose columns are the means over these runs, step by step. */
export function meanRows(runs: readonly (readonly Row[])[]): Row[] {
  return runs[0]!.map((row, i) => {
    const same = runs.map((rows) => rows[i]!);
    const means = Object.keys(row).map((key) => {
      const values = same
        .map((other) => other[key])
        .filter((v): v is number => typeof v === 'number');
      return [key, values.length === same.length ? mean(values) : row[key]];
    });
    return Object.fromEntries(means) as Row;
  });
}

/** Returns a column of `metrics.csv` over the steps as a curve; each point is the mean of five steps. */
export const metricCurve = (rows: readonly Row[], key: string, series: string): CurvePoint[] =>
  curveOf(rows, key, series).map(({ step, value }) => ({ series, x: step, value }));

/** A value for each of two sizes of the model. */
export interface InBothSizes<T> {
  readonly base: T;
  readonly small: T;
}

/** The runs of all seeds, by the name of what they stand for: a stage, or a change to one. */
export type Arms = Readonly<Record<string, readonly RecordedRun[]>>;

/** Returns the mean over seeds with Student's interval. A single seed gets `ofOne`, the interval over its problems. */
export function overSeeds(
  values: readonly number[],
  ofOne: Interval,
): { value: number; low: number; high: number } {
  const { mean: value, interval } =
    values.length > 1 ? seedInterval(values) : { mean: values[0]!, interval: ofOne };
  return { value, low: Math.max(0, interval[0]), high: Math.min(1, interval[1]) };
}

export type Accuracy = Pick<Evaluation, 'task' | 'level' | 'passAt1' | 'passAt1Interval'>;

/** Returns the evaluations at the end of a run. */
export const closingOf = ({ info }: RecordedRun): readonly Evaluation[] =>
  (info.result?.evaluations ?? []) as Evaluation[];

/** Returns the evaluations before the first step, which are those of the model that the run started from. */
export const openingOf = ({ evaluations }: RecordedRun): readonly Accuracy[] =>
  evaluations
    .filter(({ step }) => step === 0)
    .map((row) => ({
      task: row.task as Evaluation['task'],
      level: Number(row.level),
      passAt1: Number(row.passAt1),
      passAt1Interval: [Number(row['passAt1/low']), Number(row['passAt1/high'])],
    }));

/** Returns a bar with the pass@1 of an arm for each set of problems. */
export function accuracyBars(series: string, seeds: readonly (readonly Accuracy[])[]): Bar[] {
  return seeds[0]!.map((like) => {
    const category = setName(like);
    const same = seeds.map((own) => own.find((e) => setName(e) === category)!);
    const values = same.map(({ passAt1 }) => passAt1);
    return { category, series, ...overSeeds(values, like.passAt1Interval) };
  });
}

/** Returns the pass@1 at the end of the runs, with a category for each set of problems and a bar for each arm. */
export const armBars = (arms: Arms): Bar[] =>
  Object.entries(arms).flatMap(([arm, runs]) => accuracyBars(arm, runs.map(closingOf)));

/** Returns the pass@1 at the end of the runs, with a category for each arm and a mark for each set of problems. */
export const setsByArm = (arms: Arms): Bar[] =>
  armBars(arms).map((bar) => ({ ...bar, category: bar.series, series: bar.category }));
