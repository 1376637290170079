import { whole } from '../core/format';
import { colorScale, distinct, inlineTable, ink, plotWidth, styled } from './theme';
import type { Chart, Heading } from './theme';
import { written } from './written';

export interface CostPoint {
  /** the part of a GRPO step that is measured */
  part: string;
  weights: number;
  microseconds: number;
}

/** Draws the time per token over the number of weights on logarithmic axes, with a line of slope 1 to compare with. */
export function scalingChart(heading: Heading, points: readonly CostPoint[]): Chart {
  const parts = distinct(points.map(({ part }) => part));
  const log = { type: 'quantitative', scale: { type: 'log', nice: true } };
  const x = {
    ...log,
    field: 'weights',
    title: 'weights',
    axis: { format: '~s', tickCount: 4, grid: true },
  };
  const y = {
    ...log,
    field: 'microseconds',
    title: 'microseconds a token',
    axis: { tickCount: 4, format: '~s' },
  };
  const color = { field: 'part', type: 'nominal', scale: colorScale(parts) };
  const largest = points.reduce((a, b) => (b.microseconds > a.microseconds ? b : a));
  const least = Math.min(...points.map(({ weights }) => weights));
  const inProportion = [least, largest.weights].map((weights) => ({
    weights,
    microseconds: (largest.microseconds * weights) / largest.weights,
  }));
  return {
    spec: styled(heading, {
      width: plotWidth,
      height: 280,
      layer: [
        {
          data: { values: inProportion },
          mark: { type: 'line', strokeDash: [4, 4], color: ink.line, strokeWidth: 1.5 },
          encoding: { x, y },
        },
        {
          data: inlineTable(points),
          mark: { type: 'line', point: true },
          encoding: { x, y, color },
        },
      ],
    }),
    alt: `${heading.title}. ${parts.map((part) => describe(part, points)).join(' ')}`,
  };
}

function describe(part: string, points: readonly CostPoint[]): string {
  const own = points.filter((point) => point.part === part);
  const [first, last] = [own[0]!, own.at(-1)!];
  const text = ({ weights, microseconds }: CostPoint): string =>
    `${written(microseconds)} microseconds at ${whole(weights)} weights`;
  return `${part}: ${text(first)}, ${text(last)}.`;
}
