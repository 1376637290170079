/** Writes what the bench measured to `data/bench`, and draws pictures of it. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { csvLine, parseCsv, type Cell, type Row } from '../core/csv';
import { writeFileAtomic } from '../core/files';
import { whole } from '../core/format';
import type { EngineReport } from '../engine/tensorflow';
import { modelSizes, type ModelSize } from '../model/config';
import { memoryCurve } from '../plots/memoryCurve';
import { renderPng } from '../plots/render';
import { scalingChart } from '../plots/scalingChart';
import { distinct, type Chart } from '../plots/theme';
import { recorded } from '../stages/places';
import { textTable } from '../reports/table';
import { isKeptToAvx2, usedFeatures } from './machine';
import type { ScalingRow } from './scaling';
import type { BenchRow } from './compare';
import type { LanguageReport } from './languageModel';
import type { OpRow } from './opProfile';
import type { StepProfile } from './speed';

/** Everything that one call of the bench measured. */
export interface SpeedReport {
  readonly machine: EngineReport;
  readonly matMulGflops: number;
  /** of PyTorch, where it is asked */
  readonly otherGflops?: number;
  readonly rows: readonly BenchRow[];
  readonly steps: Record<string, StepProfile>;
}

const benchFile = (name: string): string => path.join(recorded, 'bench', name);

function writeTable(name: string, rows: readonly Row[]): void {
  writeFileAtomic(benchFile(name), tableText(rows));
}

/** Returns rows as CSV. A column that some rows do not have, such as one that is newer than they are, is empty there. */
export function tableText(rows: readonly Row[]): string {
  const columns = [...new Set([...rows].reverse().flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) => csvLine(columns, row));
  return columns.join(',') + '\n' + lines.join('');
}

async function draw(name: string, chart: Chart): Promise<void> {
  writeFileAtomic(path.join(recorded, 'figures', name), await renderPng(chart));
}

/** Returns these rows and those of other sizes that the table already holds, small models first. */
function withOthers(name: string, rows: readonly Row[]): Row[] {
  const file = benchFile(name);
  const before = fs.existsSync(file) ? parseCsv(fs.readFileSync(file, 'utf8')) : [];
  const sizes = rows.map(({ size }) => size);
  const all = [...before.filter(({ size }) => !sizes.includes(size)), ...rows];
  const place = ({ size }: Row): number => modelSizes.indexOf(size as ModelSize);
  return all.sort((a, b) => place(a) - place(b));
}

/** Writes the rows of a table of rates. Rows of the same sizes are replaced, those of other sizes stay. */
function recordRates(name: string, { machine, rows }: Pick<SpeedReport, 'machine' | 'rows'>): void {
  const { cpu, threads, tensorflow } = machine;
  const features = usedFeatures();
  const date = new Date().toISOString().slice(0, 10);
  const ends = (rates: readonly number[]): [number | null, number | null] =>
    rates.length > 0 ? [Math.min(...rates), Math.max(...rates)] : [null, null];
  const table = rows.map(({ ourRates, otherRates, ratios, ratio, unit, ...row }) => {
    const [[least, most], [otherLeast, otherMost]] = [ends(ourRates), ends(otherRates)];
    const [ratioLeast, ratioMost] = ends(ratios);
    const spread = {
      ratioLeast,
      ratioMost,
      least,
      most,
      otherLeast,
      otherMost,
      n: ourRates.length,
    };
    return { ...row, ratio, unit, ...spread, date, cpu, features, threads, tensorflow };
  });
  writeTable(name, withOthers(name, table));
}

/** Writes `speed.csv` and `step.csv`, or `speedAvx2.csv` where nothing wider was used. */
export function recordSpeed(report: SpeedReport): void {
  if (isKeptToAvx2()) return recordRates('speedAvx2.csv', report);
  recordRates('speed.csv', report);
  const steps = Object.entries(report.steps).map(([size, { parts, padding, tensorIds }]) => ({
    size,
    ...parts,
    padding,
    tensorIds,
  }));
  writeTable('step.csv', withOthers('step.csv', steps));
}

