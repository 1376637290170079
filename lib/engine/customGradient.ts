import { tf } from './tensorflow';

/**
 * An op whose gradient we write ourselves: one node on the tape instead of one for each step inside.
 * `forward` returns the value and what the gradient needs; `backward` gets the gradient of the value and what was
 * saved, and returns one gradient for each input.
 */
export function customGradient<A extends tf.Tensor[]>(
  forward: (...inputs: A) => { value: tf.Tensor; saved: tf.Tensor[] },
  backward: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[],
): (...inputs: A) => tf.Tensor {
  return tf.customGrad((...args) => {
    const save = args[args.length - 1] as unknown as (tensors: tf.Tensor[]) => void;
    const { value, saved } = forward(...(args.slice(0, -1) as unknown as A));
    save(saved);
    return { value, gradFunc: (dy: tf.Tensor, kept: tf.Tensor[]) => backward(dy, kept) };
  }) as (...inputs: A) => tf.Tensor;
}
