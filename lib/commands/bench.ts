import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { root } from '../core/files';
import { createRandom } from '../core/random';
import { startEngine, tf } from '../engine/tensorflow';
import { disposeTree } from '../engine/tree';
import { modelConfig, modelSizes, type ModelConfig } from '../model/config';
import { initParameters } from '../model/parameters';
import { createParallelSampler } from '../sampling/parallelSampler';
import { createSampler, type Sampler } from '../sampling/sampler';
import { wholeNumber } from '../stages/places';
import { vocabulary } from '../tokenizer/vocabulary';
import { adamW, adamWInputs, defaultAdamW } from '../training/adamw';
import { lossAndGradients } from '../training/gradients';
import { nextTokenLoss, type TextBatch } from '../training/nextToken';
import { packRows } from '../training/packing';
import { createTrainerState, Trainer } from '../training/trainer';
import { readArguments, runCommand } from './arguments';

const help = `
npm run bench -- [options]
Tokens per second of a training step (64 rows of 64 tokens, AdamW) and of decoding (512 rows, until the end token or
120 tokens): in parallel processes, recorded as graphs, and op by op, beside PyTorch where a Python has it. Leave the
machine alone meanwhile.

  --size NAMES      comma-separated sizes (small,base)
  --repeats N       measurements of each; the median is shown (5)
  --python PATH     a Python with torch (python3)
  --json            one JSON object
`;

/** A measurement: median tokens per second. `other` is PyTorch's. */
interface BenchRow {
  work: string;
  size: string;
  ours: number;
  other: number | null;
  otherName: string;
  ratio: number | null;
  unit: 'tokens/s';
}

const rows = 64;
const length = 64;
const decodeRows = 512;
const maxNewTokens = 120;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

function randomBatch(): TextBatch {
  const random = createRandom('bench');
  const sequences = Array.from({ length: rows }, () => ({
    ids: Array.from({ length: length + 1 }, () => random.int(vocabulary.length)),
    channels: { weights: Array<number>(length).fill(1 / (rows * length)) },
  }));
  const places = sequences.map((_, i) => [i]);
  return packRows(sequences, places, rows, length, ['weights']);
}

/** Rates of `repeats` runs of `work` after some to warm up; `work` returns how many tokens it did. */
async function rates(
  repeats: number,
  warmUps: number,
  work: () => number | Promise<number>,
): Promise<number[]> {
  const out: number[] = [];
  for (let i = 0; i < repeats + warmUps; i++) {
    const began = process.hrtime.bigint();
    const tokens = await work();
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    if (i >= warmUps) out.push(tokens / seconds);
  }
  return out;
}

async function trainRates(config: ModelConfig, repeats: number): Promise<number[]> {
  const state = createTrainerState(initParameters(config, 0));
  const trainer = new Trainer(nextTokenLoss(config), defaultAdamW, state);
  const measured = await rates(repeats, 3, () => {
    trainer.step([randomBatch()], 1e-3);
    return rows * length;
  });
  trainer.dispose();
  return measured;
}

async function eagerTrainRates(config: ModelConfig, repeats: number): Promise<number[]> {
  const lossFn = nextTokenLoss(config);
  let { parameters, optimizer } = createTrainerState(initParameters(config, 0));
  const measured = await rates(repeats, 2, () => {
    const batch = randomBatch();
    const next = tf.tidy(() => {
      const { gradients } = lossAndGradients((p) => lossFn(p, batch), parameters);
      const hyper = adamWInputs(1e-3, 1, defaultAdamW);
      const { parameters: p, state } = adamW(defaultAdamW, parameters, gradients, optimizer, hyper);
      return { parameters: p, optimizer: state } as unknown as tf.TensorContainer;
    }) as unknown as { parameters: typeof parameters; optimizer: typeof optimizer };
    disposeTree(parameters, optimizer, batch);
    ({ parameters, optimizer } = next);
    return rows * length;
  });
  disposeTree(parameters, optimizer);
  return measured;
}

