/** What the bench says of the machine, of matrix products and of ratios. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare } from '../lib/bench/compare';
import { busyCores, keptToAvx2, processorFeatures, usedFeatures } from '../lib/bench/machine';
import { productFlops } from '../lib/bench/opProfile';
import { ratioText, tableText } from '../lib/bench/records';
import type { Row } from '../lib/core/csv';

test('the vector instructions of a processor, widest first', () => {
  assert.equal(processorFeatures('flags : fpu avx avx2 fma avx512f avx512bw amx_tile'), 'AMX, AVX-512, AVX2'); // prettier-ignore
  assert.equal(processorFeatures('flags : sse4_2 avx avx2'), 'AVX2');
  assert.equal(processorFeatures('Features : fp asimd evtstrm'), 'NEON');
});

test('a process is kept to AVX2 only where all that it asks for is set', () => {
  const before = { ...process.env };
  Object.assign(process.env, keptToAvx2);
  assert.equal(usedFeatures(), 'kept to AVX2');
  delete process.env.ATEN_CPU_CAPABILITY;
  assert.equal(usedFeatures(), processorFeatures());
  for (const name of Object.keys(keptToAvx2)) delete process.env[name];
  Object.assign(process.env, before);
});

test('busy cores are counted from the times of all cores', () => {
  const before = { all: 1000, idle: 600 };
  assert.equal(busyCores(before, { all: 3000, idle: 2100 }, 2), 0.5); // 500 of 2000 ms on two cores
  assert.equal(busyCores(before, { all: 3000, idle: 2600 }, 2), 0);
  assert.equal(busyCores(before, before, 2), 0);
});

test('a product of [2, 3, 4] and [2, 4, 5] takes 240 operations, turned or not', () => {
  const turned = [{ name: 'adj_x', type: 0, value: true }];
  assert.equal(productFlops([], [2, 3, 4], [2, 3, 5]), 240);
  assert.equal(productFlops(turned, [2, 4, 3], [2, 3, 5]), 240);
});

test('a ratio is the median of those of each round, not the ratio of the medians', async () => {
  const next = (rates: number[]) => () => ({ tokens: rates.shift()!, seconds: 1 });
  const about = { work: 'w', size: 's', weights: 1, otherName: 'o' };
  // the first round is not counted
  const row = await compare(about, 3, next([9, 100, 200, 300]), next([9, 100, 50, 200]));
  assert.deepEqual(row.ratios, [1, 4, 1.5]);
  assert.equal(row.ratio, 1.5); // of the medians it would be 2
  assert.equal(ratioText(row.ratio, 1, 4), '1.50 [1.00, 4.00]');
  assert.equal(ratioText(null), '');
  const alone = await compare(about, 1, next([1, 2]), null);
  assert.deepEqual([alone.ratio, alone.ratios], [null, []]);
});

test('a table keeps the columns that only its newer rows have', () => {
  const older: Row = { size: 'large', ratio: 1 };
  const rows = [older, { size: 'small', ratio: 2, ratioLeast: 1.5 }];
  assert.equal(tableText(rows), 'size,ratio,ratioLeast\nlarge,1,\nsmall,2,1.5\n');
});
