/** Measures a piece of work here and, in turn with it, elsewhere. */
import type { Measurement } from './torch';

/**
 * One comparison. `ours` and `other` are the median tokens per second of this project and of what it is compared with;
 * the rates hold every repetition.
 */
export interface BenchRow {
  readonly work: string;
  readonly size: string;
  readonly weights: number;
  readonly ours: number;
  readonly other: number | null;
  readonly otherName: string;
  /** the median of the ratios of each round, in which both sides were measured one after the other */
  readonly ratio: number | null;
  readonly unit: 'tokens/s';
  readonly ourRates: readonly number[];
  readonly otherRates: readonly number[];
  readonly ratios: readonly number[];
}

/** A piece of work done once, here or in PyTorch. */
export type Work = () => Measurement | Promise<Measurement>;

const rate = ({ tokens, seconds }: Measurement): number => tokens / seconds;
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Waits before a measurement, because the threads of the other side go on spinning for a while after their work. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

/** Measures both sides in turn, so that a drift of the machine's speed meets both. The first round is not counted. */
export async function compare(
  about: Pick<BenchRow, 'work' | 'size' | 'weights' | 'otherName'>,
  repeats: number,
  ours: Work,
  other: Work | null,
): Promise<BenchRow> {
  const [ourRates, otherRates]: [number[], number[]] = [[], []];
  for (let i = 0; i <= repeats; i++) {
    await pause();
    const mine = rate(await ours());
    if (other) await pause();
    const theirs = other && rate(await other());
    if (i === 0) continue;
    ourRates.push(Math.round(mine));
    if (theirs !== null) otherRates.push(Math.round(theirs));
  }
  process.stderr.write('.');
  const own = median(ourRates);
  const rival = other ? median(otherRates) : null;
  const ratios = otherRates.map((theirs, i) => Math.round((100 * ourRates[i]!) / theirs) / 100);
  const ratio = other ? median(ratios) : null;
  const rates = { ourRates, otherRates, ratios };
  return { ...about, ours: own, other: rival, ratio, unit: 'tokens/s', ...rates };
}

/** One row of the bench: what is measured here, and what in PyTorch. */
export interface Comparison {
  readonly work: string;
  readonly otherName: string;
  readonly ours: Work;
  readonly other: Work | null;
}
