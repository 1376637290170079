import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import type { BenchRow } from '../bench/compare';
import { measureLanguageModel } from '../bench/languageModel';
import { ratioText, recordLanguage, recordMemory, recordOps, recordScaling, recordSpeed, type SpeedReport } from '../bench/records'; // prettier-ignore
import { isKeptToAvx2, keptToAvx2, processorFeatures, refuseBusyMachine, usedFeatures } from '../bench/machine'; // prettier-ignore
import { profileOps } from '../bench/opProfile';
import { measureScaling, refuseTooLarge, scalingConfig, type ScalingRow } from '../bench/scaling';
import { matMulGflops, measureSpeed, modelOf } from '../bench/speed';
import { measureMemory } from '../bench/steadyMemory';
import { startTorch, torchPython, type TorchServer } from '../bench/torch';
import { UserError } from '../core/errors';
import { root } from '../core/files';
import { formatSeconds, percent, whole } from '../core/format';
import { startEngine, type EngineReport } from '../engine/tensorflow';
import { modelConfig, modelSizes, type ModelSize } from '../model/config';
import { textTable } from '../reports/table';
import { languageModelFolder, loadLanguageModel } from '../stages/language/models';
import { taskVocabularySize } from '../tokenizer/vocabulary';
import { readArguments, runCommand, wholeNumber } from './arguments';

const help = `
npm run bench -- [options]
Measures the tokens per second of a training step (64 rows of 64 tokens), of decoding (512 rows), of a whole GRPO step
(512 completions: sampling, rewards, two updates) and of an evaluation. Other work on the machine disturbs it, and is refused
where the result is to be recorded. A ratio is the median of those of each round, with the least and the most.

  --size NAMES      sizes of the model, separated by commas (small,base)
  --repeats N       measurements of each work; the median is shown, with the least and the most (5)
  --against torch   measure the work in PyTorch, transformers and TRL too, in turn with ours; installs them into a
                    Python environment of their own
  --avx2            keep both sides to AVX2, as on a processor that has nothing wider
  --model NAME      measure, instead of all that, a language model that learns by adapters: decoding 64 rows, an update, a GRPO
                    step of 64 completions of 64 tokens and its memory; with --against torch beside transformers, PEFT and TRL
  --json            print one JSON object instead of the table
  --scaling NAMES   measure, instead of all that, a GRPO step of each of these sizes, with its memory; 512x8x8 stands for
                    width, layers and heads
  --ops             measure, instead of all that, how often each kind of op runs in a training step and for a token, and how
                    long, op by op; with it --size is small,base,large
  --memory          measure, instead of all that, tensors and memory over 2000 training steps and 200 rollout batches
                    of the small model
  --record          write the result to data/bench, and its picture to data/figures
`;

async function main(): Promise<number> {
  const { values } = readArguments(help, {
    size: { type: 'string', default: 'small,base' },
    repeats: { type: 'string', default: '5' },
    against: { type: 'string' },
    avx2: { type: 'boolean', default: false },
    model: { type: 'string' },
    json: { type: 'boolean', default: false },
    scaling: { type: 'string' },
    ops: { type: 'boolean', default: false },
    memory: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  });
  if (values.against !== undefined && values.against !== 'torch')
    throw new UserError(`unknown --against ${values.against}: use torch`);
  if (values.avx2) {
    const other = (['scaling', 'ops', 'memory', 'model'] as const).find((name) => values[name]);
    if (other !== undefined)
      throw new UserError(`--avx2 does not go with --${other}: leave one of them out`);
    if (!isKeptToAvx2()) return againWithAvx2();
  }
  if (values.record) await refuseBusyMachine();
  const began = Date.now();
  if (values.scaling !== undefined) await scaling(values.scaling.split(','), values);
  else if (values.ops) await ops(values);
  else if (values.memory) await memory(values.record);
  else if (values.model !== undefined) await languageModel(values.model, values);
  else await speed(values);
  if (!values.json) console.log(formatSeconds((Date.now() - began) / 1000));
  return 0;
}

/** Does what this process was asked for in one that uses nothing wider than AVX2. Returns its exit code. */
function againWithAvx2(): number {
  if (!processorFeatures().includes('AVX2'))
    throw new UserError('this processor has no AVX2: leave out --avx2');
  const command = [...process.execArgv, ...process.argv.slice(1)];
  const env = { ...process.env, ...keptToAvx2 };
  return spawnSync(process.execPath, command, { env, stdio: 'inherit' }).status ?? 1;
}

