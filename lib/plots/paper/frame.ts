/** The frame of every figure that sets a paper beside this workbook: the paper's plots left, ours right. */
import type { Row } from '../../core/csv';
import { ink, styled, type Chart } from '../theme';
import { legendHeight } from './legend';
import { wrap } from './wrap';

/** One plot of a figure. */
export interface Panel {
  readonly title: string;
  /** the source of its numbers: a figure or table of a paper, or recorded runs */
  readonly source: string;
  /** its numbers, as a table shows them */
  readonly rows: readonly Row[];
  /** what can be seen in it, in words */
  readonly words: string;
  /** marks a panel whose rows are texts, which a page shows as a table */
  readonly isText?: true;
  /** the names in its legend; empty where it has no legend */
  readonly series: readonly string[];
  /** pixels of an axis label that stand out above it, where there is no legend */
  readonly overhang?: number;
  /** the pixels that the names at its left take */
  readonly axisRoom: number;
  /**
   * returns its plot as a part of a Vega-Lite specification, `room` pixels wide, of which the names at its left get
   * `axisRoom`
   */
  plot(room: number, axisRoom: number): object;
}

/** The words above a figure. The caption says what can be compared in it, and what cannot. */
export interface Caption {
  readonly title: string;
  readonly caption: string;
}

export interface PaperFigure extends Chart, Caption {
  readonly panels: readonly Panel[];
}

/** The width of a whole figure, of one for a telephone, and of the gap between two columns, in pixels. */
const width = 776;
const narrowWidth = 340;
const gap = 28;

const independent = {
  scale: { color: 'independent', yOffset: 'independent' },
  legend: { color: 'independent' },
};

/** Returns a figure of columns of panels: first those with published numbers, then ours. */
export function beside(
  { title, caption }: Caption,
  ...columns: readonly (readonly Panel[])[]
): PaperFigure {
  const panels = columns.flat();
  return {
    title,
    caption,
    panels,
    spec: styled({ title, subtitle: wrap(caption, width, 12) }, layout(columns, width)),
    alt: `${title}. ${panels.map((p) => `${p.title} (${p.source}): ${p.words}`).join(' ')}`,
  };
}

/** Returns the figure without its title and caption, for a place that has them already. */
export const untitled = ({ spec, alt }: Chart): Chart => ({
  spec: { ...spec, title: undefined } as typeof spec,
  alt,
});

/** Returns the figure for a narrow screen: its plots stand below each other, without the title and the caption. */
export const stacked = ({ title, panels, alt }: PaperFigure): Chart =>
  untitled({ spec: styled({ title }, layout([panels], narrowWidth)), alt });

/**
 * Lays the panels out in `width` pixels. Columns of equal length become a grid, in which the plots of a row stand at
 * one height; columns of different length stand beside each other.
 */
function layout(columns: readonly (readonly Panel[])[], width: number): object {
  const room = (width - gap * (columns.length - 1)) / columns.length;
  const headings = columns.map((column) => {
    const axisRoom = Math.max(...column.map((panel) => panel.axisRoom));
    return column.map((panel) => ({
      panel,
      axisRoom,
      source: wrap(panel.source, room, 11),
      above: legendHeight(panel.series, room - axisRoom) || (panel.overhang ?? 0),
    }));
  });
  const drawn = headings.map((column) =>
    column.map(({ panel, axisRoom, source, above }, r) => {
      const row = headings.flatMap((other) => other[r] ?? []);
      const lines = Math.max(...row.map((other) => other.source.length));
      const padded = [...source, ...Array<string>(lines - source.length).fill('')];
      const offset = 10 + Math.max(...row.map((other) => other.above)) - above;
      return { title: heading(panel.title, padded, offset), ...panel.plot(room, axisRoom) };
    }),
  );
  const spacing = { column: gap, row: 28 };
  const [first] = drawn;
  if (drawn.every((column) => column.length === first!.length)) {
    const concat = first!.flatMap((_, r) => drawn.map((column) => column[r]!));
    return { concat, columns: columns.length, spacing, resolve: independent };
  }
  const hconcat = drawn.map((vconcat) => ({ vconcat, spacing: spacing.row, resolve: independent }));
  return { hconcat, spacing: gap, resolve: independent };
}

const heading = (text: string, subtitle: readonly string[], offset: number): object => ({
  text,
  subtitle,
  fontSize: 13,
  subtitleFontSize: 11,
  subtitlePadding: 3,
  subtitleColor: ink.normal,
  offset,
});
