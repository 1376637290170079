/** A table as the two files that data sets come in: JSON Lines, and parquet. */
import type { SchemaElement } from 'hyparquet-writer';
import { UserError } from '../core/errors';
import { writeFileAtomic } from '../core/files';
import { jsonLines } from '../core/jsonLines';
import type { Row } from './formats';

/** Writes `FILE.jsonl` and `FILE.parquet`. All rows have the columns of the first one, which has to be there. */
export async function writeTable(file: string, rows: readonly Row[]): Promise<void> {
  const { ByteWriter, parquetWrite } = await import('hyparquet-writer');
  const [first] = rows;
  if (!first) throw new UserError(`no rows for ${file}: ask for more`);
  const names = Object.keys(first);
  const writer = new ByteWriter();
  await parquetWrite({
    writer,
    schema: [
      { name: 'root', num_children: names.length },
      ...names.flatMap((name) => columnOf(name, first[name])),
    ],
    columnData: names.map((name) => ({ name, data: rows.map((row) => row[name]) })),
  });
  writeFileAtomic(`${file}.jsonl`, jsonLines(rows));
  writeFileAtomic(`${file}.parquet`, new Uint8Array(writer.getBuffer()));
}

/** The elements of a parquet schema for a column, by one of its values. */
function columnOf(name: string, value: unknown): SchemaElement[] {
  const element = { name, repetition_type: 'OPTIONAL' as const };
  if (typeof value === 'string')
    return [{ ...element, type: 'BYTE_ARRAY', converted_type: 'UTF8' }];
  if (typeof value === 'number') return [{ ...element, type: 'INT32' }];
  if (Array.isArray(value))
    return [
      { ...element, converted_type: 'LIST', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      ...columnOf('element', value[0]),
    ];
  const fields = Object.entries(value as object);
  return [
    { ...element, num_children: fields.length },
    ...fields.flatMap(([field, inner]) => columnOf(field, inner)),
  ];
}
