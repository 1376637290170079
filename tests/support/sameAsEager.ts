import assert from 'node:assert/strict';
import { jit, type JitOptions } from '../../lib/engine/jit';
import { tf } from '../../lib/engine/tensorflow';
import { disposeTree, flatten, treeShape, type TensorTree } from '../../lib/engine/tree';
import { assertAllclose, assertFlatMemory } from './allclose';

/** Asserts that a recorded function computes what the plain one computes, on both calls, and leaks nothing. */
export function assertSameAsEager<A extends TensorTree[]>(
  fn: (...args: A) => TensorTree,
  args: A,
  options: JitOptions = {},
  relative = 1e-6,
): void {
  const compiled = jit(fn, options);
  assertFlatMemory(() => {
    const expected = tf.tidy(() => fn(...args) as tf.TensorContainer) as TensorTree;
    for (const call of ['recording', 'replaying']) {
      const actual = compiled(...args);
      assert.deepEqual(treeShape(actual), treeShape(expected), call);
      flatten(actual).forEach((tensor, i) => {
        const wanted = flatten(expected)[i]!;
        assert.deepEqual([tensor.shape, tensor.dtype], [wanted.shape, wanted.dtype], call);
        assertAllclose(tensor, wanted, { relative, what: `${call}, output ${i}, value` });
      });
      disposeTree(actual);
    }
    disposeTree(expected);
  });
  assert.equal(compiled.graphs, 1);
  compiled.dispose();
  assert.equal(compiled.graphs, 0);
}
