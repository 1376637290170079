/**
 * Which of tfjs's backends computes. That for WebGPU is not among them: the sampler reads its numbers at once, which that
 * backend does through a canvas, and in a worker the numbers were zeros, without an error (tfjs 4.22, Chromium 156).
 */
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { tf } from '../../../engine/tensorflow';

/** The backends in the order in which they are tried. */
export const backendNames = ['wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];

/** Starts the first backend of the list that this browser has, or the one that was asked for. Returns its name. */
export async function startBackend(asked?: BackendName): Promise<BackendName> {
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plain,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': threaded,
  });
  for (const name of asked ? [asked] : backendNames)
    if (await tf.setBackend(name).catch(() => false)) {
      await tf.ready();
      return name;
    }
  throw new Error(
    `cannot compute with ${asked ?? 'any engine'} here: use ${backendNames.join(' or ')}`,
  );
}