/** Writes `ops.csv`. */
export function recordOps(rows: readonly OpRow[]): void {
  writeTable(
    'ops.csv',
    rows.map((row) => ({ ...row })),
  );
}

/** Writes `language.csv` and `languageMemory.csv`. */
export function recordLanguage(machine: EngineReport, report: LanguageReport): void {
  const { rows, peakMiB, estimateMiB } = report;
  recordRates('language.csv', { machine, rows });
  const { size, weights } = rows[0]!;
  const memory = [{ size, weights, peakMiB, estimateMiB }];
  writeTable('languageMemory.csv', withOthers('languageMemory.csv', memory));
}

/**
 * Returns a table of rates as lines of text: our rate, the other's rate, and their ratio. The lines above it say on what
 * machine and when; sizes that were measured at another time have a line of their own.
 */
export function speedTable(
  name: 'speed.csv' | 'speedAvx2.csv' | 'language.csv' = 'speed.csv',
): string {
  const rows = parseCsv(fs.readFileSync(benchFile(name), 'utf8'));
  const lines = rows
    .filter(({ other }) => other !== null)
    .map(({ size, work, ours, otherName, other, ratio, ratioLeast, ratioMost }) =>
      [size!, work!, ours!, other!, otherName!, ratioText(ratio, ratioLeast, ratioMost)].map(
        String,
      ),
    );
  const head = ['size', 'work', 'tokens/s', 'theirs', 'of', 'ratio'];
  const sources = distinct(rows.map(sourceOf)).map((source) => {
    const sizes = distinct(rows.filter((row) => sourceOf(row) === source).map(({ size }) => size));
    return `${sizes.join(', ')}: ${source}`;
  });
  return [...sources, textTable(head, lines, 2)].join('\n');
}

/** Where and when a row was measured. */
const sourceOf = ({ cpu, features, threads, n, date }: Row): string =>
  [cpu, features, `${threads} threads`, `median of ${n}`, date].filter(Boolean).join(', ');

/** A ratio with its least and most, where they are known: 1.21 [1.10, 1.32]. */
export function ratioText(ratio: Cell | undefined, least?: Cell, most?: Cell): string {
  const two = (value: Cell | undefined): string => Number(value).toFixed(2);
  if (ratio === undefined || ratio === null) return '';
  const isKnown = least !== undefined && least !== null;
  return isKnown ? `${two(ratio)} [${two(least)}, ${two(most)}]` : two(ratio);
}

/** Writes `scaling.csv` and draws its picture. */
export async function recordScaling(rows: readonly ScalingRow[]): Promise<void> {
  writeTable(
    'scaling.csv',
    rows.map((row) => ({ ...row })),
  );
  const points = rows.flatMap((row) => [
    {
      part: 'sampling',
      weights: row.weights,
      microseconds: (1e6 * row.secondsSampling) / row.tokens,
    },
    {
      part: 'updates',
      weights: row.weights,
      microseconds: (1e6 * row.secondsUpdates) / row.tokens,
    },
  ]);
  const heading = {
    title: 'What a token costs, by the size of the model',
    subtitle: `a GRPO step of 512 completions of at most 60 tokens, random weights, ${os.availableParallelism()} cores; dashed: in proportion to the weights`,
  };
  await draw('scaling.png', scalingChart(heading, points));
}

/** Writes `memory.csv` and draws its picture. */
export async function recordMemory(rows: readonly Row[]): Promise<void> {
  writeTable('memory.csv', rows);
  const longest = (work: Cell | undefined): string => {
    const counts = rows.filter((row) => row.work === work).map(({ count }) => Number(count));
    return `${whole(Math.max(...counts))} ${work}`;
  };
  const heading = {
    title: `Memory over ${distinct(rows.map(({ work }) => work))
      .map(longest)
      .join(' and ')}`,
    subtitle: 'the small model; resident memory of the main process',
  };
  await draw('memory.png', memoryCurve(heading, rows));
}
