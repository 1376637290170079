import { accent, distinct, inlineTable, ink, paperColor } from '../theme';
import type { Panel } from './frame';
import { namesAxis, roomOf } from './names';
import { written } from '../written';

export interface Cell {
  readonly row: string;
  readonly column: string;
  readonly value: number;
}

/**
 * Returns a panel with a table of numbers. The higher a value is among those of its row, the deeper is the blue of its
 * cell.
 */
export function heat(
  { title, source }: { title: string; source: string },
  cells: readonly Cell[],
): Panel {
  const rows = distinct(cells.map(({ row }) => row));
  return {
    title,
    source,
    rows: rows.map((row) => ({
      '': row,
      ...Object.fromEntries(
        cells.filter((cell) => cell.row === row).map(({ column, value }) => [column, value]),
      ),
    })),
    words: describe(cells, rows),
    series: [],
    axisRoom: roomOf(rows),
    plot: (room, axisRoom) => ({
      width: room - axisRoom,
      height: { step: 19 },
      data: inlineTable(cells.map((cell) => labelled(cell, cells))),
      encoding: {
        y: namesAxis('row', rows, axisRoom, { grid: false }),
        x: {
          field: 'column',
          type: 'nominal',
          scale: { domain: distinct(cells.map(({ column }) => column)) },
          title: null,
          axis: { orient: 'top', labelAngle: 0, domain: false, ticks: false },
        },
      },
      layer: [rect, number],
    }),
  };
}

const rect = {
  mark: { type: 'rect', stroke: paperColor, strokeWidth: 1 },
  encoding: {
    color: {
      field: 'shade',
      type: 'quantitative',
      scale: { domain: [0, 1], range: [ink.pale, accent] },
      legend: null,
    },
  },
};

const number = {
  mark: { type: 'text', fontSize: 11 },
  encoding: {
    text: { field: 'label', type: 'nominal' },
    color: { condition: { test: 'datum.shade > 0.55', value: 'white' }, value: ink.strong },
  },
};

/** Returns a cell with its number as a text and with its shade. */
const labelled = (cell: Cell, cells: readonly Cell[]): object => ({
  ...cell,
  label: cell.value < 1000 ? cell.value.toFixed(1) : written(cell.value),
  shade: shadeOf(cell, cells),
});

/** Returns the place of a value among those of its row, from 0 for the lowest to 1 for the highest. */
function shadeOf({ row, value }: Cell, cells: readonly Cell[]): number {
  const own = cells.filter((cell) => cell.row === row).map((cell) => cell.value);
  const [low, high] = [Math.min(...own), Math.max(...own)];
  return high > low ? (value - low) / (high - low) : 0;
}

function describe(cells: readonly Cell[], rows: readonly string[]): string {
  const best = rows.map((row) => {
    const own = cells.filter((cell) => cell.row === row);
    const highest = own.reduce((a, b) => (b.value > a.value ? b : a));
    return `${row} ${written(highest.value)} (${highest.column})`;
  });
  return `highest of each row: ${best.join(', ')}.`;
}
