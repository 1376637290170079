import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jit } from '../lib/engine/jit';
import { tf } from '../lib/engine/tensorflow';
import { disposeTree, flatten } from '../lib/engine/tree';
import { assertAllclose, assertFlatMemory } from './support/allclose';
import { assertSameAsEager } from './support/sameAsEager';

test('nested arguments and results come through a graph', () => {
  const matrix = tf.tensor2d([
    [1, -2, 3],
    [4, 5, -6],
  ]);
  const rows = [tf.tensor1d([0.5, 2, 1]), tf.tensor1d([3, 0, -1])];
  assertSameAsEager(
    ({ x, list }: { x: tf.Tensor; list: tf.Tensor[] }, bias: tf.Tensor) => ({
      sum: tf.sum(x),
      parts: list.map((row) => tf.add(tf.mul(x, row), bias)),
      deep: [[tf.softmax(tf.matMul(x, x, false, true))]],
    }),
    [{ x: matrix, list: rows }, tf.scalar(10)],
  );
});

test('the graph is chosen by how the arguments are built, not by their tensors alone', () => {
  const difference = jit(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => tf.sub(a, b));
  const [five, three] = [tf.scalar(5), tf.scalar(3)];
  assert.equal(difference({ a: five, b: three }).dataSync()[0], 2);
  assert.equal(difference({ b: three, a: five }).dataSync()[0], 2);
  assert.equal(difference({ b: five, a: three }).dataSync()[0], -2);
  const sums = jit((lists: tf.Tensor[][]) => lists.map((list) => tf.addN(list)));
  const values = (trees: tf.Tensor[]): number[] => trees.map((t) => t.dataSync()[0]!);
  assert.deepEqual(values(sums([[five, three], [three]])), [8, 3]);
  assert.deepEqual(values(sums([[five], [three, three]])), [5, 6]);
});

test('one value as several results, and an argument as a result', () => {
  const x = tf.tensor1d([1, 2, 3]);
  const compiled = jit((input: tf.Tensor) => {
    const doubled = tf.mul(input, 2);
    return { doubled, again: doubled, input, constant: tf.tensor1d([7, 8]) };
  });
  for (let call = 0; call < 3; call++) {
    const result = compiled(x);
    const read = Object.values(result).map((tensor) => [...tensor.dataSync()]);
    assert.deepEqual(read, [
      [2, 4, 6],
      [2, 4, 6],
      [1, 2, 3],
      [7, 8],
    ]);
    disposeTree(result); // each result is a tensor of its own: the argument lives on
    assert.deepEqual([...x.dataSync()], [1, 2, 3]);
  }
});

