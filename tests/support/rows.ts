import type { Row } from '../../lib/core/csv';

/** Returns a row without some of its columns, such as those that depend on the clock. */
export function without(row: Row, ...columns: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([column]) => !columns.includes(column)));
}
