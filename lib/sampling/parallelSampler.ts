/**
 * Decoding in several processes. A decoding step is some hundred small ops, too small to be shared between threads: two
 * processes of one thread each decode nearly twice as many tokens a second as one process of two threads. Each
 * process decodes a part of every group. Random numbers belong to (seed, step, prompt, sample, position), so the
 * rollouts are those of one process (up to rounding in the last digit of a logit).
 */
import { fork, type ChildProcess } from 'node:child_process';
import * as os from 'node:os';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { root } from '../core/files';
import { nodeBackend } from '../engine/tensorflow';
import { flatten, treeShape } from '../engine/tree';
import type { ModelConfig } from '../model/config';
import type { DecodeReply, DecodeRequest } from './decodeProcess';
import {
  checkSampling,
  createSampler,
  type Rollout,
  type Sampler,
  type SamplerSettings,
} from './sampler';

/** What a sampler with several processes is made for. */
export interface ParallelSettings extends Pick<SamplerSettings, 'endTokens' | 'decode'> {
  /** default: one for each core, at most 4; none on a GPU */
  processes?: number;
  /** fewer rows than this are decoded in this process, which is then faster; default 128 */
  leastRows?: number;
}

/** Makes a sampler that decodes many rows in several processes, and few rows in this one. */
export function createParallelSampler(config: ModelConfig, settings: ParallelSettings): Sampler {
  const { endTokens, decode, leastRows = 128 } = settings;
  const count =
    settings.processes ??
    (nodeBackend().isUsingGpuDevice ? 1 : Math.min(4, os.availableParallelism()));
  const local = createSampler(config, { endTokens, decode });
  return {
    async sample(parameters, prompts, options) {
      const { groupSize, firstSample = 0 } = options;
      if (count < 2 || prompts.length * groupSize < leastRows)
        return local.sample(parameters, prompts, options);
      checkSampling(config, prompts, options);
      const weightsShape = treeShape(parameters);
      const weights = flatten(parameters).map((tensor) => ({
        shape: tensor.shape,
        values: tensor.dataSync() as Float32Array,
      }));
      const firstOf = (i: number): number => Math.floor((i * groupSize) / count);
      const asked = decodingProcesses(count).flatMap((child, i) => {
        const [from, to] = [firstOf(i), firstOf(i + 1)];
        if (from === to) return [];
        const part = { ...options, groupSize: to - from, firstSample: firstSample + from };
        return [ask(child, { config, endTokens, weights, weightsShape, prompts, options: part })];
      });
      const parts = await Promise.all(asked);
      return prompts.map((_, p) =>
        parts
          .flatMap((groups) => groups[p]!)
          .map((rollout) => ({ ...rollout, text: decode(rollout.completionIds) })),
      );
    },
    dispose: () => local.dispose(),
  };
}

interface Waiting {
  readonly child: ChildProcess;
  readonly resolve: (groups: Rollout[][]) => void;
  readonly reject: (error: Error) => void;
}

/** The processes of all samplers: they start with the first call that needs them and end with this process. */
const children: ChildProcess[] = [];
const waiting = new Map<number, Waiting>();
let requests = 0;

function decodingProcesses(count: number): ChildProcess[] {
  while (children.length < count) children.push(startProcess());
  return children.slice(0, count);
}

function startProcess(): ChildProcess {
  const child = fork(path.join(root, 'lib/sampling/decodeProcess.ts'), {
    cwd: root,
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.on('message', (reply: DecodeReply) => {
    const { resolve, reject } = waiting.get(reply.id)!;
    waiting.delete(reply.id);
    keepAlive(child);
    if ('groups' in reply) resolve(reply.groups);
    else reject(reply.isForPeople ? new UserError(reply.error) : new Error(reply.error));
  });
  child.on('exit', (code, signal) => drop(child, `ended with ${signal ?? `code ${code}`}`));
  child.on('error', (error) => {
    if (child.pid === undefined) drop(child, `did not start, ${error.message}`);
    else child.kill(); // its channel is broken, mostly because it has ended: 'exit' says how
  });
  return child;
}

/** Takes a process out of use. The calls that wait for its answer fail. */
function drop(child: ChildProcess, what: string): void {
  const place = children.indexOf(child);
  if (place >= 0) children.splice(place, 1);
  for (const [id, { child: asked, reject }] of waiting) {
    if (asked !== child) continue;
    waiting.delete(id);
    reject(new UserError(`a decoding process ${what}: run again`));
  }
}

function ask(child: ChildProcess, request: Omit<DecodeRequest, 'id'>): Promise<Rollout[][]> {
  const id = requests++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { child, resolve, reject });
    keepAlive(child);
    child.send({ id, ...request });
  });
}

/** Lets this process end although the other one lives, unless a call waits for its answer. */
function keepAlive(child: ChildProcess): void {
  const busy = [...waiting.values()].some((request) => request.child === child);
  if (busy) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}
