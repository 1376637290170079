import { colorScale, distinct, inlineTable, ink, lineLegend } from '../theme';
import { legendOf } from './legend';
import type { Panel } from './frame';
import { written } from './written';

export interface CurvePoint {
  readonly series: string;
  readonly x: number;
  readonly value: number;
  /** ends of the band around the curve, where there is one */
  readonly low?: number | null;
  readonly high?: number | null;
}

/** A level to compare the curves with, and the end of the plot at which its name does not touch them. */
export interface Level {
  readonly label: string;
  readonly value: number;
  readonly at: 'left' | 'right';
}

export interface CurveOptions {
  readonly title: string;
  readonly source: string;
  /** name of the horizontal axis, `step` without another */
  readonly x?: string;
  /** how values are written, in d3's notation; whole numbers without it */
  readonly format?: string;
  /** ends of the vertical axis; without them it goes from zero to the highest value */
  readonly domain?: readonly [number, number];
  /** a scale without a meaningful zero: its axis fits the values */
  readonly isFitted?: boolean;
  /** a horizontal axis of powers of two */
  readonly isLog?: boolean;
  readonly levels?: readonly Level[];
}

/** Curves, with bands where there are any. */
export function curves(options: CurveOptions, points: readonly CurvePoint[]): Panel {
  const { title, source, x = 'step', format } = options;
  return {
    title,
    source,
    rows: points.map(({ series, x: at, value, low, high }) => ({
      series,
      [x]: at,
      value,
      ...(low !== undefined && { low, high: high ?? null }),
    })),
    words: describe(points, x, format),
    series: distinct(points.map((point) => point.series)),
    axisRoom: 44,
    draw: (room, axisRoom) => drawing(options, points, room, axisRoom),
  };
}

function drawing(
  options: CurveOptions,
  points: readonly CurvePoint[],
  room: number,
  axisRoom: number,
): object {
  const { x = 'step', format, domain, isFitted = false, isLog = false, levels = [] } = options;
  const series = distinct(points.map((point) => point.series));
  const scale = domain ? { domain } : { zero: !isFitted, nice: 4 };
  const y = (field: string): object => ({
    field,
    type: 'quantitative',
    title: null,
    scale,
    axis: { ...(format && { format }), tickCount: 4, minExtent: axisRoom, maxExtent: axisRoom },
  });
  const ks = distinct(points.map((point) => point.x));
  const horizontal = {
    field: 'x',
    type: 'quantitative',
    title: x,
    scale: isLog ? { type: 'log', base: 2, nice: false } : { zero: true, nice: false },
    axis: isLog ? { values: ks, format: 'd' } : { tickCount: 5 },
  };
  const band = {
    transform: [{ filter: 'isValid(datum.low)' }],
    mark: { type: 'area', opacity: 0.18 },
    encoding: { y: y('low'), y2: { field: 'high' } },
  };
  const curve = {
    mark: { type: 'line', point: ks.length < 12 && { size: 30 } },
    encoding: {
      y: y('value'),
      tooltip: [
        { field: 'series', type: 'nominal' },
        { field: 'x', type: 'quantitative', title: x },
        { field: 'value', type: 'quantitative', format: format ?? '.4~r' },
      ],
    },
  };
  const isBanded = points.some(({ low }) => low !== undefined && low !== null);
  return {
    width: room - axisRoom,
    height: 170,
    data: inlineTable(points),
    encoding: {
      x: horizontal,
      color: {
        field: 'series',
        type: 'nominal',
        scale: colorScale(series),
        legend: legendOf(series, room - axisRoom, lineLegend),
      },
    },
    layer: [...(isBanded ? [band] : []), ...levels.flatMap(levelMarks), curve],
  };
}

function levelMarks({ label, value, at }: Level): object[] {
  const data = { values: [{ label, value }] };
  const y = { field: 'value', type: 'quantitative' };
  const end = at === 'left' ? { value: 4 } : { value: 'width' };
  return [
    {
      data,
      mark: { type: 'rule', strokeDash: [4, 3], color: ink.line },
      encoding: { y, x: null, color: null },
    },
    {
      data,
      mark: {
        type: 'text',
        align: at,
        baseline: 'bottom',
        dy: -2,
        color: ink.normal,
        fontSize: 9,
      },
      encoding: { y, x: end, color: null, text: { field: 'label', type: 'nominal' } },
    },
  ];
}

function describe(points: readonly CurvePoint[], x: string, format?: string): string {
  const ends = distinct(points.map((point) => point.series)).map((series) => {
    const own = points.filter((point) => point.series === series);
    const [first, last] = [own[0]!, own.at(-1)!];
    return `${series} ${written(first.value, format)} at ${x} ${written(first.x)}, ${written(last.value, format)} at ${written(last.x)}`;
  });
  return `${ends.join('; ')}.`;
}
