/** Measures the tokens per second of each piece of work, here and, in turn with it, in PyTorch. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { tf } from '../engine/tensorflow';
import { disposeTree } from '../engine/tree';
import { saveCheckpoint } from '../model/checkpoint';
import { modelConfig, type ModelSize } from '../model/config';
import { decoderLogits } from '../model/decoder';
import { countParameters, initParameters, type Model } from '../model/parameters';
import { checkpointFolder, filesBeside, findCheckpoint, recorded } from '../stages/places';
import { taskVocabularySize } from '../tokenizer/vocabulary';
import {
  benchPrompts,
  createBench,
  groupSize,
  trainShape,
  type Bench,
  type GrpoMeasurement,
} from './ours';
import { compare, type BenchRow, type Comparison, type Work } from './compare';
import { trlSteps, type Measurement, type TorchServer } from './torch';

/**
 * Measures how many billion operations a second the engine reaches at best in matrix products of 1024 x 1024 x 1024: ten at a
 * time, so that reading a result takes no part of it.
 */
export function matMulGflops(): number {
  const [a, b] = [tf.randomUniform([1024, 1024]), tf.randomUniform([1024, 1024])];
  const tenProducts = (): number =>
    tf.tidy(() => {
      const began = performance.now();
      for (let i = 0; i < 9; i++) tf.matMul(a, b);
      tf.slice(tf.matMul(a, b), [0, 0], [1, 1]).dataSync();
      return (10 * 2 * 1024 ** 3) / 1e6 / (performance.now() - began);
    });
  const best = Math.max(...Array.from({ length: 10 }, tenProducts));
  disposeTree(a, b);
  return Math.round(best);
}

/**
 * Returns the recorded R1-Zero of a size, whose answers have real lengths, or random weights where none is recorded.
 */
export function modelOf(size: ModelSize): { model: Model; folder: string } {
  const name = `${size}-r1-zero-s0`;
  if (fs.existsSync(checkpointFolder(recorded, name))) return findCheckpoint(name);
  const config = modelConfig(size, taskVocabularySize);
  const model = { config, parameters: initParameters(config, 0) };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-bench-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  saveCheckpoint(folder, model, filesBeside(model));
  return { model, folder };
}

/** Loads the model into PyTorch and checks that its logits are ours. */
async function loadThere(torch: TorchServer, folder: string, { config, parameters }: Model) {
  const prompts = benchPrompts().slice(0, 4);
  const { logits } = await torch.ask<{ logits: number[][] }>('load', { folder, ids: prompts });
  prompts.forEach((ids, i) => {
    const ours = tf.tidy(() =>
      decoderLogits(
        config,
        parameters,
        tf.tensor(ids, [1, ids.length], 'int32'),
        tf.zeros([1, ids.length]),
      ).dataSync(),
    );
    const apart = Math.max(...ours.map((x, j) => Math.abs(x - logits[i]![j]!)));
    if (!(apart < 1e-3)) throw new Error(`the PyTorch model is another one: logits ${apart} apart`);
  });
}

/** What is known of a GRPO step besides its tokens per second. */
export type StepProfile = Pick<GrpoMeasurement, 'parts' | 'padding' | 'tensorIds'>;

/** Measures everything of one size; with `torch`, in turn with PyTorch. */
export async function measureSpeed(
  size: ModelSize,
  repeats: number,
  torch: TorchServer | null,
): Promise<{ rows: BenchRow[]; step: StepProfile }> {
  const { model, folder } = modelOf(size);
  if (torch) await loadThere(torch, folder, model);
  const weights = countParameters(model.parameters);
  const bench = createBench(size, model);
  let step: StepProfile = { parts: {}, padding: 1, tensorIds: 0 };
  const grpo = async (): Promise<Measurement> => {
    const { tokens, seconds, ...profile } = await bench.grpo();
    step = profile;
    return { tokens, seconds };
  };
  const rows: BenchRow[] = [];
  for (const { work, otherName, ours, other } of [
    ...trainingAndDecoding(bench, torch),
    ...grpoSteps(grpo, torch, repeats),
    { work: 'evaluation', otherName: '', ours: () => bench.evaluate(), other: null },
  ])
    rows.push(await compare({ work, size, weights, otherName }, repeats, ours, other));
  bench.dispose();
  return { rows, step };
}

/** Returns the request that lets PyTorch sample as many completions of the same prompts. */
const asked = (newTokens: number) => ({
  prompts: benchPrompts(),
  group: groupSize,
  new_tokens: newTokens,
});

function trainingAndDecoding(bench: Bench, torch: TorchServer | null): Comparison[] {
  const there = (work: string, request: object): Work | null =>
    torch && (() => torch.ask<Measurement>(work, { ...request }));
  const { rows, rowLength: length, steps } = trainShape;
  const train = (compiled: boolean): Work | null =>
    there('train', { rows, length, steps, compiled });
  const ours = {
    train: (): Measurement => bench.train(),
    decode: (): Promise<Measurement> => bench.decode(150),
    decodeAlone: (): Measurement => bench.decodeAlone(150),
    decodeShort: (): Promise<Measurement> => bench.decode(60),
  };
  const decode = there('decode', asked(150));
  const generate = there('generate', asked(60));
  const all: Comparison[] = [
    { work: 'training', otherName: 'PyTorch', ours: ours.train, other: train(false) },
    { work: 'training', otherName: 'torch.compile', ours: ours.train, other: train(true) },
    { work: 'decoding', otherName: 'PyTorch', ours: ours.decode, other: decode },
    { work: 'decoding, one process', otherName: 'PyTorch', ours: ours.decodeAlone, other: decode },
    { work: 'decoding, 60 tokens', otherName: 'generate', ours: ours.decodeShort, other: generate },
  ];
  // Without PyTorch each number of ours is measured once, and not again for a second opponent.
  return torch ? all : all.filter(({ otherName }) => otherName === 'PyTorch');
}

function grpoSteps(ours: Work, torch: TorchServer | null, repeats: number): Comparison[] {
  const work = 'GRPO step';
  if (!torch) return [{ work, otherName: 'PyTorch', ours, other: null }];
  const other = (): Promise<Measurement> => torch.ask('grpo', asked(150));
  return [
    { work, otherName: 'PyTorch', ours, other },
    { work, otherName: 'TRL', ours, other: trlSteps(torch, asked(150), repeats) },
  ];
}
