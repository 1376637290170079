import { stopFlag } from '../core/loop';
import { nodeBackend, tf } from './tensorflow';

/** tfjs-node numbers its tensors with a 32-bit counter that never goes back. Past its end every call would fail. */
const lastTensorId = 2 ** 31 - 1;

/** Returns how many tensors this process has made so far, including those inside the backend. */
export function tensorsMade(): number {
  const tensor = tf.scalar(0);
  const [id] = nodeBackend().getInputTensorIds([tensor]) as [number];
  tensor.dispose();
  return id;
}

/**
 * Asks the running loop to stop, as a person would, when the numbers of tensors come near their end. The run then saves
 * itself and can go on in a new process.
 */
export function stopNearTensorLimit(limit = lastTensorId - 1e7): void {
  if (tensorsMade() < limit || stopFlag.requested) return;
  stopFlag.requested = true;
  console.log(
    `the engine has numbered ${limit} tensors and cannot number many more: restart, and run the same again`,
  );
}
