/**
 * Samples groups of rollouts: several completions of each prompt, decoded together.
 *
 * 1. A prompt runs through the decoder once; its keys and values are shared out to the rows of its group.
 * 2. Eight steps are one recorded graph (`decodeChunk`), so a finished row runs on to the end of its chunk. The tokens
 *    after its end token are thrown away.
 * 3. Finished rows are dropped between chunks, to a multiple of 64 rows: each new matrix size costs TensorFlow a
 *    new plan.
 * 4. Recording takes longer than a short rollout, so a disposed sampler leaves its graphs to the next one of its kind.
 * 5. The random number of a token depends on (seed, step, prompt, sample, position) alone: a rollout is the same
 *    however prompts are batched together (up to rounding in the last digit of a logit).
 */
import { UserError } from '../core/errors';
import { uniformAt } from '../core/random';
import { jit, type Jitted } from '../engine/jit';
import { tf } from '../engine/tensorflow';
import { disposeTree } from '../engine/tree';
import type { ModelConfig } from '../model/config';
import type { Parameters } from '../model/parameters';
import { rotaryAngles } from '../model/rotary';
import type { TextTokenizer } from '../tokenizer/textTokenizer';
import { decodeChunk, type ChunkInputs, type ChunkOutputs } from './decodeChunk';
import { padPrompts, prefill, type KvCache } from './prefill';

/** Why a completion ended: at its end token, or at the cap on its length. */
export type FinishReason = 'stop' | 'length';

/** One completion of one prompt. */
export interface Rollout {
  readonly promptIds: readonly number[];
  /** the sampled tokens, the end token included */
  readonly completionIds: number[];
  /** the completion as text */
  readonly text: string;
  /** log-probability of each token under the distribution it was drawn from */
  readonly logprobs: number[];
  /** entropy of that distribution at each token, in nats */
  readonly entropies: number[];
  /** mean of the entropies */
  readonly entropy: number;
  readonly finishReason: FinishReason;
}

/** How prompts are completed. Equal options and weights give equal rollouts. */
export interface SamplingOptions {
  /** completions per prompt */
  groupSize: number;
  maxNewTokens: number;
  seed: number;
  /** default 1 */
  temperature?: number;
  /** step of the run, part of the seed; default 0 */
  step?: number;
  /** number of the first prompt, part of the seed; default 0 */
  firstPrompt?: number;
  /** number of each group's first completion, part of the seed; default 0 */
  firstSample?: number;
}

/** Something that completes prompts with a model's weights. */
export interface Sampler {
  /** of a language model; without it the sampler speaks the workbook's vocabulary */
  readonly tokenizer?: TextTokenizer;
  /** one group of rollouts per prompt, in order */
  sample(
    parameters: Parameters,
    prompts: readonly (readonly number[])[],
    options: SamplingOptions,
  ): Rollout[][] | Promise<Rollout[][]>;
  dispose(): void;
}

/** A sampler that decodes in this process. */
export interface LocalSampler extends Sampler {
  sample(
    parameters: Parameters,
    prompts: readonly (readonly number[])[],
    options: SamplingOptions,
  ): Rollout[][];
}

/** What a sampler is made for. */
export interface SamplerSettings {
  /** any of these ends a completion */
  endTokens: readonly number[];
  /** the text of a completion's ids */
  decode: (ids: readonly number[]) => string;
  /** of a language model */
  tokenizer?: TextTokenizer;
  /** steps recorded as one graph */
  chunkLength?: number;
  /** rows are dropped to a multiple of this */
  rowMultiple?: number;
  /** most rows decoded at once */
  maxRows?: number;
  /** false runs op by op: slow, for tests */
  recorded?: boolean;
}

/** Uniform numbers are scaled to stay just under 1, because a cumulative sum may end a rounding error below 1. */
const belowOne = 1 - 2e-6;

/** One chunk of decoding steps. The caller disposes of the cache and the inputs. */
type Chunk = (parameters: Parameters, cache: KvCache, inputs: ChunkInputs) => ChunkOutputs;

/** The graphs of disposed samplers, the newest of each kind. */
const left = new Map<string, Jitted<[Parameters, KvCache, ChunkInputs], ChunkOutputs>>();

