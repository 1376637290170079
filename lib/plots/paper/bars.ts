import { textWidth } from '../textWidth';
import { colorScale, distinct, inlineTable, ink } from '../theme';
import type { Panel } from './frame';
import { legendOf } from './legend';
import { written } from '../written';

export interface Bar {
  /** what stands at the left: a benchmark, a task, a model */
  readonly category: string;
  /** which of the bars of a category */
  readonly series: string;
  readonly value: number;
  /** ends of the 95 % interval, where there is one */
  readonly low?: number;
  readonly high?: number;
}

export interface BarOptions {
  readonly title: string;
  readonly source: string;
  /** how values are written, in d3's notation */
  readonly format?: string;
  /** ends of the horizontal axis */
  readonly domain?: readonly [number, number];
}

/** A bar for each series of a category, with its value at its end. */
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

/** A dot for each series of a category, all on its line. */
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

/** Most pixels for the names of the categories. */
const longestName = 150;

function categorical(
  { title, source, format = ',', domain }: BarOptions,
  rows: readonly Bar[],
  marks: (format: string) => object,
): Panel {
  const categories = distinct(rows.map((row) => row.category));
  const series = distinct(rows.map((row) => row.series));
  const names = Math.max(...categories.map((name) => textWidth(name, 11))) + 14;
  return {
    title,
    source,
    rows: rows.map((row) => ({ ...row })),
    words: describe(rows, format),
    series: series.length > 1 ? series : [],
    axisRoom: Math.min(names, longestName),
    plot: (room, axisRoom) => ({
      width: room - axisRoom - 24, // a number at the end of the longest bar needs some room too
      data: inlineTable(rows),
      encoding: {
        y: {
          field: 'category',
          type: 'nominal',
          scale: { domain: categories },
          title: null,
          axis: { labelLimit: longestName, minExtent: axisRoom, maxExtent: axisRoom },
        },
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

/** Of each series the lowest and the highest. */
function describe(rows: readonly Bar[], format: string): string {
  const ranges = distinct(rows.map((row) => row.series)).map((series) => {
    const own = rows.filter((row) => row.series === series).sort((a, b) => a.value - b.value);
    const text = ({ category, value }: Bar): string => `${written(value, format)} (${category})`;
    const ends = own.length > 1 ? `${text(own[0]!)} to ${text(own.at(-1)!)}` : text(own[0]!);
    return `${series} ${ends}`;
  });
  return `${ranges.join('; ')}.`;
}
