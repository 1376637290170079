import type { TopLevelSpec } from 'vega-lite';
import { csvLine, type Row } from '../core/csv';

/** A chart: what to draw, and what to say where it cannot be drawn. */
export interface Chart {
  spec: TopLevelSpec;
  /** the chart in a sentence or two: what is shown and what to see in it */
  alt: string;
}

/** What every chart is told. The subtitle says what the reader needs to weigh it: problems, seeds, interval. */
export interface Heading {
  title: string;
  subtitle?: string | readonly string[];
}

// Okabe and Ito's colours, which colour-blind readers can tell apart; their yellow is too pale for lines on white.
const blue = '#0072b2';
const orange = '#e69f00';
const green = '#009e73';
const red = '#d55e00';
const sky = '#56b4e9';
const purple = '#cc79a7';
const grey = '#8a8f98';
const palette = [blue, red, green, purple, orange, sky, grey];

/** The ink of titles, of labels and of what stays in the background. */
export const ink = {
  strong: '#1f2933',
  normal: '#52606d',
  line: '#9aa5b1',
  light: '#e4e7eb',
  pale: '#eef4f9',
} as const;

/** The colour of what matters most. */
export const accent = blue;

/** Colours with a meaning, the same in every chart. */
const named: Readonly<Record<string, string>> = {
  countdown: blue,
  programs: red,
  units: green,
  direct: sky,
  short: orange,
  search: blue,
  base: grey,
  'r1-zero': blue,
  dev1: orange,
  dev2: red,
  dev3: purple,
  r1: green,
  distilled: sky,
  'rl alone': blue,
  grpo: red,
  dapo: purple,
  'deepseek-v3': grey,
  'deepseek-r1': green,
  'deepseek-r1-32b': sky,
};

/** The colour scale of these series: a colour with a meaning where there is one, else the next free one. */
export function colorScale(names: readonly string[]): { domain: string[]; range: string[] } {
  const meant = names.map((name) => named[name.toLowerCase()]);
  const taken = new Set(meant);
  const free = palette.filter((color) => !taken.has(color));
  let next = 0;
  const range = meant.map((color) => color ?? free[next++ % free.length] ?? grey);
  return { domain: [...names], range };
}

/** The distinct values in the order in which they come first. */
export function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/**
 * Rows as the data of a chart, written as one CSV text: a saved notebook is indented JSON, where a row as an object
 * takes ten times the room.
 */
export function inlineTable(rows: readonly object[]): object {
  const columns = distinct(rows.flatMap((row) => Object.keys(row)));
  const lines = rows.map((row) => csvLine(columns, row as Row));
  return { values: columns.join(',') + '\n' + lines.join(''), format: { type: 'csv' } };
}

/** Width of a single plot, in pixels; small multiples share it. */
export const plotWidth = 560;

const config = {
  font: 'sans-serif',
  background: '#ffffff',
  padding: 12,
  view: { stroke: null },
  title: {
    anchor: 'start',
    frame: 'bounds',
    offset: 14,
    fontSize: 16,
    fontWeight: 'normal',
    color: ink.strong,
    subtitleFontSize: 12,
    subtitleColor: ink.normal,
    subtitlePadding: 5,
  },
  axis: {
    labelFontSize: 11,
    labelColor: ink.normal,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titleColor: ink.normal,
    titlePadding: 8,
    labelLimit: 260,
    gridColor: ink.light,
    domainColor: ink.line,
    tickColor: ink.line,
    tickSize: 4,
  },
  axisY: { domain: false, ticks: false, tickCount: 5, labelPadding: 6 },
  axisX: { grid: false, labelFlush: false },
  legend: {
    orient: 'top',
    direction: 'horizontal',
    title: null,
    labelFontSize: 12,
    labelColor: ink.strong,
    labelLimit: 260,
    symbolType: 'circle',
    symbolSize: 90,
    symbolOpacity: 1,
    offset: 8,
    columnPadding: 20,
  },
  header: { labelFontSize: 13, labelColor: ink.strong, labelAnchor: 'start', title: null },
  line: { strokeWidth: 2, strokeCap: 'round', strokeJoin: 'round' },
  area: { line: false },
  point: { filled: true, size: 45 },
} as const;

/** The legend of a chart of lines: short strokes in full colour, also where a pale band belongs to the line. */
export const lineLegend = { symbolType: 'stroke', symbolSize: 250, symbolStrokeWidth: 3 } as const;

/** A whole specification in the project's look, from its heading and its drawing. */
export function styled(heading: Heading, drawing: object): TopLevelSpec {
  const { title, subtitle } = heading;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    title: { text: title, ...(subtitle && { subtitle }) },
    ...drawing,
    config,
  } as unknown as TopLevelSpec;
}
