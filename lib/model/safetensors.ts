/** The safetensors format (https://github.com/huggingface/safetensors): a JSON header, then the numbers. */
import { createHash } from 'node:crypto';
import { UserError } from '../core/errors';
import { faultOf, isCount, isObject, isText, listOf, objectOf, type Kind } from '../core/fields';
import { parsedJson } from '../core/jsonLines';

/** A tensor as a file holds it. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const isPair: Kind = (value) => listOf(isCount)(value) && (value as unknown[]).length === 2;
const entryFields = { dtype: isText, shape: listOf(isCount), data_offsets: isPair };

const checksum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Returns the bytes of a file. `metadata` holds texts; a checksum of the numbers is added to it. */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const body = Buffer.concat(
    tensors.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  );
  let offset = 0;
  const entries = tensors.map(({ name, shape, values }) => {
    const from = offset;
    offset += values.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [from, offset] }] as const;
  });
  const header = JSON.stringify({
    __metadata__: { format: 'pt', ...metadata, sha256: checksum(body) },
    ...Object.fromEntries(entries),
  });
  const padded = Buffer.from(header + ' '.repeat(-Buffer.byteLength(header) & 7));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, body]);
}

/**
 * Reads the bytes of a file that holds only float32. A damaged file is a UserError; `where` names the file in it. As the
 * format demands, the tensors have to lie one after another without a gap. The numbers may be of any value.
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  where: string,
): { tensors: NamedTensor[]; metadata: Record<string, string> } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const damaged = (why: string): UserError =>
    new UserError(`${where} is damaged (${why}): make or copy it again`);
  if (buffer.length < 8) throw damaged(`only ${buffer.length} bytes`);
  const headerLength = Number(buffer.readBigUInt64LE());
  if (headerLength > buffer.length - 8) throw damaged('its header is cut off');
  const header = parsedJson(buffer.toString('utf8', 8, 8 + headerLength));
  if (!isObject(header)) throw damaged('its header is no JSON object');
  const { __metadata__: metadata = {}, ...entries } = header as Record<string, unknown>;
  if (!objectOf(isText)(metadata)) throw damaged('its metadata are no texts');
  const body = buffer.subarray(8 + headerLength);
  const places = Object.entries(entries).map(([name, entry]) => {
    const fault = faultOf(entry, entryFields);
    if (fault !== null) throw damaged(`${name}: ${fault}`);
    return { name, ...(entry as HeaderEntry) };
  });
  refuseGaps(places, body.length, damaged);
  const tensors = places.map(({ name, dtype, shape, data_offsets: [from, to] }) => {
    if (dtype !== 'F32')
      throw new UserError(`${where}: ${name} is ${dtype}, only F32 is supported`);
    const count = shape.reduce((product, size) => product * size, 1);
    if (to - from !== 4 * count) throw damaged(`${name} has the wrong length`);
    // The numbers are copied, because they may start at any byte and a Float32Array may not.
    const values = new Float32Array(new Uint8Array(body.subarray(from, to)).buffer);
    return { name, shape, values };
  });
  const { sha256 } = metadata as Record<string, string>;
  if (sha256 !== undefined && sha256 !== checksum(body))
    throw damaged('its checksum does not match');
  return { tensors, metadata: metadata as Record<string, string> };
}

/** Throws where tensors overlap, leave bytes between them or behind them, or lie outside of the file. */
function refuseGaps(
  places: readonly { readonly name: string; readonly data_offsets: readonly [number, number] }[],
  length: number,
  damaged: (why: string) => UserError,
): void {
  const inOrder = places
    .map(({ name, data_offsets: [from, to] }) => ({ name, from, to }))
    .sort((a, b) => a.from - b.from || a.to - b.to);
  let end = 0;
  for (const { name, from, to } of inOrder) {
    if (to < from || to > length) throw damaged(`it ends inside ${name}`);
    if (from !== end) throw damaged(`${name} does not start where the tensor before it ends`);
    end = to;
  }
  if (end !== length) throw damaged(`${length - end} bytes follow its last tensor`);
}

/** Returns the count that a text of metadata says, or null where it says none. */
export function countIn(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
