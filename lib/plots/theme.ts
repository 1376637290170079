import type { TopLevelSpec } from 'vega-lite';
import { csvLine, type Row } from '../core/csv';

/** A figure for plotly.js: its traces, which are curves, bars or flows, and its layout. */
export interface PlotlyFigure {
  readonly data: readonly object[];
  readonly layout: object;
}

/** A chart: what to draw, and what to say where it cannot be drawn. */
export interface Chart {
  /** for Vega-Lite; every picture is drawn from it */
  spec: TopLevelSpec;
  /** shown in JupyterLab in place of `spec`, with the same numbers */
  plotly?: PlotlyFigure;
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

/** The colour of a chart's paper in pictures, and on a dark screen of the figures page. */
export const paper = { light: '#ffffff', dark: '#15191d' } as const;

/** The inks of titles, of labels and of what stays in the background, on light and on dark paper. */
export const inks = {
  strong: { light: '#1f2933', dark: '#e6e9ec' },
  normal: { light: '#52606d', dark: '#a9b4bf' },
  line: { light: '#9aa5b1', dark: '#7b8794' },
  light: { light: '#e4e7eb', dark: '#47525e' },
  pale: { light: '#eef4f9', dark: '#2b3d4f' },
  blue: { light: blue, dark: '#4aa8e0' },
} as const;

type Ink = keyof typeof inks;
const inkNames = Object.keys(inks) as Ink[];

/**
 * The inks as a specification refers to them. A chart does not say on which paper it is drawn: whoever draws it does,
 * and every ink is chosen to be readable there. JupyterLab gives dark paper to charts while its dark theme is on.
 */
export const ink = Object.fromEntries(
  inkNames.map((name) => [name, { expr: `${name}Ink` }]),
) as Readonly<Record<Ink, { readonly expr: string }>>;

/** The colour of the paper, for what separates two areas of colour. */
export const paperColor = { expr: 'background' } as const;

/** The colour of what matters most, for areas with white text on them; lines and texts have `ink.blue`. */
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

/** The colours of these series: a colour with a meaning where there is one, else the next free one. */
export function colorsOf(names: readonly string[]): string[] {
  const meant = names.map((name) => named[name.toLowerCase()]);
  const taken = new Set(meant);
  const free = palette.filter((color) => !taken.has(color));
  let next = 0;
  return meant.map((color) => color ?? free[next++ % free.length] ?? grey);
}

/** The same colours as a scale, where the dark blue is a lighter one on dark paper. */
export function colorScale(names: readonly string[]): { domain: string[]; range: unknown[] } {
  const range = colorsOf(names).map((color) => (color === blue ? ink.blue : color));
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

// `background` is Vega's name for the colour of the paper, which comes from whoever draws the chart.
const inkParameters = inkNames.map((name) => ({
  name: ink[name].expr,
  expr: `luminance(background) < 0.5 ? '${inks[name].dark}' : '${inks[name].light}'`,
}));

const config = {
  font: 'sans-serif',
  params: inkParameters,
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
