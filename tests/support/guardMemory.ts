import { tf } from '../../lib/engine/tensorflow';

/**
 * Runs one step and fails if it left more tensors behind than it should have: tfjs frees nothing by itself, so a
 * step that keeps one tensor ends a long run out of memory.
 */
export async function guardMemory<T>(
  what: string,
  step: () => T | Promise<T>,
  newTensors = 0,
): Promise<T> {
  const before = tf.memory().numTensors;
  const result = await step();
  const left = tf.memory().numTensors - before;
  if (left !== newTensors)
    throw new Error(`${what} left ${left} tensors behind, expected ${newTensors}`);
  return result;
}
