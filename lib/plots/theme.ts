import type { TopLevelSpec } from 'vega-lite';
import { csvLine, type Row } from '../core/csv';

/** A figure for plotly.js: its traces, which are curves, bars or flows, and its layout. */
export interface PlotlyFigure {
  readonly data: readonly object[];
  readonly layout: object;
}

/** A chart: what to draw, and what to say where it cannot be drawn. */
export interface Chart {
  /** the specification for Vega-Lite, from which every picture is drawn too */
  spec: TopLevelSpec;
  /** a figure of the same numbers, which JupyterLab shows in place of `spec` */
  plotly?: PlotlyFigure;
  /** the chart in a sentence or two: what is shown and what to see in it */
  alt: string;
}

/** The heading of a chart. The subtitle says what a reader needs to weigh it: problems, seeds, kind of interval. */
export interface Heading {
  title: string;
  subtitle?: string | readonly string[];
}

// These are Okabe and Ito's colours, which colour-blind readers can tell apart, without the yellow, which is too pale
// for lines on white.
const blue = '#0072b2';
const orange = '#e69f00';
const green = '#009e73';
const red = '#d55e00';
const sky = '#56b4e9';
const purple = '#cc79a7';
const grey = '#8a8f98';
const palette = [blue, red, green, purple, orange, sky, grey];

/** The colour of the paper: light in pictures, light or dark on the page of figures. */
export const paper = { light: '#ffffff', dark: '#15191d' } as const;

/** The inks of titles, of labels and of what stays in the background, for light and for dark paper. */
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
 * The inks as a specification names them. A specification does not set the colour of its paper. The program that draws
 * it does, and then each ink is the one for that paper: JupyterLab draws charts on dark paper while its dark theme is
 * on.
 */
export const ink = Object.fromEntries(
  inkNames.map((name) => [name, { expr: `${name}Ink` }]),
) as Readonly<Record<Ink, { readonly expr: string }>>;

/** The colour of the paper as a specification names it, for the lines that separate two areas of colour. */
export const paperColor = { expr: 'background' } as const;

/** The colour of what matters most, for areas that carry white text. Lines and texts that matter have `ink.blue`. */
export const accent = blue;

/** The colours of names that have the same colour in every chart. */
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

/** Returns a colour for each name: its own where it has one, and else the next colour that is free. */
export function colorsOf(names: readonly string[]): string[] {
  const meant = names.map((name) => named[name.toLowerCase()]);
  const taken = new Set(meant);
  const free = palette.filter((color) => !taken.has(color));
  let next = 0;
  return meant.map((color) => color ?? free[next++ % free.length] ?? grey);
}

/**
 * Returns the colours of `colorsOf` as a scale for a specification, in which the dark blue gets lighter on dark paper.
 */
export function colorScale(names: readonly string[]): { domain: string[]; range: unknown[] } {
  const range = colorsOf(names).map((color) => (color === blue ? ink.blue : color));
  return { domain: [...names], range };
}

/** Returns each value once, in the order in which they come first. */
export function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/**
 * Returns rows as the data of a chart, written as one CSV text. A saved notebook is indented JSON, in which a row that
 * is an object takes ten times the room.
 */
export function inlineTable(rows: readonly object[]): object {
  const columns = distinct(rows.flatMap((row) => Object.keys(row)));
  const lines = rows.map((row) => csvLine(columns, row as Row));
  return { values: columns.join(',') + '\n' + lines.join(''), format: { type: 'csv' } };
}

/** The width of a single plot in pixels, which small multiples share among themselves. */
export const plotWidth = 560;

// In an expression, `background` is the colour of the paper, which the program that draws the chart has set.
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

/** Returns a whole specification in the project's look, from its heading and its drawing. */
export function styled(heading: Heading, drawing: object): TopLevelSpec {
  const { title, subtitle } = heading;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    title: { text: title, ...(subtitle && { subtitle }) },
    ...drawing,
    config,
  } as unknown as TopLevelSpec;
}
