/** The kinds of files that the project reads, each with a way to damage it and what has to come of it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { checkNotebook } from '../../lib/checks/checkNotebooks';
import { csvLine } from '../../lib/core/csv';
import { readTextFile } from '../../lib/core/files';
import { createRandom, pick, type Random } from '../../lib/core/random';
import { disposeTree, flatten } from '../../lib/engine/tree';
import { formatNotebook, readNotebook } from '../../lib/jupyter/notebook';
import { readSeconds } from '../../lib/jupyter/runFiles';
import { loadCheckpoint } from '../../lib/model/checkpoint';
import { configJson } from '../../lib/model/config';
import { decodeSafetensors, encodeSafetensors } from '../../lib/model/safetensors';
import { initParameters } from '../../lib/model/parameters';
import { toHuggingFace } from '../../lib/model/huggingFace';
import { readChanges, readEvaluations, readInspection, readMetrics, readRollouts, readRunInfo } from '../../lib/runs/run'; // prettier-ignore
import { groupText, inspectorPage, readInspectorData } from '../../lib/workbook/inspector';
import { readPreferences } from '../../lib/stages/preferences';
import { readTraces } from '../../lib/stages/traces';
import { decodeTrainerState, encodeTrainerState } from '../../lib/training/trainerState';
import { defaultOptimizer } from '../../lib/training/optimizer';
import { datasetTask } from '../../lib/tasks/dataset';
import { createTrainerState } from '../../lib/training/trainer';
import { microConfig } from '../support/microModel';
import { damagedBytes, damagedJson, damagedLines } from './damage';

/** A kind of file. */
export interface FileKind {
  readonly name: string;
  /** the names that the file has in its folder, of which one is damaged at a time */
  readonly files: readonly string[];
  /** other files that have to lie beside it */
  readonly beside?: Readonly<Record<string, Buffer>>;
  /** the bytes of a damaged one */
  damaged(file: string, random: Random): Buffer;
  /** reads the file in its folder; throws a UserError, or an Error for a value that is not what it should be */
  read(folder: string, file: string): void;
}

const claim = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(`taken in silence: ${what}`);
};

/** The beginning of a value as JSON. */
function shown(value: unknown): string {
  try {
    return String(JSON.stringify(value)).slice(0, 160);
  } catch {
    return 'a value too deep to be shown';
  }
}