/** Measures each size in a process of its own, because the memory of a process only ever grows. */
async function scaling(
  names: readonly string[],
  { json, record }: { json: boolean; record: boolean },
): Promise<void> {
  names.forEach(scalingConfig); // an unknown size is refused before the first one is measured
  const [only, ...more] = names as [string, ...string[]];
  const rows: ScalingRow[] = [];
  if (more.length === 0) rows.push(await measureScaling(only));
  else
    for (const name of names) {
      const command = [...process.execArgv, process.argv[1]!, '--scaling', name, '--json'];
      const stdio = ['ignore', 'pipe', 'inherit'] as const;
      const { stdout, status } = spawnSync(process.execPath, command, {
        encoding: 'utf8',
        stdio: [...stdio],
      });
      if (status !== 0) throw new UserError(`${name} could not be measured: it says why above`);
      rows.push(...(JSON.parse(stdout) as ScalingRow[]));
    }
  if (json) return console.log(JSON.stringify(rows));
  const shown = rows.map((row) => [
    row.size,
    whole(row.weights),
    row.secondsSampling.toFixed(1),
    row.secondsUpdates.toFixed(1),
    ((1e6 * (row.secondsSampling + row.secondsUpdates)) / row.tokens).toFixed(0),
    String(row.peakMiB),
    String(row.estimateMiB),
  ]);
  const head = ['size', 'weights', 's sampling', 's updates', 'us a token', 'MiB', 'estimate'];
  console.log(textTable(head, shown, 1));
  if (record) await recordScaling(rows);
}

/** Kinds of ops that are shown; the file has all. */
const shownOps = 12;

async function ops({ size, json, record }: Asked): Promise<void> {
  const sizes = sizesNamed(size);
  await startEngine();
  const rows = sizes.flatMap(profileOps);
  if (record) recordOps(rows);
  if (json) return console.log(JSON.stringify(rows));
  const shown = sizes.flatMap((name) =>
    (['training', 'decoding'] as const).flatMap((work) =>
      rows.filter((row) => row.size === name && row.work === work).slice(0, shownOps),
    ),
  );
  const head = ['size', 'work', 'op', 'count', 'ms', 'share', 'GFLOPS'];
  const lines = shown.map(({ size, work, op, count, milliseconds, share, gflops }) =>
    [size, work, op, count, milliseconds.toFixed(2), percent(share, 1), gflops ?? ''].map(String),
  );
  console.log(`${textTable(head, lines, 3)}\n\none large matrix product: ${matMulGflops()} GFLOPS`);
}

async function memory(record: boolean): Promise<void> {
  await startEngine();
  const rows = await measureMemory('small', modelOf('small').model);
  const head = Object.keys(rows[0]!);
  const some = rows.filter((_, i) => i % 20 === 19);
  console.log(
    textTable(
      head,
      some.map((row) => head.map((h) => String(row[h]))),
      1,
    ),
  );
  if (record) await recordMemory(rows);
}

interface Asked {
  readonly size: string;
  readonly repeats: string;
  readonly against?: string;
  readonly json: boolean;
  readonly record: boolean;
}

/** PyTorch's side, where it is asked for. */
const torchFor = ({ against }: Asked, script?: string): TorchServer | null =>
  against === undefined
    ? null
    : startTorch(torchPython(path.join(root, '.venv-torch'), 'python3'), script);

/** The sizes that an option names. Throws a UserError for a name that is none. */
function sizesNamed(names: string): ModelSize[] {
  const sizes = names.split(',') as ModelSize[];
  const unknown = sizes.find((size) => !modelSizes.includes(size));
  if (unknown !== undefined)
    throw new UserError(`unknown size ${unknown}: use ${modelSizes.join(', ')}`);
  return sizes;
}

