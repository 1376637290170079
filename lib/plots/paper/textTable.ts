import { inlineTable, ink } from '../theme';
import type { Panel } from './frame';
import { wrap } from './wrap';

export interface TextColumn {
  readonly title: string;
  /** the share of the width of the whole table that the column gets */
  readonly share: number;
}

const fontSize = 12;
const lineHeight = 16;
const rowGap = 9;

/** Returns a panel with a table of texts, which are wrapped, and a line above every row. */
export function textTable(
  { title, source, columns }: { title: string; source: string; columns: readonly TextColumn[] },
  rows: readonly (readonly string[])[],
): Panel {
  return {
    title,
    source,
    isText: true,
    rows: rows.map((row) => Object.fromEntries(columns.map((c, i) => [c.title, row[i]!]))),
    words: rows.map((row) => row.join(', ')).join('; '),
    series: [],
    axisRoom: 0,
    plot: (room) => drawing(columns, rows, room),
  };
}

/** Returns a panel with what a paper says without numbers, retold in our own words: each row is a part of it. */
export const inWords = (
  heading: { title: string; source: string },
  rows: readonly { readonly part: string; readonly text: string }[],
): Panel =>
  textTable(
    {
      ...heading,
      columns: [
        { title: 'part', share: 0.3 },
        { title: 'what it says', share: 0.7 },
      ],
    },
    rows.map(({ part, text }) => [part, text]),
  );

function drawing(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
  room: number,
): object {
  const lines: { x: number; y: number; text: string; tone: string }[] = [];
  const rules: { y: number }[] = [];
  let y = 0;
  const all = [columns.map((column) => column.title), ...rows];
  for (const [r, row] of all.entries()) {
    let x = 0;
    let most = 1;
    if (r > 0) rules.push({ y: y - rowGap / 2 });
    for (const [c, { share }] of columns.entries()) {
      const wrapped = wrap(row[c]!, share * room - 14, fontSize);
      const tone = r === 0 ? 'head' : 'cell';
      wrapped.forEach((text, i) => lines.push({ x, y: y + i * lineHeight, text, tone }));
      most = Math.max(most, wrapped.length);
      x += share * room;
    }
    y += most * lineHeight + rowGap;
  }
  const place = (field: string, end: number): object => ({
    field,
    type: 'quantitative',
    axis: null,
    scale: { domain: field === 'y' ? [end, 0] : [0, end], nice: false },
  });
  const xy = { x: place('x', room), y: place('y', y) };
  return {
    width: room,
    height: y,
    layer: [
      { data: { values: rules }, mark: { type: 'rule', color: ink.light }, encoding: { y: xy.y } },
      {
        data: inlineTable(lines),
        mark: { type: 'text', align: 'left', baseline: 'top', fontSize },
        encoding: {
          ...xy,
          text: { field: 'text', type: 'nominal' },
          color: {
            condition: { test: "datum.tone === 'head'", value: ink.normal },
            value: ink.strong,
          },
        },
      },
    ],
  };
}