type Check = (value: unknown) => boolean;
const text: Check = (value) => typeof value === 'string';
const filled: Check = (value) => typeof value === 'string' && value.trim() !== '';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const whole: Check = (value) => Number.isInteger(value);
const yes: Check = (value) => typeof value === 'boolean';
const listOf =
  (one: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(one);
const fields = (checks: Readonly<Record<string, Check>>): Check => (value) =>
  typeof value === 'object' && value !== null && Object.entries(checks).every(([name, check]) => check((value as Record<string, unknown>)[name])); // prettier-ignore
const numbers: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(number); // prettier-ignore
const oneOf =
  (...all: unknown[]): Check =>
  (value) =>
    all.includes(value);

/** A file of JSON, damaged as bytes or as a value. */
const jsonDamage =
  (value: unknown, indent?: number) =>
  (_: string, random: Random): Buffer =>
    random.int(3) === 0
      ? damagedBytes(Buffer.from(JSON.stringify(value, null, indent) + '\n'), random)
      : Buffer.from(damagedJson(value, random, indent));

// Weights and their files.

const config = microConfig();
const parameters = initParameters(config, 0);
const tensors = toHuggingFace(config, parameters);
const weights = Buffer.from(encodeSafetensors(tensors));
const configFile = configJson(config);
const trainerState = createTrainerState(parameters, defaultOptimizer);
const trainerBytes = Buffer.from(encodeTrainerState(trainerState));

function headerOf(bytes: Buffer): { header: Record<string, unknown>; body: Buffer } {
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, unknown>;
  return { header, body: bytes.subarray(8 + length) };
}

function withHeader(header: string, body: Buffer, length?: bigint): Buffer {
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(length ?? BigInt(Buffer.byteLength(header)));
  return Buffer.concat([start, Buffer.from(header), body]);
}

/** Damages the length of the header, the header, the places that it names, or the numbers. */
function damagedWeights(bytes: Buffer, random: Random): Buffer {
  const { header, body } = headerOf(bytes);
  const { __metadata__: metadata, ...tensors } = header;
  const entries = Object.values(tensors) as { shape: number[]; data_offsets: number[] }[];
  const entry = pick(entries, random);
  const wrong = pick([-4, 4, 1, 2 ** 20, 2 ** 53, -(2 ** 31)], random);
  delete (metadata as Record<string, string>).sha256; // else it would find every fault first
  switch (random.int(8)) {
    case 0:
      return damagedBytes(bytes, random);
    case 1: {
      const lengths = [
        2n ** 60n,
        2n ** 63n,
        2n ** 64n - 1n,
        0n,
        1n,
        2n ** 32n,
        BigInt(body.length),
      ];
      return withHeader(JSON.stringify(header), body, pick(lengths, random));
    }
    case 2:
      entry.data_offsets = entry.data_offsets.map((at) => at + wrong);
      break;
    case 3:
      entry.data_offsets[random.int(2)]! += wrong;
      break;
    case 4:
      entry.data_offsets = pick(entries, random).data_offsets; // two tensors in one place
      break;
    case 5: {
      const copy = Buffer.from(body);
      const bad = pick([NaN, Infinity, -Infinity, 1e39], random);
      copy.writeFloatLE(bad, 4 * random.int(body.length / 4));
      return withHeader(JSON.stringify(header), copy);
    }
    default:
      return withHeader(damagedJson(header, random), body);
  }
  return withHeader(JSON.stringify(header), body);
}

/** What a file of weights may be read as: numbers, as many as their shapes say, and no two tensors of the same numbers. */
function readWeights(folder: string, file: string): void {
  const bytes = fs.readFileSync(path.join(folder, file));
  const read = decodeSafetensors(bytes, path.join(folder, file));
  for (const { name, shape, values } of read.tensors) {
    claim(listOf((n) => whole(n) && (n as number) >= 0)(shape), `${name} has the shape ${JSON.stringify(shape)}`); // prettier-ignore
    claim(shape.reduce((a, b) => a * b, 1) === values.length, `${name} has ${values.length} numbers`); // prettier-ignore
  }
  claim(Object.values(read.metadata).every(text), 'metadata that are no texts');
  const { header } = headerOf(bytes);
  const { __metadata__: _, ...entries } = header;
  const places = Object.values(entries as Record<string, { data_offsets: [number, number] }>);
  const sorted = places.map((one) => one.data_offsets).sort((a, b) => a[0] - b[0]);
  claim(
    sorted.every(([from], i) => from >= (sorted[i - 1]?.[1] ?? 0)),
    'tensors that overlap',
  );
}

/** The fields of a config that decide what a model computes. A config that is taken has to mean what it says. */
const meaning = [
  ...['model_type', 'vocab_size', 'hidden_size', 'intermediate_size', 'num_hidden_layers'],
  ...['num_attention_heads', 'num_key_value_heads', 'head_dim', 'max_position_embeddings'],
  ...['rms_norm_eps', 'rope_theta', 'hidden_act', 'tie_word_embeddings', 'attention_bias'],
  ...['mlp_bias', 'eos_token_id'],
];

function readModel(folder: string): void {
  const model = loadCheckpoint(folder);
  try {
    const said = JSON.parse(readTextFile(path.join(folder, 'config.json'))) as Record<string, unknown>; // prettier-ignore
    const meant = configJson(model.config);
    for (const field of meaning)
      if (field in said)
        claim(isDeepStrictEqual(said[field], meant[field]), `${field} ${shown(said[field])}`); // prettier-ignore
    for (const tensor of flatten(model.parameters))
      claim(tensor.dataSync().every(Number.isFinite), 'weights that are no finite numbers');
  } finally {
    disposeTree(model.parameters);
  }
}

function readTrainerState(folder: string, file: string): void {
  const where = path.join(folder, file);
  const state = decodeTrainerState(config, defaultOptimizer, fs.readFileSync(where), where);
  disposeTree(state.parameters, state.optimizer);
  claim(whole(state.updates) && state.updates >= 0, `${state.updates} updates`);
}

// Files of a run.

const info = {
  ...{ stage: 'r1-zero', size: 'tiny', seed: 0, config: { steps: 3, plan: [{ task: 'units', level: 1, prompts: 2 }] } }, // prettier-ignore
  ...{
    versions: { node: 'v22' },
    commit: 'abc',
    finished: true,
    steps: 3,
    seconds: 1.5,
    tokens: 99,
  },
  result: { 'countdown 3/passAt1': 0.5 },
};
const isRunInfo = fields({
  ...{ stage: text, size: text, seed: whole, commit: text, finished: yes, steps: whole },
  ...{ seconds: number, tokens: number, config: fields({}), versions: fields({}) },
});

const prompt = 'make 26 : 3 5 7 _';
const completion =
  '<think> try 3 * 7 = 21 + 5 = 26 -> 26 yes </think> <answer> 3 * 7 + 5 </answer> <eos>';
const example = { task: 'countdown', level: 3, language: 'en', prompt, completion };
const reward = { accuracy: 1, format: 1, language: 1, total: 1.1 };
const isExample = { task: text, level: whole, language: oneOf('en', 'zh'), prompt: text, completion: text }; // prettier-ignore
const rollouts = [0, 1, 2].map((step) => ({ step, split: 'train', ...example, reward, correct: true })); // prettier-ignore
const marks = { attempts: [1], repeats: [], verdicts: [11], wrongVerdicts: [], wrongCalculations: [] }; // prettier-ignore
const places = completion.split(' ').map(() => -0.1);
const inspection = [0, 1].map((sample) => ({ step: 0, problem: 0, sample, ...example, logprobs: places, entropies: places, advantage: 0.5, reward, correct: true, marks })); // prettier-ignore
const changes = [{ step: 1, name: 'temperature', value: 0.9 }, { step: 2, name: 'format', value: 0.2 }]; // prettier-ignore
const traces = [0, 1, 2].map(() => ({ kind: 'reasoning', ...example }));
const labels = [1, 0, 0.5].map((label) => ({ task: 'general', language: 'en', prompt: 'say 1 2 please :', a: 'glad', b: '3', label, by: 'simulated', seed: 0 })); // prettier-ignore

interface Lines {
  readonly rows: readonly object[];
  readonly isRow: Check;
  readonly read: (folder: string) => unknown[];
}

const lineFiles: Readonly<Record<string, Lines>> = {
  'rollouts.jsonl': {
    rows: rollouts,
    isRow: fields({ step: whole, split: oneOf('train', 'held-out'), ...isExample, reward: numbers, correct: yes }), // prettier-ignore
    read: readRollouts,
  },
  'inspection.jsonl': {
    rows: inspection,
    isRow: fields({
      ...{
        step: whole,
        problem: whole,
        sample: whole,
        ...isExample,
        reward: numbers,
        correct: yes,
      },
      ...{ logprobs: listOf(number), entropies: listOf(number), advantage: number },
      marks: fields(Object.fromEntries(Object.keys(marks).map((name) => [name, listOf(whole)]))),
    }),
    read: readInspection,
  },
  'changes.jsonl': {
    rows: changes,
    isRow: fields({ step: whole, name: text, value: number }),
    read: readChanges,
  },
  'traces.jsonl': {
    rows: traces,
    isRow: fields({ kind: text, ...isExample }),
    read: (folder) => readTraces(path.join(folder, 'traces.jsonl')),
  },
  'labels.jsonl': {
    rows: labels,
    isRow: fields({ task: text, language: oneOf('en', 'zh'), prompt: text, a: text, b: text, label: oneOf(0, 0.5, 1), by: text, seed: number }), // prettier-ignore
    read: (folder) => readPreferences(path.join(folder, 'labels.jsonl')),
  },
  'data.jsonl': {
    rows: Array.from({ length: 24 }, (_, i) => ({ question: `What is ${i} + ${i}?`, answer: `It is ${2 * i}.\n#### ${2 * i}` })), // prettier-ignore
    isRow: fields({ asked: filled, answer: filled, isPrompt: yes }),
    read: (folder) => {
      const task = datasetTask('data', path.join(folder, 'data.jsonl'));
      const random = createRandom('data sets');
      const problems = Array.from({ length: 30 }, () => task.generate(1, random, 'train'));
      for (const problem of problems)
        claim(task.verify(problem, `Answer: ${problem.answer}<eos>`).correct, shown(problem));
      return problems;
    },
  },
};

function damagedJsonLines(file: string, random: Random): Buffer {
  const { rows } = lineFiles[file]!;
  const lines = rows.map((row) => JSON.stringify(row));
  if (random.int(4) === 0) return damagedBytes(Buffer.from(lines.join('\n') + '\n'), random);
  const damage = (line: string): string => damagedJson(JSON.parse(line), random);
  return Buffer.from(damagedLines(lines, random, damage));
}

function readLines(folder: string, file: string): void {
  const { isRow, read } = lineFiles[file]!;
  const bad = read(folder).find((row) => !isRow(row));
  claim(bad === undefined, shown(bad));
  if (file !== 'inspection.jsonl' || read(folder).length === 0) return;
  const inspected = readInspectorData(folder);
  inspectorPage(inspected);
  groupText(inspected);
}

const numberColumns = ['step', 'seconds', 'reward/mean', 'name, with a comma', 'loss'];
const columnsOf: Readonly<Record<string, readonly string[]>> = {
  'metrics.csv': numberColumns,
  'evaluations.csv': ['task', ...numberColumns],
};
const tableRows = [0, 1, 2, 3].map((step) => ({ task: 'say "a", b\nc', step, seconds: 1.25 * step, 'reward/mean': 0.123456, 'name, with a comma': 7, loss: step === 2 ? null : -10.5 })); // prettier-ignore
const tableOf = (file: string): string[] => {
  const columns = columnsOf[file]!;
  const header = Object.fromEntries(columns.map((column) => [column, column]));
  return [header, ...tableRows].map((row) => csvLine(columns, row).slice(0, -1));
};
const cells = ['', '"', '""', '"a', 'a"b', ',', '1e999', 'NaN', '0x10', '-', '1,000', ' 1', '#', '\n', '\r', '=1+1', 'Infinity', '__proto__', '9'.repeat(400), '\u001b[1m']; // prettier-ignore

function damagedCsv(file: string, random: Random): Buffer {
  const table = tableOf(file);
  if (random.int(3) === 0) return damagedBytes(Buffer.from(table.join('\n') + '\n'), random);
  const damage = (line: string): string => {
    const parts = line.split(',');
    const at = random.int(parts.length);
    parts.splice(at, random.int(2), pick(cells, random));
    return parts.join(',');
  };
  return Buffer.from(damagedLines(table, random, damage));
}

function readTable(folder: string, file: string): void {
  const rows = file === 'metrics.csv' ? readMetrics(folder) : readEvaluations(folder);
  const names = Object.keys(rows[0] ?? {});
  // a row that is cut off must not be read as another one
  const text = tableOf(file).join('\n') + '\n';
  const expected = tableRows.slice(0, rows.length).map((row) => Object.fromEntries(columnsOf[file]!.map((column) => [column, row[column as keyof typeof row]]))); // prettier-ignore
  if (text.startsWith(fs.readFileSync(path.join(folder, file), 'utf8')))
    claim(isDeepStrictEqual(rows, expected), `a row that is cut off: ${shown(rows.at(-1))}`); // prettier-ignore
  for (const row of rows) {
    claim(whole(row.step) && (row.step as number) >= 0, `the step ${row.step}`);
    claim(isDeepStrictEqual(Object.keys(row), names), 'rows of other columns');
    for (const value of Object.values(row))
      claim(value === null || typeof value === 'string' || number(value), `the cell ${value}`);
  }
}

// Notebooks, and what is kept about them.

const stream = { output_type: 'stream', name: 'stdout', text: ['1\n', '2'] };
const display = { output_type: 'display_data', data: { 'text/plain': ['a'], 'image/png': 'aGk=' }, metadata: {} }; // prettier-ignore
const failed = { output_type: 'error', ename: 'Error', evalue: 'x', traceback: ['Error: x'] };
const code = { cell_type: 'code', execution_count: 1, id: 'a', metadata: { tags: ['task'] }, outputs: [stream, display, failed], source: ['const a = 1;\n', 'console.log(a)'] }; // prettier-ignore
const notebook = {
  cells: [{ cell_type: 'markdown', id: 'b', metadata: {}, source: '# Hi' }, code],
  metadata: { kernelspec: { display_name: 'TypeScript', language: 'typescript', name: 'tslab' }, r1: { code: 'abc', mode: 'live' } }, // prettier-ignore
  ...{ nbformat: 4, nbformat_minor: 5 },
};

function readBook(folder: string, file: string): void {
  const where = path.join(folder, file);
  const read = readNotebook(where);
  const problems = checkNotebook(read, 'x');
  claim(problems.every((line) => typeof line === 'string'), 'a problem that is no text'); // prettier-ignore
  const saved = formatNotebook(read);
  fs.writeFileSync(where, saved);
  claim(formatNotebook(readNotebook(where)) === saved, 'saved twice it is another one');
}

const seconds = { '01 live': [1, 2.5, 3], '02 live': [0.1] };

export const fileKinds: readonly FileKind[] = [
  {
    name: 'safetensors',
    files: ['model.safetensors', 'checkpoint-3.safetensors'],
    damaged: (file, random) => damagedWeights(file.startsWith('model') ? weights : trainerBytes, random), // prettier-ignore
    read: (folder, file) => {
      readWeights(folder, file);
      if (!file.startsWith('model')) return readTrainerState(folder, file);
      readModel(folder);
    },
    beside: { 'config.json': Buffer.from(JSON.stringify(configFile)) },
  },
  {
    name: 'config.json',
    files: ['config.json'],
    damaged: jsonDamage(configFile, 2),
    read: readModel,
    beside: { 'model.safetensors': weights },
  },
  {
    name: 'run.json',
    files: ['run.json'],
    damaged: jsonDamage(info, 2),
    read: (folder) => {
      const read = readRunInfo(folder);
      claim(isRunInfo(read), shown(read));
    },
  },
  {
    name: 'CSV',
    files: ['metrics.csv', 'evaluations.csv'],
    damaged: damagedCsv,
    read: readTable,
    beside: { 'run.json': Buffer.from(JSON.stringify(info)) },
  },
  {
    name: 'JSONL',
    files: ['rollouts.jsonl', 'inspection.jsonl', 'changes.jsonl', 'traces.jsonl'],
    damaged: damagedJsonLines,
    read: readLines,
    beside: { 'run.json': Buffer.from(JSON.stringify(info)) },
  },
  { name: 'labels', files: ['labels.jsonl'], damaged: damagedJsonLines, read: readLines },
  { name: 'data sets', files: ['data.jsonl'], damaged: damagedJsonLines, read: readLines },
  {
    name: 'notebooks',
    files: ['book.ipynb', 'notebook-seconds.json'],
    damaged: (file, random) => jsonDamage(file === 'book.ipynb' ? notebook : seconds, 1)(file, random), // prettier-ignore
    read: (folder, file) => {
      if (file === 'book.ipynb') return readBook(folder, file);
      const read = Object.values(readSeconds(path.join(folder, file)));
      claim(read.every(listOf(number)), 'seconds that are no numbers');
    },
  },
];