test('whole numbers and truth values', () => {
  const whole = tf.tensor1d([3, -4, 5], 'int32');
  const truth = tf.tensor1d([true, false, true], 'bool');
  assertSameAsEager(
    (i: tf.Tensor, b: tf.Tensor) => ({
      sum: tf.add(i, tf.tensor1d([-7, -7, -7], 'int32')),
      product: tf.mul(i, tf.tensor1d([1, -2, 3], 'int32')),
      both: tf.logicalAnd(tf.greater(i, tf.scalar(0, 'int32')), b),
      not: tf.logicalAnd(b, tf.tensor1d([true, true, true], 'bool')),
      columns: [tf.expandDims(i, 1), tf.expandDims(b, 0), tf.expandDims(tf.cast(i, 'float32'))],
      rounded: tf.cast(tf.tensor1d([1.5, -1.5, 2]), 'int32'),
      chosen: tf.where(b, i, tf.neg(i)),
      rows: tf.gather(
        tf.tensor2d([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
        tf.cast(b, 'int32'),
      ),
      oneHot: tf.oneHot(tf.tensor1d([2, 0], 'int32'), 3),
      best: tf.argMax(i),
    }),
    [whole, truth],
  );
});

test('constants of one repeated value, of many, and of none', () => {
  const x = tf.tensor2d([
    [1, 2],
    [3, 4],
  ]);
  const signs = tf.tensor1d([0, -0]);
  assertSameAsEager(
    (input: tf.Tensor) => [
      tf.add(input, tf.fill([2, 2], 0.1)),
      tf.mul(input, tf.zeros([2, 2])),
      tf.add(input, tf.ones([2])),
      tf.add(input, tf.tensor2d([0.1, 0.2, 0.3, 0.4], [2, 2])),
      tf.div(input, tf.tensor1d([0, -0])), // +0 and -0 are two values
      tf.div(input, tf.tensor1d([-0, -0])),
      tf.add(input, tf.tensor1d([-Infinity, -Infinity])),
      tf.concat([input, tf.tensor2d([], [0, 2])]),
      tf.zerosLike(input),
      tf.onesLike(input),
    ],
    [x],
  );
  const infinite = jit((input: tf.Tensor) => tf.div(input, tf.tensor1d([0, -0])));
  infinite(x);
  assert.deepEqual([...infinite(x).dataSync()], [Infinity, -Infinity, Infinity, -Infinity]);
  disposeTree(signs);
});

test('a graph for each shape, at most maxGraphs, the least recently used one goes', () => {
  let recordings = 0;
  const sum = jit(
    (x: tf.Tensor) => {
      recordings++;
      return tf.sum(tf.square(x));
    },
    { maxGraphs: 2 },
  );
  const recordingsAfter = (size: number): number[] => {
    const x = tf.fill([size], 2);
    const result = sum(x);
    assert.equal(result.dataSync()[0], 4 * size);
    disposeTree(x, result);
    return [recordings, sum.graphs];
  };
  assert.deepEqual(recordingsAfter(1), [1, 1]);
  assert.deepEqual(recordingsAfter(1), [1, 1]);
  assert.deepEqual(recordingsAfter(2), [2, 2]);
  assert.deepEqual(recordingsAfter(1), [2, 2]); // now 2 is the one used longest ago
  assert.deepEqual(recordingsAfter(3), [3, 2]); // in its place
  assert.deepEqual(recordingsAfter(1), [3, 2]);
  assert.deepEqual(recordingsAfter(2), [4, 2]);
  const whole = tf.tensor1d([1, 2], 'int32');
  assert.equal(sum(whole).dataSync()[0], 5); // another dtype is another graph
  assert.equal(recordings, 5);
  sum.dispose();
  assert.equal(sum.graphs, 0);
  assert.deepEqual(recordingsAfter(2), [6, 1]); // and it can be used again
});

test('one graph for every leading size', () => {
  let recordings = 0;
  const weights = tf.tensor2d([1, -1, 0.5, 2, 0, 3], [3, 2]);
  const fn = (x: tf.Tensor, w: tf.Tensor) => {
    const n = x.shape[0]!;
    const wide = tf.reshape(x, [n, 3, 1]);
    const pair = tf.concat([wide, tf.mul(wide, tf.scalar(2))], 2); // [n, 3, 2]
    return {
      logits: tf.softmax(tf.matMul(x, w)),
      sums: tf.sum(tf.reshape(pair, [n, 6]), 1),
      parts: tf.split(x, [1, 2], 1),
      steps: tf.stack(tf.unstack(x, 1)),
    };
  };
  const compiled = jit(
    (x: tf.Tensor, w: tf.Tensor) => {
      recordings++;
      return fn(x, w);
    },
    { freeLeading: true },
  );
  for (const n of [2, 1, 5, 3, 2]) {
    const x = tf.tensor2d(
      Float32Array.from({ length: n * 3 }, (_, i) => Math.sin(i)),
      [n, 3],
    );
    assertFlatMemory(() => {
      const actual = flatten(compiled(x, weights));
      const expected = tf.tidy(() => flatten(fn(x, weights)));
      actual.forEach((tensor, i) => {
        assert.deepEqual(tensor.shape, expected[i]!.shape);
        assertAllclose(tensor, expected[i]!);
      });
      disposeTree(actual, expected);
    });
  }
  assert.deepEqual([recordings, compiled.graphs], [1, 1]);
  compiled(tf.ones([1, 3]), tf.ones([3, 1])); // any size, also of the other argument
  assert.equal(recordings, 1);
  compiled.dispose();
});

test('ops that fix the leading size are refused where it has to be free', () => {
  const x = tf.ones([2, 3]);
  const fixed: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    Slice: (t) => tf.slice(t, [0, 0], [1, 2]),
    Tile: (t) => tf.tile(t, [2, 1]),
    Fill: (t) => tf.add(t, tf.fill([2, 3], 2)),
  };
  for (const [op, fn] of Object.entries(fixed)) {
    const message = `jit: ${op} fixes the leading dimension: pass the tensor as an argument`;
    assert.throws(() => jit(fn, { freeLeading: true })(x), { message });
    assertSameAsEager(fn, [x]);
  }
});

test('a tensor from outside is an error unless it is declared constant', () => {
  const outside = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const x = tf.tensor1d([1, 1]);
  const fn = (input: tf.Tensor): tf.Tensor => tf.sum(tf.mul(outside, input));
  assertFlatMemory(() =>
    assert.throws(() => jit(fn)(x), {
      message:
        'jit: the function uses a float32 tensor [2,2] from outside: ' +
        'pass it as an argument, or list it in constants if it never changes',
    }),
  );
  assert.equal(fn(x).dataSync()[0], 10, 'the backend works as before after the error');
  assertSameAsEager(fn, [x], { constants: [outside] });
  assertSameAsEager(fn, [x], { constants: [outside], freeLeading: true });
});

test('numbers and texts are no arguments', () => {
  const compiled = jit((x: tf.Tensor, rate: tf.Tensor) => tf.mul(x, rate));
  assert.throws(() => compiled(tf.scalar(1), 0.5 as never), {
    name: 'TypeError',
    message: 'not a tensor: 0.5: pass numbers as tf.scalar',
  });
  assert.throws(() => compiled(tf.scalar(1), tf.scalar('half') as never), {
    name: 'TypeError',
    message: 'jit takes no string tensors',
  });
  assert.equal(compiled.graphs, 0);
});

test('a recorded function inside another one', () => {
  const double = jit((x: tf.Tensor) => tf.mul(x, tf.scalar(2)));
  const x = tf.tensor1d([1, 2]);
  assertSameAsEager((input: tf.Tensor) => tf.add(double(input), tf.scalar(1)), [x]);
  assert.deepEqual([...double(x).dataSync()], [2, 4]);
  assertSameAsEager((input: tf.Tensor) => tf.add(double(input), tf.scalar(1)), [x]);
});

test('an error of the function leaves the engine as it was', () => {
  const failing = jit((x: tf.Tensor): tf.Tensor => {
    tf.square(x);
    throw new Error('on purpose');
  });
  assertFlatMemory(() => {
    const x = tf.scalar(3);
    assert.throws(() => failing(x), { message: 'on purpose' });
    assert.equal(failing.graphs, 0);
    const square = jit((y: tf.Tensor) => tf.square(y));
    const results = [square(x), square(x), tf.square(x)];
    assert.deepEqual(
      results.map((result) => result.dataSync()[0]),
      [9, 9, 9],
    );
    square.dispose();
    disposeTree(x, results);
  });
});

test('on another backend the function is just called', async () => {
  const calls: number[] = [];
  const sum = jit((x: tf.Tensor) => {
    calls.push(x.size);
    return { sum: tf.sum(tf.mul(x, tf.scalar(3))) };
  });
  await tf.setBackend('cpu');
  try {
    const x = tf.tensor1d([1, 2]);
    for (let call = 0; call < 3; call++)
      assert.equal(
        assertFlatMemory(() => {
          const result = sum(x);
          const value = result.sum.dataSync()[0];
          disposeTree(result);
          return value;
        }),
        9,
      );
    assert.deepEqual([calls, sum.graphs], [[2, 2, 2], 0]);
  } finally {
    await tf.setBackend('tensorflow');
  }
});

test('a thousand calls leave no tensor behind', () => {
  const compiled = jit((x: { a: tf.Tensor }, list: tf.Tensor[]) => ({
    x: tf.add(x.a, list[0]!),
    y: [tf.sum(list[0]!)],
  }));
  const a = tf.ones([3]);
  const first = compiled({ a }, [a]);
  disposeTree(first);
  const before = tf.memory();
  for (let call = 0; call < 1000; call++) disposeTree(compiled({ a }, [a]));
  const after = tf.memory();
  assert.deepEqual(
    [after.numTensors, after.numDataBuffers, after.numBytes],
    [before.numTensors, before.numDataBuffers, before.numBytes],
  );
  compiled.dispose();
});
