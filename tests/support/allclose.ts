import assert from 'node:assert/strict';
import { tf } from '../../lib/engine/tensorflow';

/**
 * Asserts `|actual - expected| <= absolute + relative |expected|` for every number; NaN is never close. Tensors are
 * read and kept; their shape is not looked at.
 */
export function assertAllclose(
  actual: tf.Tensor | ArrayLike<number>,
  expected: tf.Tensor | ArrayLike<number>,
  { absolute = 1e-6, relative = 1e-5, what = 'value' } = {},
): void {
  const a = numbers(actual);
  const e = numbers(expected);
  assert.equal(a.length, e.length, `${what}: number of values`);
  for (let i = 0; i < e.length; i++) {
    const close = a[i] === e[i] || Math.abs(a[i]! - e[i]!) <= absolute + relative * Math.abs(e[i]!);
    assert.ok(close, `${what} ${i} of ${e.length} is ${a[i]!}, expected ${e[i]!}`);
  }
}

/** Returns the values of a tensor, or an array as it is. */
export function numbers(values: tf.Tensor | ArrayLike<number>): ArrayLike<number> {
  return values instanceof tf.Tensor ? values.dataSync() : values;
}

/** Asserts that the call neither keeps nor frees a tensor in the end, and returns what it returned. */
export function assertFlatMemory<T>(call: () => T): T {
  const before = tf.memory().numTensors;
  const result = call();
  assert.equal(tf.memory().numTensors - before, 0, 'tensors left behind');
  return result;
}
