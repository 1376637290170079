/** The process of Node in a decoding worker on Ray: takes tensors and requests on standard input, and answers on standard output. */
import { startEngine, tf } from '../../engine/tensorflow';
import { disposeTree, unflatten } from '../../engine/tree';
import type { Parameters } from '../../model/parameters';
import { createSampler, type LocalSampler } from '../sampler';
import { frameOf, readFrames, type DecodeFrame, type TensorFrame } from './frames';

/** The weights as they are now, at their places. */
const held: tf.Tensor[] = [];
let sampler: LocalSampler | undefined;
let samplerOf = '';

function take({ tensor: place, shape }: TensorFrame, data: Buffer): void {
  const before = held[place];
  if (before) disposeTree(before);
  held[place] = tf.tensor(new Float32Array(Uint8Array.from(data).buffer), shape);
}

/** The rollouts of a request, without their texts: these are for who asks. */
function rolloutsOf({ config, sampling, weightsShape, prompts, options }: DecodeFrame): string {
  const key = JSON.stringify([config, sampling]);
  if (key !== samplerOf) {
    sampler?.dispose();
    sampler = createSampler(config, { ...sampling, decode: () => '' });
    samplerOf = key;
  }
  const parameters = unflatten(weightsShape, [...held]) as Parameters;
  return JSON.stringify(sampler!.sample(parameters, prompts, options));
}

async function serve(): Promise<void> {
  process.on('SIGINT', () => {}); // who has asked decides what stops
  await startEngine();
  for await (const { head, data } of readFrames(process.stdin)) {
    if ('tensor' in head) take(head, data);
    else process.stdout.write(frameOf({ id: head.id }, Buffer.from(rolloutsOf(head))));
  }
}

export const serving: Promise<void> = serve();
