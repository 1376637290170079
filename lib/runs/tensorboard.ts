/**
 * Numbers as TensorBoard reads them: records of TFRecord, each an `Event` of protocol buffers with one scalar
 * (tensorflow/core/util/event.proto and framework/summary.proto). Of both formats this is all that scalars need.
 */
import type { Row } from '../core/csv';

/** TensorBoard looks for `tfevents` in the names of files. */
export const eventFile = 'events.out.tfevents.r1';

/** The events of some rows, one for each number but the step and the seconds. A file begins with its version. */
export function eventsOf(rows: readonly Row[], began: number, isBeginning: boolean): Uint8Array {
  const records = isBeginning ? [record(event(began, 0, text(3, 'brain.Event:2')))] : [];
  for (const { step, seconds, ...numbers } of rows)
    for (const [tag, value] of Object.entries(numbers))
      if (typeof value === 'number' && Number.isFinite(value))
        records.push(record(event(began + Number(seconds ?? 0), Number(step), scalar(tag, value))));
  return Buffer.concat(records);
}

/** A number of variable length, seven bits a byte. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

const fixed = (bytes: 4 | 8, write: (buffer: Buffer) => void): Buffer => {
  const buffer = Buffer.alloc(bytes);
  write(buffer);
  return buffer;
};

/** A field: its number and how it is written (0 varint, 1 eight bytes, 2 with its length, 5 four bytes), then its value. */
const field = (number: number, kind: 0 | 1 | 2 | 5, value: Buffer): Buffer =>
  Buffer.concat([varint(number * 8 + kind), ...(kind === 2 ? [varint(value.length)] : []), value]);

const text = (number: number, value: string): Buffer => field(number, 2, Buffer.from(value));

/** `Event`: wall_time, step, and what happened. */
const event = (time: number, step: number, what: Buffer): Buffer =>
  Buffer.concat([
    field(
      1,
      1,
      fixed(8, (buffer) => void buffer.writeDoubleLE(time)),
    ),
    field(2, 0, varint(step)),
    what,
  ]);

/** `Summary` with one `Value`: its tag and simple_value. */
const scalar = (tag: string, value: number): Buffer =>
  field(5, 2, field(1, 2, Buffer.concat([text(1, tag), field(2, 5, fixed(4, (buffer) => void buffer.writeFloatLE(value)))]))); // prettier-ignore

/** A record: its length, the check sum of that, the data, and their check sum. */
function record(data: Buffer): Buffer {
  const length = fixed(8, (buffer) => void buffer.writeBigUInt64LE(BigInt(data.length)));
  return Buffer.concat([length, checkSum(length), data, checkSum(data)]);
}

/** CRC-32C, eight bits at a time. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** The check sum of TFRecord: CRC-32C, turned and shifted, so that sums of sums are no trouble. */
function checkSum(data: Buffer): Buffer {
  let crc = 0xffffffff;
  for (const byte of data) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8);
  crc = ~crc >>> 0;
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  return fixed(4, (buffer) => void buffer.writeUInt32LE(masked));
}
