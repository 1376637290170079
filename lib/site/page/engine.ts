/**
 * The engine of the page: it stands in the place of `engine/tensorflow.ts` wherever the library is bundled for a browser.
 * tfjs's own backends compute there, and a function that would run as one graph runs op by op.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-backend-cpu';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

export { tf };

/** What of tfjs-node's backend is asked for beyond graphs: which device it uses, and how many tensors were made. */
export const nodeBackend = () => ({
  isUsingGpuDevice: false,
  getInputTensorIds: (tensors: readonly tf.Tensor[]): number[] => tensors.map(({ id }) => id),
});

/** Waits until the backend is ready and says what it is. */
export async function startEngine() {
  await tf.ready();
  return {
    backend: tf.getBackend(),
    tensorflow: `tfjs ${tf.version_core}, ${tf.getBackend()}`,
    device: tf.getBackend() === 'webgpu' ? 'GPU' : 'CPU',
    cpu: navigator.userAgent,
    threads: 1,
    node: 'none',
  };
}

/**
 * The gradient of a look-up adds up rows by their index, which tfjs's WASM backend cannot. The sum is made here, in the
 * order of the rows.
 */
tf.registerKernel({
  kernelName: 'UnsortedSegmentSum',
  backendName: 'wasm',
  kernelFunc({ inputs, backend, attrs }) {
    const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
    const wasm = backend as BackendWasm;
    const segments = attrs!.numSegments as number;
    const shape = [segments, ...x.shape.slice(1)];
    const sum = wasm.makeOutput(shape, x.dtype);
    const [from, to] = [wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(sum)];
    const ids = wasm.typedArrayFromHeap(segmentIds);
    const width = shape.slice(1).reduce((product, size) => product * size, 1);
    to.fill(0);
    for (let row = 0; row < ids.length; row++) {
      const at = ids[row]! * width;
      for (let i = 0; i < width; i++) to[at + i] = to[at + i]! + from[row * width + i]!;
    }
    return sum;
  },
});
