/** One of the processes that decode for `parallelSampler.ts`. It answers each request and ends with its parent. */
import { UserError } from '../core/errors';
import { startEngine, tf } from '../engine/tensorflow';
import { disposeTree, unflatten, type TreeShape } from '../engine/tree';
import type { ModelConfig } from '../model/config';
import type { Parameters } from '../model/parameters';
import { createSampler, type Rollout, type SamplingOptions } from './sampler';

/** The message that asks for rollouts. */
export interface DecodeRequest {
  readonly id: number;
  readonly config: ModelConfig;
  readonly endTokens: readonly number[];
  readonly weights: { readonly shape: number[]; readonly values: Float32Array }[];
  readonly weightsShape: TreeShape;
  readonly prompts: readonly (readonly number[])[];
  readonly options: SamplingOptions;
}

/** The message that answers a request: the rollouts, whose texts are empty, or why there are none. */
export type DecodeReply =
  | { readonly id: number; readonly groups: Rollout[][] }
  | { readonly id: number; readonly error: string; readonly isForPeople: boolean };

async function serve(): Promise<void> {
  process.on('SIGINT', () => {}); // Ctrl-C reaches the whole process group, and the parent decides what stops
  process.on('disconnect', () => process.exit());
  await startEngine();
  let samplerOf = '';
  let sampler: ReturnType<typeof createSampler> | undefined;

  const groupsOf = (request: DecodeRequest): Rollout[][] => {
    const { config, endTokens, prompts, options } = request;
    const key = JSON.stringify([config, endTokens]);
    if (key !== samplerOf) {
      sampler?.dispose();
      sampler = createSampler(config, { endTokens, decode: () => '' });
      samplerOf = key;
    }
    const tensors = request.weights.map(({ shape, values }) => tf.tensor(values, shape));
    const parameters = unflatten(request.weightsShape, tensors) as Parameters;
    try {
      return sampler!.sample(parameters, prompts, options);
    } finally {
      disposeTree(parameters);
    }
  };

  process.on('message', (request: DecodeRequest) => {
    let reply: DecodeReply;
    try {
      reply = { id: request.id, groups: groupsOf(request) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      reply = { id: request.id, error: message, isForPeople: error instanceof UserError };
    }
    process.send!(reply);
  });
}

export const serving: Promise<void> = serve();
