/**
 * Lines over any quantity, with bands where there are intervals. `trainingCurves` draws small multiples over the steps.
 */
import { bands } from './bands';
import { lineColor } from './lineColor';
import { distinct, inlineTable, plotWidth, styled, type Chart, type Heading } from './theme';
import { written } from './written';

export interface LinePoint {
  series: string;
  /** the name of the plot in which the point stands; all plots have the same axes */
  panel?: string;
  x: number;
  y: number;
  /** ends of the 95 % interval */
  low?: number;
  high?: number;
}

export interface LineAxis {
  title: string;
  /** d3's notation for the numbers */
  format?: string;
  domain?: readonly [number, number];
  /** base of a logarithmic scale */
  log?: number;
  /** puts a tick at each value that occurs, instead of at round numbers */
  ticksAtValues?: boolean;
}

const gap = 36;

/** The most points of a line that has dots on it: those of more points would touch each other. */
const mostPoints = 20;

/**
 * Draws a line for each series, in a column for each panel. The vertical axis starts at zero unless its domain says
 * otherwise.
 */
export function lineChart(
  heading: Heading,
  axes: { readonly x: LineAxis; readonly y: LineAxis },
  points: readonly LinePoint[],
): Chart {
  const series = distinct(points.map((point) => point.series));
  const panels = distinct(points.map((point) => point.panel ?? ''));
  const xs = distinct(points.map((point) => point.x));
  const y = (field: string): object => quantitative(field, axes.y, points, 'y');
  const curve = {
    mark: { type: 'line', point: xs.length <= mostPoints && { size: 40 } },
    encoding: {
      y: y('y'),
      tooltip: [
        { field: 'series', type: 'nominal' },
        { field: 'x', type: 'quantitative', title: axes.x.title, format: axes.x.format },
        { field: 'y', type: 'quantitative', title: axes.y.title, format: axes.y.format },
      ],
    },
  };
  const plot = {
    width: Math.round((plotWidth - gap * (panels.length - 1)) / panels.length),
    height: 280,
    encoding: {
      x: quantitative('x', axes.x, points, 'x'),
      color: lineColor('series', series),
    },
    layer: [...bands(points, y), curve],
  };
  const facet = { column: { field: 'panel', type: 'nominal', sort: panels } };
  const drawing = panels.length > 1 ? { facet, spacing: gap, spec: plot } : plot;
  return {
    spec: styled(heading, { data: inlineTable(points), ...drawing }),
    alt: `${heading.title}. ${panels.map((panel) => describe(panel, points, axes)).join(' ')}`,
  };
}

function quantitative(
  field: string,
  { title, format, domain, log, ticksAtValues }: LineAxis,
  points: readonly LinePoint[],
  of: 'x' | 'y',
): object {
  const values = ticksAtValues ? distinct(points.map((p) => p[of])).sort((a, b) => a - b) : null;
  return {
    field,
    type: 'quantitative',
    title,
    axis: { ...(format && { format }), ...(values && { values }) },
    scale: {
      ...(log ? { type: 'log', base: log, nice: false } : { zero: of === 'y' }),
      ...(domain && { domain }),
    },
  };
}

/** Says where every line of a panel begins and where it ends. */
function describe(
  panel: string,
  points: readonly LinePoint[],
  { x, y }: { readonly x: LineAxis; readonly y: LineAxis },
): string {
  const here = points.filter((point) => (point.panel ?? '') === panel);
  const lines = distinct(here.map((point) => point.series)).map((name) => {
    const own = here.filter((point) => point.series === name);
    const [first, last] = [own[0]!, own.at(-1)!];
    return `${name} ${written(first.y, y.format)} at ${written(first.x, x.format)}, ${written(last.y, y.format)} at ${written(last.x, x.format)}`;
  });
  return `${panel ? `${panel}: ` : ''}${lines.join('; ')}.`;
}
