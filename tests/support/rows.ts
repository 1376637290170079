import type { Row } from '../../lib/core/csv';

/** A row without some of its columns, such as those that only the clock knows. */
export function without(row: Row, ...columns: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([column]) => !columns.includes(column)));
}
