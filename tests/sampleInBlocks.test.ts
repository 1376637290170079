/** Drawing from a vocabulary of tens of thousands, against sums in 64 bits. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, normal } from '../lib/core/random';
import { tf } from '../lib/engine/tensorflow';
import { sampleTokens } from '../lib/sampling/decodeChunk';
import { sampleInBlocks } from '../lib/sampling/sampleInBlocks';
import { assertAllclose, assertFlatMemory } from './support/allclose';

const V = 49_152;
const n = 40;
const random = createRandom(3, 'logits');
const logits = Array.from({ length: n }, (_, row) =>
  Float32Array.from({ length: V }, () => (row < 20 ? 1 : 4) * normal(random)),
);
const uniforms = Array.from({ length: n }, (_, row) =>
  row === 0 ? 0 : row === 1 ? 1 - 2 ** -24 : random.next(),
);

/** The probabilities of a row, in 64 bits. */
function probabilities(row: Float32Array): Float64Array {
  const top = row.reduce((a, b) => Math.max(a, b));
  const raised = Float64Array.from(row, (x) => Math.exp(x - top));
  const sum = raised.reduce((a, b) => a + b);
  return raised.map((x) => x / sum);
}

const inBlocks = (): {
  ids: ArrayLike<number>;
  logprobs: ArrayLike<number>;
  entropies: ArrayLike<number>;
} =>
  // prettier-ignore
  assertFlatMemory(() =>
    tf.tidy(() => {
      const all = tf.tensor2d(Float32Array.from(logits.flatMap((row) => [...row])), [n, V]);
      const { ids, logprobs, entropies } = sampleInBlocks(all, tf.tensor1d(uniforms));
      return {
        ids: ids.dataSync(),
        logprobs: logprobs.dataSync(),
        entropies: entropies.dataSync(),
      };
    }),
  );

test('a token is drawn where its number falls in the exact sum, to within the rounding of 32 bits', () => {
  const { ids, logprobs, entropies } = inBlocks();
  logits.forEach((row, i) => {
    const p = probabilities(row);
    const below = p.slice(0, ids[i]).reduce((a, b) => a + b, 0);
    const u = uniforms[i]!;
    assert.ok(below - 3e-6 <= u && u <= below + p[ids[i]!]! + 3e-6, `row ${i}: ${u} of ${below}`);
    assertAllclose([logprobs[i]!], [Math.log(p[ids[i]!]!)], { relative: 1e-4 });
    const entropy = -p.reduce((sum, x) => sum + x * Math.log(x), 0);
    assertAllclose([entropies[i]!], [entropy], { relative: 1e-4 });
  });
});

test('only tokens that can be are drawn: one of certain, the first and the last of a few', () => {
  const row = new Float32Array(V).fill(-1e9);
  const at = [255, 256, 40_000, V - 1];
  for (const id of at) row[id] = 0;
  const draws = [0, 0.2, 0.2501, 0.4999, 0.5001, 0.74, 0.7501, 1 - 2 ** -24];
  const ids = tf.tidy(() => {
    const rows = tf.tile(tf.tensor2d(row, [1, V]), [draws.length, 1]);
    return [...sampleInBlocks(rows, tf.tensor1d(draws)).ids.dataSync()];
  });
  assert.deepEqual(ids, at.flatMap((id) => [id, id])); // prettier-ignore
});

test('a small vocabulary that does not fill its blocks is drawn from as by the plain sum', () => {
  const small = Array.from({ length: 300 }, () => Float32Array.from({ length: 300 }, () => normal(random))); // prettier-ignore
  const draws = small.map(() => random.next());
  tf.tidy(() => {
    const all = tf.tensor2d(Float32Array.from(small.flatMap((row) => [...row])), [300, 300]);
    const [a, b] = [sampleTokens, sampleInBlocks].map((draw) => draw(all, tf.tensor1d(draws)).ids.dataSync()); // prettier-ignore
    assert.deepEqual([...a!], [...b!]);
  });
});
