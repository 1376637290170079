/** How a sampler, the program for Ray and its workers talk: a line of JSON that says how many bytes follow it, and these. */
import type { Readable } from 'node:stream';
import type { TreeShape } from '../../engine/tree';
import type { ModelConfig } from '../../model/config';
import type { SamplerSettings, SamplingOptions } from '../sampler';

/** A tensor of the weights; its numbers follow. */
export interface TensorFrame {
  /** its place in the flat list of all */
  readonly tensor: number;
  readonly shape: number[];
}

/** Asks for rollouts. */
export interface DecodeFrame {
  readonly id: number;
  readonly config: ModelConfig;
  readonly sampling: Omit<SamplerSettings, 'decode' | 'tokenizer'>;
  readonly weightsShape: TreeShape;
  /** how many tensors the weights are */
  readonly tensors: number;
  readonly prompts: readonly (readonly number[])[];
  readonly options: SamplingOptions;
}

/** The answer to a request; the rollouts follow as JSON. The first frame says how many workers there are. */
export interface AnswerFrame {
  readonly id?: number;
  readonly error?: string;
  readonly workers?: number;
}

/** Returns the bytes of a frame. */
export function frameOf(head: TensorFrame | DecodeFrame | AnswerFrame, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ ...head, bytes: data.length })}\n`), data]);
}

/** Reads the frames of a stream until it ends. */
export async function* readFrames<Head = TensorFrame | DecodeFrame>(
  stream: Readable,
): AsyncGenerator<{ head: Head; data: Buffer }> {
  let parts: Buffer[] = [];
  let length = 0;
  let wanted = 0; // bytes, before it is worth to look
  let head: (Head & { bytes: number }) | undefined;
  for await (const part of stream as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length < wanted) continue;
    let all = Buffer.concat(parts);
    for (;;) {
      if (!head) {
        const end = all.indexOf(10);
        if (end < 0) break;
        head = JSON.parse(all.subarray(0, end).toString()) as Head & { bytes: number };
        all = all.subarray(end + 1);
      }
      if (all.length < head.bytes) break;
      yield { head, data: all.subarray(0, head.bytes) };
      all = all.subarray(head.bytes);
      head = undefined;
    }
    parts = [all];
    length = all.length;
    wanted = head?.bytes ?? 0;
  }
}
