/** Compiles a small graph and prints its result. The first argument becomes a part of the graph. */
import { jit } from '../../lib/engine/jit';
import { startEngine, tf } from '../../lib/engine/tensorflow';

async function main(): Promise<void> {
  await startEngine();
  const salt = Number(process.argv[2]);
  const compiled = jit((x: tf.Tensor) => tf.add(tf.mul(tf.sin(x), salt), tf.cos(x)), { xla: true });
  const result = compiled(tf.tensor([1, 2, 3, 4]));
  console.log(result.dataSync().join());
}

export const finished: Promise<void> = main();
