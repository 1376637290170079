/** The workers on Ray that decode, seen from here: a program in Python that passes on what they are sent. */
import { UserError } from '../../core/errors';
import { startRayProgram, type RayAddress } from '../../core/rayProgram';
import type { tf } from '../../engine/tensorflow';
import type { Rollout } from '../sampler';
import { frameOf, readFrames, type AnswerFrame, type DecodeFrame } from './frames';

/** Which Ray, and how many workers on it. */
export interface RayPlace extends RayAddress {
  /** default: as many as its cores allow */
  readonly workers?: number;
  /** cores of each worker */
  readonly cores: number;
}

/** Workers that hold weights. */
export interface RayDecoders {
  readonly workers: number;
  /** ends the workers */
  stop(): void;
  /** sends the tensors that are others than at the last call; returns how many */
  send(weights: readonly tf.Tensor[]): number;
  /** asks for the rollouts of some prompts with the weights that were sent last; a UserError where the workers have ended */
  ask(request: Omit<DecodeFrame, 'id'>): Promise<Rollout[][]>;
}

interface Waiting {
  readonly resolve: (groups: Rollout[][]) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the workers. What goes wrong is a UserError of one line. They end with this process. */
export async function startRayDecoders(place: RayPlace): Promise<RayDecoders> {
  const { workers = 0, cores, ...ray } = place;
  const child = startRayProgram('lib/sampling/ray/decode_on_ray.py', ray, { workers, cores });
  const waiting = new Map<number, Waiting>();
  let requests = 0;
  let sent: readonly object[] = [];
  let complaints = '';
  let hasEnded: UserError | undefined;
  child.stderr.on('data', (part: Buffer) => (complaints += part.toString()));
  const ended = new Promise<never>((_, reject) =>
    child.on('close', () => {
      const why = complaints.trim().split('\n').at(-1) || 'Ray ended without a word: run again';
      hasEnded = new UserError(why);
      for (const { reject: fail } of waiting.values()) fail(hasEnded);
      waiting.clear();
      reject(hasEnded);
    }),
  );
  ended.catch(() => undefined);
  const hold = (isHeld: boolean): void => {
    for (const one of [child, child.stdin, child.stdout, child.stderr] as unknown as Held[])
      if (isHeld) one.ref();
      else one.unref();
  };
  const answers = readFrames<AnswerFrame>(child.stdout);
  const first = await Promise.race([answers.next(), ended]);
  if (first.done) return ended;
  const listen = async (): Promise<void> => {
    for await (const { head, data } of answers) {
      const { resolve, reject } = waiting.get(head.id!)!;
      waiting.delete(head.id!);
      if (waiting.size === 0) hold(false);
      if (head.error === undefined) resolve(JSON.parse(data.toString()) as Rollout[][]);
      else reject(new UserError(head.error));
    }
  };
  void listen();
  hold(false);
  return {
    workers: first.value.head.workers!,
    stop: () => void child.stdin.end(),
    send(weights) {
      const changed = weights.map((_, i) => i).filter((i) => sent[i] !== weights[i]!.dataId);
      for (const i of changed) child.stdin.write(tensorFrame(weights[i]!, i));
      sent = weights.map((tensor) => tensor.dataId);
      return changed.length;
    },
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (hasEnded) return reject(hasEnded);
        const id = requests++;
        waiting.set(id, { resolve, reject });
        hold(true);
        child.stdin.write(frameOf({ id, ...request }, Buffer.alloc(0)));
      }),
  };
}

function tensorFrame(tensor: tf.Tensor, place: number): Buffer {
  const { buffer, byteOffset, byteLength } = tensor.dataSync();
  const head = { tensor: place, shape: tensor.shape };
  return frameOf(head, Buffer.from(buffer, byteOffset, byteLength));
}

/** What keeps this process from ending. */
interface Held {
  ref(): void;
  unref(): void;
}
