/** Measures how the cost of a GRPO step grows with the model: seconds per token and memory by the number of weights. */
import { execFileSync } from 'node:child_process';
import * as os from 'node:os';
import { UserError } from '../core/errors';
import { modelConfig, type ModelConfig, type ModelSize } from '../model/config';
import { countParameters, initParameters } from '../model/parameters';
import { taskVocabularySize } from '../tokenizer/vocabulary';
import { rlSettings } from '../stages/settings';
import { createBench } from './ours';

/** A row of `scaling.csv`: one model, one GRPO step of 512 completions of at most 60 tokens from random weights. */
export interface ScalingRow {
  readonly size: string;
  readonly weights: number;
  readonly tokens: number;
  readonly secondsSampling: number;
  readonly secondsUpdates: number;
  /** peak memory of this process, plus the memory of the decoding processes after the step */
  readonly peakMiB: number;
  readonly estimateMiB: number;
}

/** Returns the configuration of a named size, or of `512x8x8`: width, layers and heads. */
export function scalingConfig(name: string): ModelConfig {
  const custom = /^(\d+)x(\d+)x(\d+)$/.exec(name);
  if (!custom) return modelConfig(name, taskVocabularySize);
  const [modelDim, numLayers, numHeads] = custom.slice(1).map(Number) as [number, number, number];
  const headDim = modelDim / numHeads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0 || modelDim * numLayers === 0)
    throw new UserError(`${name}: the width has to be an even multiple of the heads`);
  // Three matrices of 8/3 of the width cost what two of four times the width would (Shazeer 2020, SwiGLU).
  const hiddenDim = 16 * Math.round(modelDim / 6);
  const shape = { modelDim, numLayers, numHeads, numKvHeads: 1, headDim, hiddenDim };
  return modelConfig('large', taskVocabularySize, shape);
}

/**
 * Estimates how many MiB a GRPO step of 512 completions takes on a CPU: the engine in each process, the weights with
 * gradients and optimizer, what an update's widest batch keeps for its backward pass, and the caches of decoding.
 * `size` names the settings whose batches are used.
 */
export function estimateMiB(config: ModelConfig, size: ModelSize = 'large'): number {
  const { rows, rowLength } = rlSettings(size).batches.at(-1)!;
  const { modelDim: d, numLayers, numHeads, numKvHeads, headDim, hiddenDim, vocabSize } = config;
  const processes = Math.min(4, os.availableParallelism());
  const layer = d * (numHeads + 2 * numKvHeads) * headDim + numHeads * headDim * d + 3 * d * hiddenDim; // prettier-ignore
  const weights = numLayers * layer + vocabSize * d;
  const perPlace = 12 * d + 3 * (numHeads + 2 * numKvHeads) * headDim + 8 * hiddenDim;
  const activations = numLayers * rows * rowLength * (perPlace + 4 * numHeads * rowLength);
  const logits = 6 * rows * rowLength * vocabSize;
  const cache = 3 * 512 * config.contextLength * numLayers * 2 * numKvHeads * headDim;
  const decoding = processes * 6 * weights; // the weights in the message to a process, and there
  const floats = 9 * weights + 2 * activations + logits + cache + decoding;
  return Math.round(700 + 450 * processes + (4 * floats) / 2 ** 20);
}

/** Throws a UserError where the estimate is more than the memory that is free. */
export function refuseTooLarge(
  name: string,
  config: ModelConfig,
  freeMiB = os.freemem() / 2 ** 20,
  size?: ModelSize,
): void {
  const estimate = estimateMiB(config, size);
  if (estimate > freeMiB)
    throw new UserError(
      `${name} needs about ${gib(estimate)} GiB of memory and ${gib(freeMiB)} GiB are free: use a smaller size`,
    );
}

const gib = (mib: number): string => (mib / 1024).toFixed(1);

/** Measures one size in this process, which should be fresh, because the memory of a process only ever grows. */
export async function measureScaling(name: string): Promise<ScalingRow> {
  const config = scalingConfig(name);
  refuseTooLarge(name, config);
  const parameters = initParameters(config, 0);
  const weights = countParameters(parameters);
  const bench = createBench('large', { config, parameters }, 60);
  await bench.grpo(); // records the graphs and starts the processes
  const { tokens, parts } = await bench.grpo();
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024 + childrenMiB());
  bench.dispose();
  return {
    size: name,
    weights,
    tokens,
    secondsSampling: parts['sampling and rewards']!,
    secondsUpdates: parts.updates!,
    peakMiB,
    estimateMiB: estimateMiB(config),
  };
}

/** Returns the resident memory of the processes that this one started, in MiB. */
function childrenMiB(): number {
  const list = execFileSync('ps', ['-A', '-o', 'ppid=,rss='], { encoding: 'utf8' });
  const own = list.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return own.reduce((sum, [parent, kib]) => sum + (parent === process.pid ? kib! : 0), 0) / 1024;
}
