/** How much memory the training of a language model needs: reckoned before it starts. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import { UserError } from '../../core/errors';
import { createRandom } from '../../core/random';
import { weightsOf, type ModelConfig } from '../../model/config';
import type { Model } from '../../model/parameters';
import { languageChunk, languageRows } from '../../sampling/languageSampler';
import type { BatchShape } from '../../training/packing';
import { promptIds } from '../../tasks/index';
import { problemsOfPlan } from '../../tasks/plan';
import type { LoraSettings, RLSettings } from '../settings';

/** What the need depends on. */
export interface MemoryNeeds {
  readonly config: ModelConfig;
  readonly lora: LoraSettings;
  readonly batch: BatchShape;
  /** completions that are decoded at once; more than the sampler takes are decoded in turn */
  readonly rows: number;
  /** tokens of prompt and completion together */
  readonly length: number;
}

const float = 4; // bytes
/** Node with TensorFlow, in bytes. */
const program = 450e6;
/** What recording and running a graph needs beside what is counted here, in bytes. */
const graph = 350e6;

/**
 * Returns the bytes that reinforcement learning by adapters needs at its height: the program, the model, its copy with the
 * adapters added in, and either sampling or the update, whichever needs more. Measured with SmolLM2 on a CPU the estimate was
 * within a tenth (data/bench/README.md).
 */
export function memoryNeed({ config, lora, batch, rows, length }: MemoryNeeds): number {
  const { numLayers: L, numHeads: H, numKvHeads: KV, headDim: D, hiddenDim, modelDim, vocabSize } = config; // prettier-ignore
  const weights = float * weightsOf(config);
  const merged = weights - float * vocabSize * modelDim;
  const sampled = Math.min(rows, languageRows);
  const cache = 2 * float * L * 2 * KV * D * length; // of a row, old and new
  const logits = 11 * float * languageChunk * vocabSize; // of a row, with what is made of them
  const sampling = sampled * (cache + logits);
  const places = batch.rows * batch.rowLength;
  const kept = 1.2 * (6 * modelDim + 2 * (H + 2 * KV) * D + 4 * hiddenDim); // floats of a block for each place
  const scores = H * batch.rowLength; // and of its attention
  const blocks = float * places * (lora.recompute ? kept + scores + L * modelDim : L * (kept + scores)); // prettier-ignore
  const vocabulary = 3 * float * Math.min(places, 512) * vocabSize;
  return program + 1.1 * weights + merged + graph + Math.max(sampling, blocks + vocabulary);
}

/** What this machine has for programs that start now, in bytes. */
function available(): number {
  try {
    const [, kilobytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(fs.readFileSync('/proc/meminfo', 'utf8'))!; // prettier-ignore
    return 1024 * Number(kilobytes);
  } catch {
    return os.freemem();
  }
}

/** What reinforcement learning with these settings needs: its longest first prompt stands for all. */
export function needsOf(
  { config, tokenizer }: Pick<Model, 'config' | 'tokenizer'>,
  { plan, batches, maxNewTokens }: Pick<RLSettings, 'plan' | 'batches' | 'maxNewTokens'>,
  lora: LoraSettings,
): MemoryNeeds {
  const problems = problemsOfPlan(plan, createRandom('memory'));
  const prompts = problems.map((problem) => promptIds(problem, 'en', tokenizer).length);
  const length = Math.max(...prompts) + maxNewTokens;
  return { config, lora, batch: batches[0]!, rows: languageRows, length };
}

/**
 * Says what a training will need. Throws a UserError, with the numbers, where the machine has not got it. What this process
 * holds already is part of the need.
 */
export function refuseWithoutMemory(
  needs: MemoryNeeds,
  free = available() + process.memoryUsage.rss(),
): string {
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  const need = memoryNeed(needs);
  if (need <= free) return `about ${gigabytes(need)} of memory, ${gigabytes(free)} are free`;
  const { rowLength } = needs.batch;
  throw new UserError(
    `this needs about ${gigabytes(need)} of memory, ${gigabytes(free)} are free: close other programs, use a smaller model, or batches of fewer than ${rowLength} places`,
  );
}
