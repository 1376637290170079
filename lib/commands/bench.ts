import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { createBench, benchPrompts, groupSize, trainShape, type Bench } from '../bench/ours';
import { startTorch, torchPython, type Measurement, type TorchServer } from '../bench/torch';
import { UserError } from '../core/errors';
import { root } from '../core/files';
import { formatSeconds } from '../core/progress';
import { startEngine, tf, type EngineReport } from '../engine/tensorflow';
import { saveCheckpoint } from '../model/checkpoint';
import { modelConfig, modelSizes, type ModelSize } from '../model/config';
import { decoderLogits } from '../model/decoder';
import { countParameters, initParameters, type Model } from '../model/parameters';
import { checkpointFolder, findCheckpoint, recorded, wholeNumber } from '../stages/places';
import { textTable } from '../stages/table';
import { tokenizerConfigJson, tokenizerJson } from '../tokenizer/tokenizer';
import { vocabulary } from '../tokenizer/vocabulary';
import { readArguments, runCommand } from './arguments';

const help = `
npm run bench -- [options]
Tokens per second of a training step (64 rows of 64 tokens), of decoding (512 rows), of a whole GRPO step (512
completions: sampling, rewards, two updates) and of an evaluation. Leave the machine alone meanwhile.

  --size NAMES      comma-separated sizes (small,base)
  --repeats N       measurements of each; the median is shown, with the least and the most (5)
  --against torch   the same work in PyTorch and transformers in turn with ours, and in TRL; makes its own environment
  --json            one JSON object
`;

/** A comparison: median, least and most tokens per second. `other` is what ours is compared with. */
interface BenchRow {
  readonly work: string;
  readonly size: string;
  readonly weights: number;
  readonly ours: number;
  readonly other: number | null;
  readonly otherName: string;
  readonly ratio: number | null;
  readonly unit: 'tokens/s';
  readonly ourRates: readonly number[];
  readonly otherRates: readonly number[];
}

type Work = () => Measurement | Promise<Measurement>;

const rate = ({ tokens, seconds }: Measurement): number => tokens / seconds;
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Before each measurement: the threads of the other side go on spinning for a while after their work. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

/** Both sides in turn, so that a drift of the machine's speed meets both; the first round warms up. */
async function compare(
  about: Pick<BenchRow, 'work' | 'size' | 'weights' | 'otherName'>,
  repeats: number,
  ours: Work,
  other: Work | null,
): Promise<BenchRow> {
  const [ourRates, otherRates]: [number[], number[]] = [[], []];
  for (let i = 0; i <= repeats; i++) {
    await pause();
    const mine = rate(await ours());
    if (other) await pause();
    const theirs = other && rate(await other());
    if (i === 0) continue;
    ourRates.push(Math.round(mine));
    if (theirs !== null) otherRates.push(Math.round(theirs));
  }
  process.stderr.write('.');
  const own = median(ourRates);
  const rival = other ? median(otherRates) : null;
  const ratio = rival && Math.round((100 * own) / rival) / 100;
  return { ...about, ours: own, other: rival, ratio, unit: 'tokens/s', ourRates, otherRates };
}

/** The recorded R1-Zero of that size, whose answers have real lengths, else random weights. */
function modelOf(size: ModelSize): { model: Model; folder: string } {
  const name = `${size}-r1-zero-s0`;
  if (fs.existsSync(checkpointFolder(recorded, name))) return findCheckpoint(name);
  const config = modelConfig(size, vocabulary.length);
  const model = { config, parameters: initParameters(config, 0) };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-bench-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  saveCheckpoint(folder, model, {
    'tokenizer.json': tokenizerJson(),
    'tokenizer_config.json': tokenizerConfigJson(),
  });
  return { model, folder };
}

/** Loads the model on the other side and makes sure that it is the same one. */
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

