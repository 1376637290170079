import { tf } from './tensorflow';

/** The part of tfjs's engine that remembers which ops led to a value. */
interface TapeState {
  activeTape: unknown;
}

/** A function of tensors that get gradients, and of others that do not. */
export type Recomputable = (inputs: tf.Tensor[], others: tf.Tensor[]) => tf.Tensor;

/**
 * Computes a function that keeps nothing for its gradient but its arguments, and computes itself again on the way back
 * (Chen et al. 2016, https://arxiv.org/abs/1604.06174). Everything that was made inside the function whose gradient is
 * asked for has to be an argument. With `again` false the graph of a jitted function computes it once all the same,
 * because TensorFlow joins equal ops: then only recording is spared the memory.
 */
export function recomputed(
  fn: Recomputable,
  { inputs, others }: { inputs: readonly tf.Tensor[]; others: readonly tf.Tensor[] },
  again: boolean,
): tf.Tensor {
  const custom = tf.customGrad((...args) => {
    const given = args.slice(0, inputs.length) as tf.Tensor[];
    const save = args[inputs.length] as unknown as (tensors: tf.Tensor[]) => void;
    save([...given, ...others]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [first, ...more] = saved.slice(0, inputs.length) as [tf.Tensor, ...tf.Tensor[]];
      const later = [again ? afterGradient(first, dy) : first, ...more];
      const kept = saved.slice(inputs.length);
      return withTapeOfItsOwn(() => tf.grads((...x: tf.Tensor[]) => fn(x, kept))(later, dy));
    };
    return { value: fn(given, [...others]), gradFunc };
  });
  return custom(...inputs);
}

/** Returns x as a value that TensorFlow cannot have before `dy`: it adds what is 0 and what no rewriting sees to be 0. */
const afterGradient = (x: tf.Tensor, dy: tf.Tensor): tf.Tensor =>
  tf.add(x, tf.minimum(tf.square(tf.max(dy)), 0));

/** Runs a gradient inside the gradient of another function, whose tape tfjs would lose. */
function withTapeOfItsOwn<T>(fn: () => T): T {
  const { state } = tf.engine() as unknown as { state: TapeState };
  const { activeTape } = state;
  try {
    return fn();
  } finally {
    state.activeTape = activeTape;
  }
}
