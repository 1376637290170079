import type { InspectionRecord } from '../runs/run';
import { inlineTable, ink, paperColor, plotWidth, styled, type Chart, type Heading } from './theme';

/** The inspected completions of a run: for each problem, a group of completions at each step. */
export interface InspectedGroups {
  readonly steps: readonly number[];
  readonly problems: readonly {
    readonly about: string;
    readonly groups: readonly (readonly Pick<InspectionRecord, 'reward' | 'correct'>[])[];
  }[];
}

/**
 * Draws the reward of each completion as a cell: the steps go from left to right, the samples of a group from top to
 * bottom.
 */
export function rewardMap(heading: Heading, { steps, problems }: InspectedGroups): Chart {
  const rows = problems.flatMap(({ about, groups }, p) =>
    groups.flatMap((group, s) =>
      group.map(({ reward, correct }, i) => ({
        problem: `${p + 1}: ${about}`,
        step: steps[s]!,
        sample: i + 1,
        reward: reward.total!,
        answer: correct ? 'right' : 'wrong',
      })),
    ),
  );
  const parse = { step: 'number', sample: 'number', reward: 'number' };
  const axis = { labelAngle: 0, labelOverlap: true };
  const color = {
    field: 'reward',
    type: 'quantitative',
    scale: { range: [ink.light, ink.blue] },
    legend: { type: 'gradient', gradientLength: 120, title: 'reward', titleColor: ink.strong },
  };
  const rightAt = (s: number): string => {
    const all = problems.flatMap(({ groups }) => groups[s]!);
    return `${all.filter(({ correct }) => correct).length} of ${all.length} at step ${steps[s]}`;
  };
  return {
    spec: styled(heading, {
      data: { ...inlineTable(rows), format: { type: 'csv', parse } },
      facet: { field: 'problem', type: 'nominal' },
      columns: 2,
      spec: {
        width: (plotWidth - 56) / 2,
        height: 150,
        mark: { type: 'rect', stroke: paperColor, strokeWidth: 0.5 },
        encoding: {
          x: { field: 'step', type: 'ordinal', axis },
          y: { field: 'sample', type: 'ordinal', axis },
          color,
          tooltip: ['step', 'sample', 'reward', 'answer'].map((field) => ({ field, type: 'nominal' })), // prettier-ignore
        },
      },
    }),
    alt: `${heading.title}. Right answers: ${rightAt(0)}, ${rightAt(steps.length - 1)}.`,
  };
}