async function benchSize(
  size: ModelSize,
  repeats: number,
  torch: TorchServer | null,
): Promise<{ rows: BenchRow[]; parts: Record<string, number> }> {
  const { model, folder } = modelOf(size);
  if (torch) await loadThere(torch, folder, model);
  const weights = countParameters(model.parameters);
  const bench: Bench = createBench(size, model);
  const rows: BenchRow[] = [];
  const prompts = benchPrompts();
  const asked = (newTokens: number) => ({ prompts, group: groupSize, new_tokens: newTokens });
  const there = (work: string, request: object): Work | null =>
    torch && (() => torch.ask<Measurement>(work, { ...request }));
  const add = async (work: string, otherName: string, ours: Work, other: Work | null) =>
    rows.push(await compare({ work, size, weights, otherName }, repeats, ours, other));
  const train = { rows: trainShape.rows, length: trainShape.rowLength, steps: trainShape.steps };
  const eager = there('train', { ...train, compiled: false });
  await add('training', 'PyTorch', () => bench.train(), eager);
  if (torch) {
    const compiled = there('train', { ...train, compiled: true });
    await add('training', 'torch.compile', () => bench.train(), compiled);
  }
  await add('decoding', 'PyTorch', () => bench.decode(150), there('decode', asked(150)));
  await add(
    'decoding, one process',
    'PyTorch',
    () => bench.decodeAlone(150),
    there('decode', asked(150)),
  );
  if (torch)
    await add(
      'decoding, 60 tokens',
      'generate',
      () => bench.decode(60),
      there('generate', asked(60)),
    );
  const parts: Record<string, number> = {};
  const grpo = async (): Promise<Measurement> => {
    const measured = await bench.grpo();
    Object.assign(parts, measured.parts);
    return measured;
  };
  await add('GRPO step', 'PyTorch', grpo, there('grpo', asked(150)));
  if (torch) {
    const { tokens, seconds } = await torch.ask<{ tokens: number[]; seconds: number[] }>('trl', {
      ...asked(150),
      steps: repeats,
    });
    // TRL's trainer runs its steps in one go, before ours.
    let i = 0;
    const trl = (): Measurement => {
      const j = Math.max(0, i++ - 1); // the first round is not counted
      return { tokens: tokens[j]!, seconds: seconds[j]! };
    };
    await add('GRPO step', 'TRL', grpo, trl);
  }
  await add('evaluation', '', () => bench.evaluate(), null);
  bench.dispose();
  return { rows, parts };
}

async function main(): Promise<void> {
  const { values } = readArguments(help, {
    size: { type: 'string', default: 'small,base' },
    repeats: { type: 'string', default: '5' },
    against: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const repeats = wholeNumber(values.repeats, '--repeats', 1);
  const sizes = values.size.split(',') as ModelSize[];
  const unknown = sizes.find((size) => !modelSizes.includes(size));
  if (unknown !== undefined)
    throw new UserError(`unknown size ${unknown}: use ${modelSizes.join(', ')}`);
  if (values.against !== undefined && values.against !== 'torch')
    throw new UserError(`unknown --against ${values.against}: use torch`);
  const machine = await startEngine();
  const torch = values.against
    ? startTorch(torchPython(path.join(root, '.venv-torch'), 'python3'))
    : null;
  const started = Date.now();
  const rows: BenchRow[] = [];
  const parts: Record<string, Record<string, number>> = {};
  for (const size of sizes) {
    const measured = await benchSize(size, repeats, torch);
    rows.push(...measured.rows);
    parts[size] = measured.parts;
  }
  torch?.close();
  process.stderr.write('\n');
  if (values.json) return console.log(JSON.stringify({ machine, rows, parts }));
  print(machine, rows, parts);
  if (!torch)
    console.log('\nbeside PyTorch, transformers and TRL: npm run bench -- --against torch');
  console.log(formatSeconds((Date.now() - started) / 1000));
}

function print(
  machine: EngineReport,
  rows: readonly BenchRow[],
  parts: Readonly<Record<string, Record<string, number>>>,
): void {
  console.log(
    `${machine.cpu}, ${machine.threads} threads, TensorFlow ${machine.tensorflow}, ${machine.device}\n`,
  );
  const shown = rows.map(({ size, work, ours, ourRates, otherName, other, otherRates, ratio }) => {
    const spread = (rates: readonly number[]): string =>
      `${Math.min(...rates)}-${Math.max(...rates)}`;
    const theirs = other === null ? ['', '', ''] : [otherName, String(other), spread(otherRates)];
    return [size, work, String(ours), spread(ourRates), ...theirs, ratio?.toFixed(2) ?? ''];
  });
  const head = [
    'size',
    'work',
    'tokens/s',
    'least-most',
    'against',
    'tokens/s',
    'least-most',
    'ratio',
  ];
  console.log(textTable(head, shown, 2));
  for (const [size, seconds] of Object.entries(parts)) {
    const total = Object.values(seconds).reduce((a, b) => a + b, 0);
    const shares = Object.entries(seconds).map(
      ([part, s]) => `${part} ${Math.round((100 * s) / total)} %`,
    );
    console.log(`\na GRPO step of ${size}: ${shares.join(', ')}`);
  }
}

export const finished: Promise<void> = runCommand(main);
