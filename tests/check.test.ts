import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { check } from '../lib/workbook/check';

/** Returns whether a check passes, and what it says. */
function outcome(...about: Parameters<typeof check>): [boolean, string] {
  const log = mock.method(console, 'log', () => undefined);
  check(...about);
  const [call] = log.mock.calls;
  log.mock.restore();
  const said = String(call!.arguments[0]);
  return [said.startsWith('✓'), said];
}

test('right answers: values, functions, numbers within the tolerance, parts of objects', () => {
  assert.deepEqual(outcome('one', 1, 1), [true, '✓ one']);
  assert.equal(outcome('a', () => [0.5, -0.5], [0.5, -0.5000001])[0], true);
  assert.equal(outcome('a', 1.04, 1, { tolerance: 0.05 })[0], true);
  assert.equal(outcome('a', { x: [1], more: 2 }, { x: [1] })[0], true);
  assert.equal(outcome('a', NaN, NaN)[0], true);
  assert.equal(outcome('a', null, null)[0], true);
});

test('wrong answers say what differs, with a hint where there is one', () => {
  assert.deepEqual(outcome('a', 2, 1, { hint: 'subtract' }), [
    false,
    '✗ a: the answer is 2, expected 1\n  hint: subtract',
  ]);
  assert.equal(outcome('a', [1, 3], [1, 2])[1], '✗ a: part 1 is 3, expected 2');
  assert.equal(outcome('a', [1], [1, 2])[1], '✗ a: the answer has 1 parts, expected 2');
  assert.equal(outcome('a', { x: 1 }, { x: 1, y: 2 })[1], '✗ a: y is not there yet, expected 2');
  assert.equal(outcome('a', undefined, 3)[1], '✗ a: the answer is not there yet, expected 3');
  assert.equal(outcome('a', '1', 1)[1], '✗ a: the answer is "1", expected 1');
  assert.equal(outcome('a', false, true)[1], '✗ a: not yet');
  assert.equal(outcome('a', NaN, 1)[1], '✗ a: the answer is NaN, expected 1');
  assert.equal(outcome('a', null, [1])[1], '✗ a: the answer is null, expected [1]');
});

test('nothing that an answer does is an error', () => {
  const fails = (): never => {
    throw new Error('no such thing');
  };
  assert.equal(outcome('a', fails, 1)[1], '✗ a: your code failed with no such thing');
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  assert.equal(outcome('a', circle, 1)[1], '✗ a: the answer is [object Object], expected 1');
  assert.match(outcome('a', 'x'.repeat(300), '')[1], /^✗ a: the answer is "x{76}…, expected ""$/);
});
