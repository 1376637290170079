import { verify, type Problem, type Verdict } from '../tasks/index';
import { diagnose, languageConsistency, type TraceDiagnosis } from '../tasks/diagnose';
import { splitTokens } from '../tokenizer/tokenizer';
import type { Language } from '../tokenizer/vocabulary';
import {
  consAtK,
  meanInterval,
  passAtK,
  shareInterval,
  type Estimate,
  type Interval,
} from './metrics';

/** The measured quantities. A share is null where it has nothing to count, such as verdicts in traces without any. */
export interface Measures {
  readonly passAt1: number;
  /** k is the number of samples */
  readonly passAtK: number;
  readonly consAtK: number;
  /** completion tokens, the end token included */
  readonly meanLength: number;
  /** `wait`s in a completion */
  readonly waits: number;
  readonly formatRate: number;
  readonly stopRate: number;
  /** mean over completions; 1 for one without words */
  readonly languageConsistency: number;
  readonly traceArithmetic: number | null;
  readonly legality: number | null;
  readonly verdictAccuracy: number | null;
  readonly repeatRate: number | null;
  readonly waitAfterNo: number | null;
  /** lookup tables among all completions */
  readonly lookupTableRate: number;
}

export interface Evaluation extends Measures {
  readonly task: string;
  /** 0 when the problems are of several levels */
  readonly level: number;
  /** where all problems were asked in one */
  readonly language?: Language;
  /** problems */
  readonly n: number;
  /** completions of each problem */
  readonly samples: number;
  readonly passAt1Interval: Interval;
  readonly modeShares: { readonly direct: number; readonly short: number; readonly search: number };
  /** 95 % intervals of every measure, over problems */
  readonly intervals: Readonly<Record<keyof Measures, Interval | null>>;
}

/** One completion with everything that is known about it. */
interface Judged {
  readonly verdict: Verdict;
  readonly diagnosis: TraceDiagnosis;
  readonly length: number;
  readonly language: number;
}

/**
 * Scores the completions of some problems of one task: `completions[i]` are those of `problems[i]`, asked in
 * `languages[i]`, equally many for each problem and at least one. `lengths` are their tokens; without them words count.
 */
export function score(
  problems: readonly Problem[],
  completions: readonly (readonly string[])[],
  languages: readonly Language[],
  lengths?: readonly (readonly number[])[],
): Evaluation {
  const judged = problems.map((problem, i) =>
    completions[i]!.map((completion, s): Judged => ({
      verdict: verify(problem, completion),
      diagnosis: diagnose(problem, completion),
      length: lengths?.[i]![s] ?? splitTokens(completion).length,
      language: languageConsistency(completion, languages[i]!),
    })),
  );
  const samples = judged[0]!.length;
  const estimates = estimate(judged, samples);
  const measures = mapValues(estimates, (e) => e?.mean ?? null) as unknown as Measures;
  const modeShare = (mode: string): number =>
    shareOf(judged, ({ diagnosis }) => diagnosis.mode === mode).mean;
  const { task, level } = problems[0]!;
  return {
    task,
    level: problems.every((problem) => problem.level === level) ? level : 0,
    n: problems.length,
    samples,
    ...measures,
    passAt1Interval: estimates.passAt1.interval,
    modeShares: {
      direct: modeShare('direct'),
      short: modeShare('short'),
      search: modeShare('search'),
    },
    intervals: mapValues(estimates, (e) => e?.interval ?? null),
  };
}

type Estimates = {
  readonly [K in keyof Measures]: null extends Measures[K] ? Estimate | null : Estimate;
};

function estimate(judged: readonly (readonly Judged[])[], samples: number): Estimates {
  const traceShare = (key: 'arithmetic' | 'legality' | 'verdict' | 'repeats' | 'waitAfterNo') =>
    shareInterval(
      judged.map((group) => ({
        hits: sum(group, ({ diagnosis }) => diagnosis[key].hits),
        total: sum(group, ({ diagnosis }) => diagnosis[key].total),
      })),
    );
  const perProblem = (value: (group: readonly Judged[]) => number): Estimate =>
    shareInterval(judged.map((group) => ({ hits: value(group), total: 1 })))!;
  const perCompletion = (value: (one: Judged) => number): Estimate =>
    meanInterval(judged.map((group) => sum(group, value) / samples));
  return {
    passAt1: shareOf(judged, ({ verdict }) => verdict.correct),
    passAtK: perProblem((group) => passAtK(samples, rightOnes(group), samples)),
    consAtK: perProblem(majorityIsRight),
    meanLength: perCompletion(({ length }) => length),
    waits: perCompletion(({ diagnosis }) => diagnosis.waits),
    formatRate: shareOf(judged, ({ verdict }) => verdict.format),
    stopRate: shareOf(judged, ({ verdict }) => verdict.finished),
    languageConsistency: shareInterval(
      judged.map((group) => ({ hits: sum(group, ({ language }) => language), total: samples })),
    )!,
    traceArithmetic: traceShare('arithmetic'),
    legality: traceShare('legality'),
    verdictAccuracy: traceShare('verdict'),
    repeatRate: traceShare('repeats'),
    waitAfterNo: traceShare('waitAfterNo'),
    lookupTableRate: shareOf(judged, ({ verdict }) => verdict.lookupTable),
  };
}

function rightOnes(group: readonly Judged[]): number {
  return group.filter(({ verdict }) => verdict.correct).length;
}

function majorityIsRight(group: readonly Judged[]): number {
  const winner = consAtK(group.map(({ verdict }) => verdict.canonicalAnswer));
  return winner >= 0 && group[winner]!.verdict.correct ? 1 : 0;
}

function shareOf(judged: readonly (readonly Judged[])[], is: (one: Judged) => boolean): Estimate {
  return shareInterval(
    judged.map((group) => ({ hits: group.filter(is).length, total: group.length })),
  )!;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function mapValues<K extends string, V, R>(
  record: Readonly<Record<K, V>>,
  map: (value: V) => R,
): Record<K, R> {
  const entries = Object.entries<V>(record).map(([key, value]) => [key, map(value)]);
  return Object.fromEntries(entries) as Record<K, R>;
}
