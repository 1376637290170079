/** Measures whether memory stays flat over many training steps and rollout batches. */
import type { Row } from '../core/csv';
import { progress } from '../core/progress';
import { tensorsMade } from '../engine/memory';
import { tf } from '../engine/tensorflow';
import type { Model } from '../model/parameters';
import { createBench } from './ours';

/** How long memory is watched. */
export interface MemoryOptions {
  /** default 2000 */
  readonly trainingSteps?: number;
  /** default 200 */
  readonly rolloutBatches?: number;
  /** new tokens at most in a completion; default that of the bench */
  readonly newTokens?: number;
}

/**
 * Returns the rows of `memory.csv`, with tensor count and resident memory: one after every 20 training steps, then one
 * after every 2 rollout batches. The model is disposed of at the end.
 */
export async function measureMemory(
  size: 'tiny' | 'small',
  model: Model,
  { trainingSteps = 2000, rolloutBatches = 200, newTokens }: MemoryOptions = {},
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