async function speed(asked: Asked): Promise<void> {
  const repeats = wholeNumber(asked.repeats, '--repeats', 1);
  const sizes = sizesNamed(asked.size);
  for (const size of sizes)
    refuseTooLarge(size, modelConfig(size, taskVocabularySize), undefined, size);
  const machine = await startEngine();
  const gflops = matMulGflops(); // before PyTorch, which is busy while it starts
  const torch = torchFor(asked);
  const other = await torch?.ask<{ gflops: number }>('product');
  const measured = [];
  for (const size of sizes) measured.push({ size, ...(await measureSpeed(size, repeats, torch)) });
  torch?.close();
  process.stderr.write('\n');
  const report: SpeedReport = {
    ...{ machine, matMulGflops: gflops, ...(other && { otherGflops: other.gflops }) },
    rows: measured.flatMap(({ rows }) => rows),
    steps: Object.fromEntries(measured.map(({ size, step }) => [size, step])),
  };
  if (asked.record) recordSpeed(report);
  if (asked.json) return console.log(JSON.stringify(report));
  print(report);
  if (!torch)
    console.log('\nbeside PyTorch, transformers and TRL: npm run bench -- --against torch');
}

async function languageModel(name: string, asked: Asked): Promise<void> {
  const repeats = wholeNumber(asked.repeats, '--repeats', 1);
  const machine = await startEngine();
  const model = loadLanguageModel(name);
  const torch = torchFor(asked, 'torch_language.py');
  const about = { name, folder: languageModelFolder(name), model };
  const report = await measureLanguageModel(about, repeats, torch);
  torch?.close();
  process.stderr.write('\n');
  if (asked.record) recordLanguage(machine, report);
  if (asked.json) return console.log(JSON.stringify({ machine, ...report }));
  const { rows, peakMiB, estimateMiB } = report;
  console.log(`${machineText(machine)}\n\n${ratesTable(rows)}`);
  const apart = Math.round(100 * (estimateMiB / peakMiB - 1));
  console.log(
    `\nmemory of a GRPO step: ${whole(peakMiB)} MiB at its height; estimated ${whole(estimateMiB)} MiB (${apart > 0 ? '+' : ''}${apart} %)`,
  );
  if (!torch)
    console.log(
      `\nbeside transformers, PEFT and TRL: npm run bench -- --model ${name} --against torch`,
    );
}

const machineText = ({ cpu, threads, tensorflow, device }: EngineReport): string =>
  [cpu, usedFeatures(), `${threads} threads`, `TensorFlow ${tensorflow}`, device].filter(Boolean).join(', '); // prettier-ignore

function ratesTable(rows: readonly BenchRow[]): string {
  const shown = rows.map(
    ({ size, work, ours, ourRates, otherName, other, otherRates, ratio, ratios }) => {
      const spread = (rates: readonly number[]): string =>
        `${Math.min(...rates)}-${Math.max(...rates)}`;
      const theirs = other === null ? ['', '', ''] : [otherName, String(other), spread(otherRates)];
      const apart = ratioText(ratio, Math.min(...ratios), Math.max(...ratios));
      return [size, work, String(ours), spread(ourRates), ...theirs, apart];
    },
  );
  const [rate, spread] = ['tokens/s', 'least-most'];
  const head = ['size', 'work', rate, spread, 'against', rate, spread, 'ratio'];
  return textTable(head, shown, 2);
}

function print({ machine, matMulGflops, otherGflops, rows, steps }: SpeedReport): void {
  const theirs = otherGflops === undefined ? '' : `, PyTorch ${otherGflops}`;
  const product = `${matMulGflops} GFLOPS in a large matrix product${theirs}`;
  console.log(`${machineText(machine)}, ${product}\n\n${ratesTable(rows)}`);
  for (const [size, { parts, padding, tensorIds }] of Object.entries(steps)) {
    const total = Object.values(parts).reduce((a, b) => a + b, 0);
    const shares = Object.entries(parts).map(
      ([part, s]) => `${part} ${Math.round((100 * s) / total)} %`,
    );
    const { ours, weights } = rows.find((r) => r.size === size && r.work === 'decoding')!;
    const limit = (1e9 * matMulGflops) / (2 * weights);
    console.log(
      `\n${size}: a GRPO step is ${shares.join(', ')}; padding ${padding.toFixed(2)}; ${tensorIds} tensor ids\n` +
        `  decoding at ${((100 * ours) / limit).toFixed(0)} % of the ${Math.round(limit / 1000)}k tokens/s that its matrix products alone would allow`,
    );
  }
}

export const finished: Promise<void> = runCommand(main);
