import { tf } from './tensorflow';

/**
 * Makes an op whose gradient is written by hand. The gradient tape then holds one node instead of one for each op
 * inside. `forward` returns the value and the tensors that the gradient needs. `backward` gets the gradient of the
 * value and those tensors, and returns one gradient for each input.
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
