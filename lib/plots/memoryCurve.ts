import type { Row } from '../core/csv';
import { distinct, inlineTable, ink, plotWidth, styled, type Chart, type Heading } from './theme';

/**
 * Draws the resident memory and the number of tensors while something is done again and again. Each row has the kind of
 * `work`, the `count` of times that it was done, `residentMiB` and `tensors`.
 */
export function memoryCurve(heading: Heading, rows: readonly Row[]): Chart {
  const works = distinct(rows.map(({ work }) => work));
  const panel = (field: string, title: string): object => ({
    data: inlineTable(rows),
    facet: { column: { field: 'work', type: 'nominal', sort: works } },
    resolve: { scale: { x: 'independent' } },
    spec: {
      width: plotWidth / 2 - 30,
      height: 130,
      mark: { type: 'line', color: ink.blue },
      encoding: {
        x: { field: 'count', type: 'quantitative', title: null },
        y: { field, type: 'quantitative', title, scale: { zero: true } },
      },
    },
  });
  const [first, last] = [rows[0]!, rows.at(-1)!];
  return {
    spec: styled(heading, {
      vconcat: [panel('residentMiB', 'resident MiB'), panel('tensors', 'tensors')],
    }),
    alt: `${heading.title}. Resident memory from ${first.residentMiB} to ${last.residentMiB} MiB, tensors from ${first.tensors} to ${last.tensors}.`,
  };
}
