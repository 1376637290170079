/** The numbers and texts of a figure as markdown tables, for a notebook. */
import type { Cell, Row } from '../../core/csv';
import { markdownText } from '../../core/markup';
import { distinct } from '../theme';
import type { Panel, PaperFigure } from './frame';
import { written } from '../written';

interface Table {
  /** empty where the columns have the names of their plots */
  readonly title: string;
  readonly sources: readonly string[];
  readonly rows: readonly Row[];
}

/** Returns a table for each plot. Plots that have one bar for each of the same categories share a table. */
export function markdownTables({ panels }: PaperFigure): string {
  return panels.reduce<readonly Table[]>(withPanel, []).map(markdownOf).join('\n\n');
}

function withPanel(tables: readonly Table[], { title, source, rows, series }: Panel): Table[] {
  const isColumn = series.length === 0 && rows.every((row) => 'category' in row);
  if (!isColumn) return [...tables, { title, sources: [source], rows }];
  const last = tables.at(-1);
  const valueOf = (category: Cell | undefined): Cell =>
    rows.find((row) => row.category === category)?.value ?? null;
  if (last && rows.every(({ category }) => last.rows.some((row) => row[''] === category))) {
    const wider = last.rows.map((row) => ({ ...row, [title]: valueOf(row['']) }));
    const sources = distinct([...last.sources, source]);
    return [...tables.slice(0, -1), { title: '', sources, rows: wider }];
  }
  const column = rows.map(({ category, value }) => ({ '': category!, [title]: value! }));
  return [...tables, { title: '', sources: [source], rows: column }];
}

function markdownOf({ title, sources, rows }: Table): string {
  const columns = distinct(rows.flatMap((row) => Object.keys(row)));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const body = rows.map((row) => line(columns.map((column) => textOf(row[column] ?? null))));
  const heading = [
    ...(title ? [`**${markdownText(title)}**`] : []),
    markdownText(sources.join('; ')),
  ].join(', ');
  return [
    heading,
    '',
    line(columns.map(markdownText)),
    line(columns.map(() => '---')),
    ...body,
  ].join('\n');
}

const textOf = (cell: Cell): string =>
  typeof cell === 'number' ? written(cell) : markdownText(cell ?? '');
