/** The format of the weights' files: what is written, what is read, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSafetensors, encodeSafetensors } from '../lib/model/safetensors';
import { namedTensor as file } from './support/microModel';

test('the header of a safetensors file has to be of the format', () => {
  const whole = (header: unknown, body = 12): Uint8Array => {
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, text, Buffer.alloc(body)]);
  };
  const entry = (from: unknown, to: unknown, shape: unknown = [1], dtype: unknown = 'F32'): object => ({ dtype, shape, data_offsets: [from, to] }); // prettier-ignore
  const good = { a: entry(8, 12), b: entry(0, 8, [2, 1]), c: entry(8, 8, [0]) };
  const read = decodeSafetensors(whole(good), 'here').tensors;
  assert.deepEqual(read.map(({ name, values }) => [name, values.length]), [['a', 1], ['b', 2], ['c', 0]]); // prettier-ignore
  const refused = (header: unknown, why: string, body?: number): void =>
    assert.throws(() => decodeSafetensors(whole(header, body), 'here'), { name: 'UserError', message: `here is damaged (${why}): make or copy it again` }); // prettier-ignore
  for (const header of [null, [], 3, 'x']) refused(header, 'its header is no JSON object');
  for (const metadata of [null, [], { sha256: 5 }, 'x']) refused({ ...good, __metadata__: metadata }, 'its metadata are no texts'); // prettier-ignore
  refused({ a: null }, 'a: it is no object');
  refused({ a: 3 }, 'a: it is no object');
  refused({ a: { shape: [1], data_offsets: [0, 4] } }, 'a: dtype is missing');
  refused({ a: entry(0, 4, [1], { toString: 1 }) }, 'a: dtype is an object');
  refused({ a: entry(0, 4, ['1']) }, 'a: shape is a list');
  refused({ a: entry(0, 4, [-1, -1]) }, 'a: shape is a list');
  refused({ a: entry(0, 4, [0.5, 2]) }, 'a: shape is a list');
  refused({ a: entry('0', '4') }, 'a: data_offsets is a list');
  refused({ a: entry(-4, 0) }, 'a: data_offsets is a list');
  refused({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }, 'a: data_offsets is a list'); // prettier-ignore
  const gap = 'does not start where the tensor before it ends';
  refused({ a: entry(0, 4), b: entry(0, 4) }, `b ${gap}`, 4);
  refused({ a: entry(0, 8, [2]), b: entry(4, 12, [2]) }, `b ${gap}`);
  refused({ a: entry(0, 4), b: entry(8, 12) }, `b ${gap}`);
  refused({ a: entry(0, 8, [2]) }, '4 bytes follow its last tensor');
  refused({}, '12 bytes follow its last tensor');
  refused({ a: entry(0, 16, [4]) }, 'it ends inside a');
  refused({ a: entry(12, 0, [3]) }, 'it ends inside a');
  refused({ a: entry(0, 12, [4]) }, 'a has the wrong length');
  refused({ a: entry(0, 12, [2 ** 52, 2 ** 52]) }, 'a has the wrong length');
});

test('safetensors bytes, by hand', () => {
  const bytes = encodeSafetensors([file([1, -2], [2], 'ä'), file([0.5], [1, 1], 'b')], {
    step: '7',
  });
  const buffer = Buffer.from(bytes);
  const headerLength = Number(buffer.readBigUInt64LE());
  assert.equal(headerLength % 8, 0);
  const header = JSON.parse(buffer.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    unknown
  >;
  const { sha256, ...metadata } = header.__metadata__ as Record<string, string>;
  assert.deepEqual(metadata, { format: 'pt', step: '7' });
  assert.match(sha256!, /^[0-9a-f]{64}$/);
  assert.deepEqual(header['ä'], { dtype: 'F32', shape: [2], data_offsets: [0, 8] });
  assert.deepEqual(header.b, { dtype: 'F32', shape: [1, 1], data_offsets: [8, 12] });
  assert.equal(buffer.subarray(8 + headerLength).toString('hex'), '0000803f000000c00000003f');
});

test('safetensors of others are read: no checksum, any byte offset', () => {
  const header = '{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} ';
  const body = Buffer.from('0000803f000000c0', 'hex');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const whole = Buffer.concat([length, Buffer.from(header), body]);
  assert.notEqual((8 + header.length) % 4, 0);
  for (let shift = 0; shift < 4; shift++) {
    const moved = Buffer.concat([Buffer.alloc(shift), whole]).subarray(shift);
    const { tensors, metadata } = decodeSafetensors(moved, 'here');
    assert.deepEqual(tensors, [file([1, -2], [2], 'x')]);
    assert.deepEqual(metadata, {});
  }
  const wide = Buffer.from(whole.toString('latin1').replace('F32', 'F64'), 'latin1');
  assert.throws(() => decodeSafetensors(wide, 'here'), {
    name: 'UserError',
    message: 'here: x is F64, only F32, F16, BF16 are read',
  });
});

/** Returns the bytes of a file with one tensor, as other programs write it. */
function foreignFile(dtype: string, halves: readonly number[], name = 'x'): Buffer {
  const entry = { dtype, shape: [halves.length], data_offsets: [0, 2 * halves.length] };
  const header = Buffer.from(JSON.stringify({ [name]: entry }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.from(Uint16Array.from(halves).buffer)]);
}

test('numbers of 16 bits are read as what they are', () => {
  const read = (dtype: string, halves: readonly number[]): number[] => [
    ...decodeSafetensors(foreignFile(dtype, halves), 'here').tensors[0]!.values,
  ];
  // 1, -2, the largest, the smallest normal one, the largest and the smallest below it, 1/3 rounded, infinity, -0, NaN
  assert.deepEqual(
    read('F16', [0x3c00, 0xc000, 0x7bff, 0x0400, 0x03ff, 0x0001, 0x3555, 0x7c00, 0x8000, 0x7e01]),
    [1, -2, 65504, 2 ** -14, 1023 * 2 ** -24, 2 ** -24, 0.333251953125, Infinity, -0, NaN],
  );
  assert.deepEqual(read('BF16', [0x3f80, 0xc000, 0x3eab, 0x0080, 0x0001, 0xff80, 0x8000]), [
    1,
    -2,
    0.333984375,
    2 ** -126,
    2 ** -133,
    -Infinity,
    -0,
  ]);
  assert.throws(() => decodeSafetensors(foreignFile('F32', [1, 2]), 'here'), {
    message: 'here is damaged (x has the wrong length): make or copy it again',
  });
});
