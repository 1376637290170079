/** Whether memory stays flat: many training steps and rollout batches, with tensor count and resident memory. */
import type { Row } from '../core/csv';
import { progress } from '../core/progress';
import { tensorsMade } from '../engine/memory';
import { tf } from '../engine/tensorflow';
import type { Model } from '../model/parameters';
import { createBench } from './ours';

/** Rows of `memory.csv`: one every 20 training steps, then one every 2 rollout batches. */
export async function measureMemory(
  size: 'tiny' | 'small',
  model: Model,
  trainingSteps = 2000,
  rolloutBatches = 200,
  newTokens?: number,
): Promise<Row[]> {
  const bench = createBench(size, model, newTokens);
  const rows: Row[] = [];
  const note = (work: string, count: number): void => {
    rows.push({
      work,
      count,
      tensors: tf.memory().numTensors,
      tensorIds: tensorsMade(),
      residentMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
    });
  };
  const stepsAtOnce = 10;
  const rounds = trainingSteps / stepsAtOnce;
  const bar = progress('memory', rounds + rolloutBatches);
  for (let i = 1; i <= rounds; i++) {
    bench.train(stepsAtOnce);
    if (i % 2 === 0) note('training steps', i * stepsAtOnce);
    bar.update(i);
  }
  for (let i = 1; i <= rolloutBatches; i++) {
    await bench.grpo();
    if (i % 2 === 0) note('rollout batches', i);
    bar.update(rounds + i);
  }
  bar.end();
  bench.dispose();
  return rows;
}