/** Makes a sampler for models of this shape. It holds native graphs until it is disposed. */
export function createSampler(config: ModelConfig, settings: SamplerSettings): LocalSampler {
  const { endTokens, decode, chunkLength = 8, rowMultiple = 64, maxRows = 1024 } = settings;
  const step: Chunk = (parameters, cache, inputs) => decodeChunk(config, parameters, cache, inputs);
  const kind = JSON.stringify([config, chunkLength]);
  const recorded = left.get(kind) ?? jit(step, { freeLeading: true });
  left.delete(kind);
  const chunk = settings.recorded === false ? eager(step) : recorded;
  const decoding = { config, endTokens, decode, chunkLength, rowMultiple, chunk };
  return {
    tokenizer: settings.tokenizer,
    sample(parameters, prompts, options) {
      checkSampling(config, prompts, options);
      const { temperature = 1, step = 0, firstPrompt = 0, firstSample = 0 } = options;
      const all = { ...options, temperature, step, firstPrompt, firstSample };
      const perCall = Math.max(1, Math.floor(maxRows / all.groupSize));
      const groups: Rollout[][] = [];
      for (let p = 0; p < prompts.length; p += perCall) {
        const part = { ...all, firstPrompt: all.firstPrompt + p };
        groups.push(...sampleRows(decoding, parameters, prompts.slice(p, p + perCall), part));
      }
      return groups;
    },
    dispose() {
      left.get(kind)?.dispose();
      left.set(kind, recorded);
    },
  };
}

/** What all calls of one sampler share. */
interface Decoding {
  readonly config: ModelConfig;
  readonly endTokens: readonly number[];
  readonly decode: (ids: readonly number[]) => string;
  readonly chunkLength: number;
  readonly rowMultiple: number;
  readonly chunk: Chunk;
}

/** Decodes the groups of some prompts together, chunk after chunk, until all rows have ended. */
function sampleRows(
  { config, endTokens, decode, chunkLength, rowMultiple, chunk }: Decoding,
  parameters: Parameters,
  prompts: readonly (readonly number[])[],
  options: Required<SamplingOptions>,
): Rollout[][] {
  const { groupSize, maxNewTokens, temperature } = options;
  const padded = padPrompts(prompts);
  const { starts } = padded;
  const rows = startRows(prompts.length, options);
  let live = [...rows];
  let current = Int32Array.from(live, (row) => padded.last[row.prompt]!);
  let cache = repeatRows(prefill(config, parameters, padded), groupSize);
  for (let position = 0; position < maxNewTokens; position += chunkLength) {
    const t = padded.width - 1 + position;
    const about = { current, starts, t, position, chunkLength, temperature };
    const inputs = chunkInputs(config, live, about);
    const out = chunk(parameters, cache, inputs);
    disposeTree(cache, inputs);
    cache = out.cache;
    const n = live.length;
    const ids = readChunk(out, live, maxNewTokens, endTokens);
    const alive = live.filter((row) => !row.done).length;
    if (alive === 0) break;
    const kept = rowsToKeep(live, Math.min(n, Math.ceil(alive / rowMultiple) * rowMultiple));
    current = Int32Array.from(kept, (i) => ids[(chunkLength - 1) * n + i]!);
    if (kept.length < n) {
      cache = gatherRows(cache, kept);
      live = kept.map((i) => live[i]!);
    }
  }
  disposeTree(cache);
  const rollouts = rows.map((row) => toRollout(prompts[row.prompt]!, row, endTokens, decode));
  return prompts.map((_, p) => rollouts.slice(p * groupSize, (p + 1) * groupSize));
}

function toRollout(
  promptIds: readonly number[],
  { ids, logprobs, entropies }: Row,
  endTokens: readonly number[],
  decode: (ids: readonly number[]) => string,
): Rollout {
  return {
    promptIds,
    completionIds: ids,
    text: decode(ids),
    logprobs,
    entropies,
    entropy: entropies.reduce((sum, e) => sum + e, 0) / ids.length,
    finishReason: endTokens.includes(ids[ids.length - 1]!) ? 'stop' : 'length',
  };
}

/** A row being decoded. */
interface Row {
  prompt: number;
  /** the part of the random numbers' key that belongs to the row */
  place: number[];
  ids: number[];
  logprobs: number[];
  entropies: number[];
  done: boolean;
}

function startRows(prompts: number, options: Required<SamplingOptions>): Row[] {
  const { groupSize, seed, step, firstPrompt, firstSample } = options;
  return Array.from({ length: prompts * groupSize }, (_, i) => {
    const prompt = Math.floor(i / groupSize);
    const place = [seed, step, firstPrompt + prompt, firstSample + (i % groupSize)];
    return { prompt, place, ids: [], logprobs: [], entropies: [], done: false };
  });
}

/**
 * Appends a chunk's tokens to its rows, up to their end tokens, and returns all ids [S, n]. Disposes all but the
 * cache.
 */
