import { bands } from '../bands';
import { lineLegend } from '../lineColor';
import { colorScale, distinct, inlineTable, ink } from '../theme';
import { legendOf } from './legend';
import type { Panel } from './frame';
import { written } from '../written';

export interface CurvePoint {
  readonly series: string;
  readonly x: number;
  readonly value: number;
  /** the ends of the band around the curve, where it has one */
  readonly low?: number | null;
  readonly high?: number | null;
}

/** A level to compare the curves with, and the end of the plot at which its name does not touch them. */
export interface Level {
  readonly label: string;
  readonly value: number;
  readonly at: 'left' | 'right';
}

/** A step at which a setting changed. Its name stands at the foot of the plot, where the curves are not. */
export interface Turn {
  readonly label: string;
  readonly x: number;
}

export interface CurvePanelOptions {
  readonly title: string;
  readonly source: string;
  /** the name of the horizontal axis; the default is `step` */
  readonly x?: string;
  /** d3's notation for the values; the default is whole numbers */
  readonly format?: string;
  /** the ends of the vertical axis, which goes from zero to the highest value by default */
  readonly domain?: readonly [number, number];
  /** the vertical axis fits the values, because zero has no meaning on it */
  readonly isFitted?: boolean;
  /** the horizontal axis has powers of two */
  readonly isLog?: boolean;
  readonly levels?: readonly Level[];
  readonly turns?: readonly Turn[];
}

const height = 170;

/**
 * The room above the upper end of an axis as a share of its length. A point at the end then moves neither legend nor
 * title.
 */
const overhead = 0.02;

/** Returns a panel of curves, with bands where the points have intervals. */
export function curvePanel(options: CurvePanelOptions, points: readonly CurvePoint[]): Panel {
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
    series: severalIn(points),
    overhang: 5,
    axisRoom: 44,
    plot: (room, axisRoom) => drawing(options, points, room, axisRoom),
  };
}

/** Returns the names for the legend; a curve that is alone needs none. */
function severalIn(points: readonly CurvePoint[]): string[] {
  const series = distinct(points.map((point) => point.series));
  return series.length > 1 ? series : [];
}

function drawing(
  options: CurvePanelOptions,
  points: readonly CurvePoint[],
  room: number,
  axisRoom: number,
): object {
  const { x = 'step', format, domain, isFitted = false, isLog = false } = options;
  const { levels = [], turns = [] } = options;
  const series = distinct(points.map((point) => point.series));
  const several = severalIn(points);
  const scale = domain
    ? { domain: [domain[0], domain[1] + overhead * (domain[1] - domain[0])], nice: false }
    : { zero: !isFitted, nice: 4 };
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
  return {
    width: room - axisRoom,
    height,
    data: inlineTable(points),
    encoding: {
      x: horizontal,
      color: {
        field: 'series',
        type: 'nominal',
        scale: colorScale(series),
        legend: several.length > 0 ? legendOf(several, room - axisRoom, lineLegend) : null,
      },
    },
    layer: [...bands(points, y), ...levels.flatMap(levelMarks), ...turns.flatMap(turnMarks), curve],
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

function turnMarks({ label, x: at }: Turn): object[] {
  const data = { values: [{ label, at }] };
  const x = { field: 'at', type: 'quantitative' };
  return [
    {
      data,
      mark: { type: 'rule', strokeDash: [4, 3], color: ink.line },
      encoding: { x, color: null },
    },
    {
      data,
      mark: { type: 'text', align: 'right', dx: -4, color: ink.normal, fontSize: 9 },
      encoding: {
        x,
        y: { value: height - 8 },
        color: null,
        text: { field: 'label', type: 'nominal' },
      },
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