async function decodeRates(
  config: ModelConfig,
  repeats: number,
  sampler: Sampler,
): Promise<number[]> {
  const parameters = initParameters(config, 0);
  const random = createRandom('bench prompts');
  const prompts = Array.from({ length: 32 }, () =>
    Array.from({ length: 8 }, () => 3 + random.int(vocabulary.length - 3)),
  );
  let step = 0;
  const measured = await rates(repeats, 1, async () => {
    const options = { groupSize: decodeRows / prompts.length, maxNewTokens, seed: 0, step: step++ };
    const groups = await sampler.sample(parameters, prompts, options);
    return groups.flat().reduce((sum, r) => sum + r.completionIds.length, 0);
  });
  sampler.dispose();
  disposeTree(parameters);
  return measured;
}

/** PyTorch's rates for the same work, or null when this Python has no torch. */
function torchRates(
  python: string,
  config: ModelConfig,
  repeats: number,
): { version: string; train: number[]; decode: number[] } | null {
  const task = JSON.stringify({ config, rows, length, decodeRows, maxNewTokens, repeats });
  const script = path.join(root, 'lib/commands/bench_torch.py');
  const { status, stdout } = spawnSync(python, [script, task], { encoding: 'utf8' });
  return status === 0 ? (JSON.parse(stdout) as ReturnType<typeof torchRates>) : null;
}

async function main(): Promise<void> {
  const { values } = readArguments(help, {
    size: { type: 'string', default: 'small,base' },
    repeats: { type: 'string', default: '5' },
    python: { type: 'string', default: 'python3' },
    json: { type: 'boolean', default: false },
  });
  const repeats = wholeNumber(values.repeats, '--repeats', 1);
  const sizes = values.size.split(',');
  const unknown = sizes.find((size) => !(modelSizes as string[]).includes(size));
  if (unknown !== undefined)
    throw new UserError(`unknown size ${unknown}: use ${modelSizes.join(', ')}`);
  const machine = await startEngine();
  const table: BenchRow[] = [];
  for (const size of sizes) {
    const config = modelConfig(size, vocabulary.length);
    const torch = torchRates(values.python, config, repeats);
    const add = (work: string, ours: number[], other?: number[]): void => {
      const theirs = other ? median(other) : null;
      table.push({
        work,
        size,
        ours: Math.round(median(ours)),
        other: theirs && Math.round(theirs),
        otherName: torch ? `PyTorch ${torch.version}` : '',
        ratio: theirs && Math.round((100 * median(ours)) / theirs) / 100,
        unit: 'tokens/s',
      });
      if (!values.json) process.stderr.write('.');
    };
    const decoding = { endToken: 2, decode: () => '' };
    const samplers = {
      'decoding, parallel': createParallelSampler(config, decoding),
      'decoding, recorded': createSampler(config, decoding),
      'decoding, op by op': createSampler(config, { ...decoding, recorded: false }),
    };
    add('training, recorded', await trainRates(config, repeats), torch?.train);
    add('training, op by op', await eagerTrainRates(config, repeats), torch?.train);
    for (const [work, sampler] of Object.entries(samplers))
      add(work, await decodeRates(config, repeats, sampler), torch?.decode);
  }
  if (values.json) return console.log(JSON.stringify({ machine, rows: table }));
  process.stderr.write('\n');
  console.log(`${machine.cpu}, ${machine.threads} threads, TensorFlow ${machine.tensorflow}`);
  for (const { work, size, ours, other, otherName, ratio } of table)
    console.log(
      `${size.padEnd(6)} ${work.padEnd(20)} ${String(ours).padStart(8)} tokens/s` +
        (other ? `   ${otherName} ${String(other).padStart(8)}   ratio ${ratio}` : ''),
    );
  if (table[0]?.other === null)
    console.log(
      `${values.python} has no torch: pip install torch there, or name one with --python`,
    );
}

export const finished: Promise<void> = runCommand(main);