function readChunk(
  out: ChunkOutputs,
  live: readonly Row[],
  maxNewTokens: number,
  endTokens: readonly number[],
): Int32Array {
  const n = live.length;
  const ids = out.ids.dataSync() as Int32Array;
  const logprobs = out.logprobs.dataSync() as Float32Array;
  const entropies = out.entropies.dataSync() as Float32Array;
  live.forEach((row, i) => {
    for (let at = i; at < ids.length && !row.done; at += n) {
      row.ids.push(ids[at]!);
      row.logprobs.push(logprobs[at]!);
      row.entropies.push(entropies[at]!);
      row.done = endTokens.includes(ids[at]!) || row.ids.length === maxNewTokens;
    }
  });
  disposeTree(out.ids, out.logprobs, out.entropies);
  return ids;
}

/** Throws a UserError where an option is out of range, or prompt and completion do not fit into the context. */
export function checkSampling(
  config: ModelConfig,
  prompts: readonly (readonly number[])[],
  { temperature = 1, maxNewTokens, groupSize }: SamplingOptions,
): void {
  if (!(temperature > 0))
    throw new UserError(`invalid temperature: ${temperature}: use a number above 0`);
  if (!(groupSize >= 1)) throw new UserError(`invalid group size: ${groupSize}: use 1 or more`);
  const longest = Math.max(0, ...prompts.map((p) => p.length));
  if (longest + maxNewTokens > config.contextLength)
    throw new UserError(
      `${longest} prompt tokens and ${maxNewTokens} new ones do not fit: the context is ${config.contextLength}`,
    );
}

/** Makes a chunk run op by op instead of as a recorded graph. */
const eager =
  (chunk: Chunk): Chunk =>
  (...args) =>
    tf.tidy(() => chunk(...args) as unknown as tf.TensorContainer) as unknown as ChunkOutputs;

/** Where a chunk of decoding steps begins. */
interface ChunkStart {
  /** the last token of each live row */
  readonly current: Int32Array;
  /** the place where each prompt starts */
  readonly starts: readonly number[];
  /** places in the cache */
  readonly t: number;
  /** tokens sampled so far */
  readonly position: number;
  readonly chunkLength: number;
  readonly temperature: number;
}

function chunkInputs(
  config: ModelConfig,
  live: readonly Row[],
  { current, starts, t, position, chunkLength, temperature }: ChunkStart,
): ChunkInputs {
  const n = live.length;
  const uniforms = new Float32Array(chunkLength * n);
  const bias = new Float32Array(n * t);
  live.forEach((row, i) => {
    for (let s = 0; s < chunkLength; s++)
      uniforms[s * n + i] = uniformAt(...row.place, position + s) * belowOne;
    bias.fill(-1e9, i * t, i * t + starts[row.prompt]!);
  });
  const { cos, sin } = rotaryAngles(t, chunkLength, config);
  return {
    current: tf.tensor(current, [n], 'int32'),
    uniforms: tf.tensor(uniforms, [chunkLength, n]),
    cos: tf.tensor(cos, [chunkLength, config.headDim]),
    sin: tf.tensor(sin, [chunkLength, config.headDim]),
    cacheBias: tf.tensor(bias, [n, 1, 1, t]),
    inverseTemperature: tf.scalar(1 / temperature),
  };
}

/** Returns the indices of the rows to keep: all that are alive, and finished ones up to the wanted number. */
function rowsToKeep(live: readonly Row[], wanted: number): number[] {
  const indices = live.map((_, i) => i);
  if (wanted === live.length) return indices;
  const alive = indices.filter((i) => !live[i]!.done);
  const finished = indices.filter((i) => live[i]!.done).slice(0, wanted - alive.length);
  return [...alive, ...finished].sort((a, b) => a - b);
}

/** Returns a cache with only these rows, and disposes of the old one. */
function gatherRows(cache: KvCache, rows: readonly number[]): KvCache {
  const index = tf.tensor1d(Int32Array.from(rows), 'int32');
  const gathered = {
    keys: cache.keys.map((tensor) => tf.gather(tensor, index)),
    values: cache.values.map((tensor) => tf.gather(tensor, index)),
  };
  disposeTree(cache, index);
  return gathered;
}

/** Returns a cache in which each row stands `times` times in succession, and disposes of the old one. */
function repeatRows(cache: KvCache, times: number): KvCache {
  const rows = cache.keys[0]!.shape[0]!;
  return gatherRows(
    cache,
    Array.from({ length: rows * times }, (_, i) => Math.floor(i / times)),
  );
}
