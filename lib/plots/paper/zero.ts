/** Figures of R1-Zero over its steps: accuracy, and accuracy by difficulty. */
import { percent } from '../../core/format';
import { setName } from '../../evaluation/setName';
import { distinct } from '../theme';
import { curvePanel, type CurvePoint, type Level } from './curvePanel';
import { beside, type PaperFigure } from './frame';
import { meanRows, overSeeds, sourceOf, type InBothSizes, type RecordedRun } from './ours';
import type { Published } from './published';
import { written } from '../written';

/** The runs of one figure, on both sizes. */
export type BothSizes = InBothSizes<readonly RecordedRun[]>;

const share = { format: '.0%', domain: [0, 1] } as const;

/** The hardest of our held-out sets, which is drawn beside AIME. */
const hardest = 'countdown 5';

/** Draws R1-Zero's accuracy over its steps beside DeepSeek-R1, v1 Figure 2 and v2 Figure 1a. */
export function accuracyFigure(
  published: Published<'fig_r1zero_aime_vs_step' | 'fig_r1zero_aime_reference_lines'>,
  { base, small }: BothSizes,
): PaperFigure {
  const points = published.fig_r1zero_aime_vs_step.flatMap((row): CurvePoint[] => [
    { series: 'pass@1', x: row.step, value: row.pass_at_1 },
    { series: 'cons@16', x: row.step, value: row.cons_at_16 },
  ]);
  const lines = published.fig_r1zero_aime_reference_lines;
  const levels = lines
    .filter(({ line }) => !line.startsWith('R1-Zero'))
    .map(({ line, value }): Level => ({
      label: line.replace(/ \(.*/, ''),
      value,
      at: value > 0.5 ? 'left' : 'right',
    }));
  const reported = lines.find(({ line }) => line.includes('v2/Nature'))!.value;
  const peak = Math.max(...points.filter((p) => p.series === 'pass@1').map((p) => p.value));
  const votes = Number(base[0]!.evaluations[0]!.samples);
  const ours = (runs: readonly RecordedRun[]) =>
    curvePanel(
      { title: `Ours: ${hardest}, held out`, source: sourceOf(runs), ...share },
      accuracyPoints(runs),
    );
  return beside(
    {
      title: 'R1-Zero gets better by trial and error alone',
      caption: `Right answers on held-out problems while R1-Zero trains, single (pass@1) and by majority vote (cons@16; ours cons@${votes}, its band the 95 % interval). What can be compared is the shape: a small model on arithmetic is not AIME. The paper reports ${written(reported, '%')} for the end; the highest point of its own curve is ${percent(peak, 1)}.`,
    },
    [
      curvePanel(
        {
          title: 'Published: AIME 2024',
          source: 'DeepSeek-R1, v1 Figure 2 = v2 Figure 1a, digitised',
          levels,
          ...share,
        },
        points,
      ),
    ],
    [ours(base)],
    [ours(small)],
  );
}

function accuracyPoints(runs: readonly RecordedRun[]): CurvePoint[] {
  const evaluations = runs.map((run) => run.evaluations.filter((row) => setName(row) === hardest));
  return evaluations[0]!.flatMap((row, i) =>
    ['passAt1', 'consAtK'].map((key): CurvePoint => {
      const series = key === 'passAt1' ? 'pass@1' : `cons@${row.samples}`;
      const values = evaluations.map((own) => Number(own[i]![key]));
      const interval = [Number(row[`${key}/low`]), Number(row[`${key}/high`])] as const;
      return { series, x: Number(row.step), ...overSeeds(values, interval) };
    }),
  );
}

/** Draws R1-Zero's accuracy by difficulty beside DeepSeek-R1, v2 Figure 8. */
export function levelsFigure(
  published: Published<'v2_fig08_math_by_level'>,
  { base, small }: BothSizes,
): PaperFigure {
  const levels = ['level1', 'level2', 'level3', 'level4', 'level5'] as const;
  const points = published.v2_fig08_math_by_level.flatMap((row) =>
    levels.map((level): CurvePoint => ({
      series: level.replace('level', 'level '),
      x: row.step,
      value: row[level],
    })),
  );
  const ours = (runs: readonly RecordedRun[]) => {
    const rows = meanRows(runs.map(({ evaluations }) => evaluations));
    const bySet = distinct(rows.map(setName)).flatMap((series) =>
      rows
        .filter((row) => setName(row) === series)
        .map((row): CurvePoint => ({ series, x: Number(row.step), value: Number(row.passAt1) })),
    );
    return curvePanel(
      { title: 'Ours: by set of problems', source: sourceOf(runs), ...share },
      bySet,
    );
  };
  return beside(
    {
      title: 'Accuracy by difficulty',
      caption:
        'pass@1 by difficulty while R1-Zero trains. The paper sorts one benchmark by its own levels; ours are different tasks: conversion of units as a control, countdown with three and with four numbers, and programs of two operations.',
    },
    [
      curvePanel(
        {
          title: 'Published: MATH-500 by level',
          source: 'DeepSeek-R1, v2 Figure 8, digitised',
          ...share,
        },
        points,
      ),
    ],
    [ours(base)],
    [ours(small)],
  );
}
