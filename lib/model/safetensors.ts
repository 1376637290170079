/** The safetensors format (https://github.com/huggingface/safetensors): a JSON header, then the numbers. */
import { createHash } from 'node:crypto';
import { UserError } from '../core/errors';

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

/** Reads the bytes of a file that holds only float32. A damaged file is a UserError; `where` names the file in it. */
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
  const { __metadata__: metadata = {}, ...entries } = parseHeader(
    buffer.toString('utf8', 8, 8 + headerLength),
    damaged,
  );
  const body = buffer.subarray(8 + headerLength);
  const tensors = Object.entries(entries as Record<string, HeaderEntry>).map(([name, entry]) => {
    const { dtype, shape, data_offsets: offsets } = entry;
    if (!Array.isArray(shape) || !Array.isArray(offsets)) throw damaged(`${name} has no shape`);
    if (dtype !== 'F32')
      throw new UserError(`${where}: ${name} is ${dtype}, only F32 is supported`);
    const [from, to] = offsets;
    const count = shape.reduce((product, size) => product * size, 1);
    if (to - from !== 4 * count) throw damaged(`${name} has the wrong length`);
    if (to > body.length) throw damaged(`it ends inside ${name}`);
    // The numbers are copied, because they may start at any byte and a Float32Array may not.
    const values = new Float32Array(new Uint8Array(body.subarray(from, to)).buffer);
    return { name, shape, values };
  });
  const { sha256 } = metadata as Record<string, string>;
  if (sha256 !== undefined && sha256 !== checksum(body))
    throw damaged('its checksum does not match');
  return { tensors, metadata: metadata as Record<string, string> };
}

function parseHeader(text: string, damaged: (why: string) => UserError): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw damaged('its header is not JSON');
  }
}
