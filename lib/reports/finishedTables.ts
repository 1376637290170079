/** All that is known of some finished stages, as text. */
import type { Place } from '../stages/places';
import { costLines, costTable } from './cost';
import { generalTable, stageLines, stageTable } from './stageTables';
import { testTimeTable } from './testTimeTable';

/** Returns what the finished stages among these measured and cost: the tables that have something to say, apart by an empty line. */
export function finishedTables(place: Place, names: readonly string[]): string {
  const lines = stageLines(place, names);
  const tables = [
    stageTable(lines),
    generalTable(lines),
    testTimeTable(lines.map(({ info }) => info)),
    costTable(costLines(place, names)),
  ];
  return tables.filter(Boolean).join('\n\n');
}
