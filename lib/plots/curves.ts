/** Curves with bands over anything but steps: a line for each series, a column for each panel. */
import { bands } from './bands';
import {
  colorScale,
  distinct,
  inlineTable,
  lineLegend,
  plotWidth,
  styled,
  type Chart,
  type Heading,
} from './theme';

export interface CurvesPoint {
  series: string;
  /** where there are several, each has the same axes */
  panel?: string;
  x: number;
  y: number;
  /** ends of the 95 % interval */
  low?: number;
  high?: number;
}

export interface CurvesAxis {
  title: string;
  /** d3's notation for the numbers */
  format?: string;
  domain?: readonly [number, number];
  /** base of a logarithmic scale */
  log?: number;
  /** a tick for each value that occurs, instead of round numbers */
  ticksAtValues?: boolean;
}

const gap = 36;

/** The points in their order along x; `y` starts at zero unless its domain says otherwise. */
export function curves(
  heading: Heading,
  axes: { readonly x: CurvesAxis; readonly y: CurvesAxis },
  points: readonly CurvesPoint[],
): Chart {
  const series = distinct(points.map((point) => point.series));
  const panels = distinct(points.map((point) => point.panel ?? ''));
  const y = (field: string): object => quantitative(field, axes.y, points, 'y');
  const curve = {
    mark: { type: 'line', point: { size: 40 } },
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
      color: { field: 'series', type: 'nominal', scale: colorScale(series), legend: lineLegend },
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
  { title, format, domain, log, ticksAtValues }: CurvesAxis,
  points: readonly CurvesPoint[],
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

/** The two ends of every curve. */
function describe(
  panel: string,
  points: readonly CurvesPoint[],
  { y }: { readonly y: CurvesAxis },
): string {
  const here = points.filter((point) => (point.panel ?? '') === panel);
  const write = (value: number): string =>
    y.format?.endsWith('%') ? `${Math.round(value * 100)}%` : String(Number(value.toPrecision(3)));
  const lines = distinct(here.map((point) => point.series)).map((name) => {
    const own = here.filter((point) => point.series === name);
    const [first, last] = [own[0]!, own.at(-1)!];
    return `${name} ${write(first.y)} at ${first.x}, ${write(last.y)} at ${last.x}`;
  });
  return `${panel ? `${panel}: ` : ''}${lines.join('; ')}.`;
}
