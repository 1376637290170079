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

/** A file, or its bytes, of which parts are read. */
export interface ByteSource {
  readonly size: number;
  /** returns the bytes from..to, in memory of their own */
  read(from: number, to: number): Uint8Array;
}

/** The tensors of a file that has been opened: each is read when it is asked for. */
export interface TensorFile {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly metadata: Readonly<Record<string, string>>;
  /** the numbers of a tensor in `shapes` */
  read(name: string): Float32Array;
}

/** Reads the bytes of a file. What is wrong with it is a UserError, as of `openSafetensors`. */
export function decodeSafetensors(
  bytes: Uint8Array,
  where: string,
): { tensors: NamedTensor[]; metadata: Readonly<Record<string, string>> } {
  const read = (from: number, to: number) => new Uint8Array(bytes.subarray(from, to));
  const file = openSafetensors({ size: bytes.length, read }, where);
  const tensors = [...file.shapes].map(([name, shape]) => ({ name, shape, values: file.read(name) })); // prettier-ignore
  return { tensors, metadata: file.metadata };
}

/**
 * Opens a file of float32, float16 or bfloat16 numbers; they are read as float32. A damaged file is a UserError; `where`
 * names the file in it. As the format demands, the tensors have to lie one after another without a gap. The numbers may
 * be of any value. A checksum that `encodeSafetensors` wrote is checked.
 */
export function openSafetensors(source: ByteSource, where: string): TensorFile {
  const damaged = (why: string): UserError =>
    new UserError(`${where} is damaged (${why}): make or copy it again`);
  if (source.size < 8) throw damaged(`only ${source.size} bytes`);
  const headerLength = Number(Buffer.from(source.read(0, 8)).readBigUInt64LE());
  if (headerLength > source.size - 8) throw damaged('its header is cut off');
  const start = 8 + headerLength;
  const header = parsedJson(Buffer.from(source.read(8, start)).toString());
  if (!isObject(header)) throw damaged('its header is no JSON object');
  const { __metadata__: metadata = {}, ...entries } = header as Record<string, unknown>;
  if (!objectOf(isText)(metadata)) throw damaged('its metadata are no texts');
  const places = Object.entries(entries).map(([name, entry]) => {
    const fault = faultOf(entry, entryFields);
    if (fault !== null) throw damaged(`${name}: ${fault}`);
    return { name, ...(entry as HeaderEntry) };
  });
  refuseGaps(places, source.size - start, damaged);
  for (const {
    name,
    dtype,
    shape,
    data_offsets: [from, to],
  } of places) {
    const width = widths[dtype];
    if (width === undefined)
      throw new UserError(`${where}: ${name} is ${dtype}, only ${Object.keys(widths).join(', ')} are read`); // prettier-ignore
    const count = shape.reduce((product, size) => product * size, 1);
    if (to - from !== width * count) throw damaged(`${name} has the wrong length`);
  }
  const { sha256 } = metadata as Record<string, string>;
  if (sha256 !== undefined && sha256 !== checksumOf(source, start))
    throw damaged('its checksum does not match');
  const byName = new Map(places.map((place) => [place.name, place]));
  return {
    shapes: new Map(places.map(({ name, shape }) => [name, shape])),
    metadata: metadata as Record<string, string>,
    read(name) {
      const { dtype, data_offsets } = byName.get(name)!;
      const [from, to] = data_offsets;
      return toFloat32(source.read(start + from, start + to).buffer as ArrayBuffer, dtype);
    },
  };
}

/** The kinds of numbers that are read, with their bytes. */
const widths: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

function toFloat32(bytes: ArrayBuffer, dtype: string): Float32Array {
  if (dtype === 'F32') return new Float32Array(bytes);
  const halves = new Uint16Array(bytes);
  const bits = new Uint32Array(halves.length);
  if (dtype === 'BF16') for (let i = 0; i < bits.length; i++) bits[i] = halves[i]! << 16;
  else for (let i = 0; i < bits.length; i++) bits[i] = bitsOfHalf(halves[i]!);
  return new Float32Array(bits.buffer);
}

/** Returns the bits of the float32 number that a float16 number is (IEEE 754: 1 sign, 5 exponent, 10 fraction bits). */
function bitsOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13); // infinite, or NaN
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13); // 112 = 127 - 15
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21; // a number below the normal ones: its first bit becomes the hidden one
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

function checksumOf(source: ByteSource, start: number): string {
  const hash = createHash('sha256');
  const piece = 2 ** 24;
  for (let from = start; from < source.size; from += piece)
    hash.update(source.read(from, Math.min(source.size, from + piece)));
  return hash.digest('hex');
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
