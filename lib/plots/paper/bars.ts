import { colorScale, distinct, inlineTable, ink } from '../theme';
import type { Panel } from './frame';
import { legendOf } from './legend';
import { namesAxis, roomOf } from './names';
import { written } from '../written';

export interface Bar {
  /** the name at the left of the bar: a benchmark, a task, a model */
  readonly category: string;
  /** the name of the bar within its category */
  readonly series: string;
  readonly value: number;
  /** ends of the 95 % interval, where there is one */
  readonly low?: number;
  readonly high?: number;
}

export interface BarOptions {
  readonly title: string;
  readonly source: string;
  /** d3's notation for the values */
  readonly format?: string;
  /** the ends of the horizontal axis */
  readonly domain?: readonly [number, number];
}

/** Returns a panel with a bar for each series of a category, and the value at the end of the bar. */
export function bars(options: BarOptions, rows: readonly Bar[]): Panel {
  return categorical(options, rows, (format) => {
    const yOffset = { field: 'series', scale: { domain: distinct(rows.map((row) => row.series)) } };
    const label = {
      mark: { type: 'text', align: 'left', dx: 4, fontSize: 10, color: ink.strong },
      encoding: {
        x: { field: 'end', type: 'quantitative' },
        yOffset,
        color: null,
        text: { field: 'value', type: 'quantitative', format },
      },
    };
    return {
      height: { step: 12, for: 'offset' },
      transform: [{ calculate: 'isValid(datum.high) ? datum.high : datum.value', as: 'end' }],
      layer: [
        { mark: { type: 'bar', clip: true }, encoding: { yOffset } },
        ...interval(rows, { yOffset, color: { value: ink.strong } }),
        label,
      ],
    };
  });
}

/** Returns a panel with a line for each category, on which each series has a dot. */
export function dots(options: BarOptions, rows: readonly Bar[]): Panel {
  return categorical(options, rows, () => ({
    height: { step: 22 },
    layer: [...interval(rows, {}), { mark: { type: 'point', size: 55, opacity: 1 } }],
  }));
}

const interval = (rows: readonly Bar[], encoding: object): object[] =>
  rows.some(({ low }) => low !== undefined)
    ? [
        {
          transform: [{ filter: 'isValid(datum.low)' }],
          mark: { type: 'rule', strokeWidth: 1.5 },
          encoding: {
            x: { field: 'low', type: 'quantitative' },
            x2: { field: 'high' },
            ...encoding,
          },
        },
      ]
    : [];

/** The most pixels that the names of the categories may take. */
const longestName = 150;

function categorical(
  { title, source, format = ',', domain }: BarOptions,
  rows: readonly Bar[],
  marks: (format: string) => object,
): Panel {
  const categories = distinct(rows.map((row) => row.category));
  const series = distinct(rows.map((row) => row.series));
  return {
    title,
    source,
    rows: rows.map((row) => ({ ...row })),
    words: describe(rows, format),
    series: series.length > 1 ? series : [],
    axisRoom: Math.min(roomOf(categories), longestName),
    plot: (room, axisRoom) => ({
      width: room - axisRoom - 24, // a number at the end of the longest bar needs some room too
      data: inlineTable(rows),
      encoding: {
        y: namesAxis('category', categories, axisRoom, { labelLimit: longestName }),
        x: {
          field: 'value',
          type: 'quantitative',
          title: null,
          axis: { ...(format.endsWith('%') && { format: '~%' }), tickCount: 4, grid: true },
          ...(domain && { scale: { domain } }),
        },
        color: {
          field: 'series',
          type: 'nominal',
          scale: colorScale(series),
          legend: series.length > 1 ? legendOf(series, room - axisRoom) : null,
        },
        tooltip: [
          { field: 'category', type: 'nominal' },
          { field: 'series', type: 'nominal' },
          { field: 'value', type: 'quantitative', format: format === ',' ? '.4~r' : format },
        ],
      },
      ...marks(format),
    }),
  };
}

/** Says the lowest and the highest value of each series. */
function describe(rows: readonly Bar[], format: string): string {
  const ranges = distinct(rows.map((row) => row.series)).map((series) => {
    const own = rows.filter((row) => row.series === series).sort((a, b) => a.value - b.value);
    const text = ({ category, value }: Bar): string => `${written(value, format)} (${category})`;
    const ends = own.length > 1 ? `${text(own[0]!)} to ${text(own.at(-1)!)}` : text(own[0]!);
    return `${series} ${ends}`;
  });
  return `${ranges.join('; ')}.`;
}
