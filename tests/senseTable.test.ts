/** The sense of recorded runs, against the logits of the whole decoder and frames counted by hand. */
import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { tf } from '../lib/engine/tensorflow';
import { problemsOf } from '../lib/evaluation/evaluate';
import { loadModel } from '../lib/model/checkpoint';
import { decoderLogits } from '../lib/model/decoder';
import { senseTable } from '../lib/reports/senseTable';
import { languageModelFolder } from '../lib/stages/language/models';
import { writeRandomModel } from '../lib/stages/language/randomModel';
import { finishedTables } from '../lib/reports/finishedTables';
import { recorded, runFolder } from '../lib/stages/places';
import { promptText, type Problem } from '../lib/tasks/index';
import type { WordsProblem } from '../lib/tasks/words/words';
import { openTokenizer } from '../lib/tokenizer/huggingFaceTokenizer';
import { temporaryFolder } from './support/folder';

const place = temporaryFolder();
const folder = languageModelFolder('random', place);
writeRandomModel(folder, 3);
const start = { ...loadModel(folder), tokenizer: openTokenizer(folder) };
const [first, second] = problemsOf({ task: 'words', level: 1 }, 2).problems;

type Said = readonly [Problem, string];

/** What a run has kept: completions of held-out problems by step. */
type Kept = Readonly<Record<number, readonly Said[]>>;

/** Writes the records of a finished run; `inspected` stands in the groups of the last step. */
function writeRun(stage: string, seed: number, kept: Kept, inspected: readonly Said[] = []): void {
  const at = runFolder(place, `random-${stage}-s${seed}`);
  fs.mkdirSync(at, { recursive: true });
  const about = { stage, size: 'random', seed, config: {}, versions: {}, commit: 'abc' };
  const info = { ...about, finished: true, steps: 2, seconds: 1, tokens: 1 };
  fs.writeFileSync(path.join(at, 'run.json'), JSON.stringify(info));
  const record = (step: number, [problem, completion]: Said) => ({
    ...{ step, split: 'held-out', task: 'words', level: 1, language: 'en' },
    ...{ prompt: promptText(problem, 'en'), completion, reward: { total: 0 }, correct: false },
  });
  const held = Object.entries(kept).flatMap(([step, said]) => said.map((one) => record(Number(step), one))); // prettier-ignore
  const trained = { ...record(2, [first!, 'Of training.']), split: 'train' };
  const lines = (records: readonly object[]) => records.map((one) => `${JSON.stringify(one)}\n`).join(''); // prettier-ignore
  fs.writeFileSync(path.join(at, 'rollouts.jsonl'), lines([trained, ...held]));
  const marks = {
    attempts: [],
    repeats: [],
    verdicts: [],
    wrongVerdicts: [],
    wrongCalculations: [],
  };
  const more = { problem: 0, sample: 0, logprobs: [], entropies: [], advantage: 0, marks };
  const groups = inspected.map((one) => ({ ...record(2, one), ...more }));
  fs.writeFileSync(path.join(at, 'inspection.jsonl'), lines(groups));
}

/** The mean log-probability of a token, by the logits of every place. */
function natsOf(problem: Problem, text: string, isEnded = true): number {
  const { tokenizer } = start;
  const prompt = tokenizer.chatIds([{ role: 'user', content: promptText(problem, 'en') }]);
  const said = [...tokenizer.answerIds(text), ...(isEnded ? [tokenizer.endTokens[0]!] : [])];
  const ids = [...prompt, ...said];
  const logprobs = tf.tidy(() => {
    const row = tf.tensor2d(ids, [1, ids.length], 'int32');
    const logits = decoderLogits(start.config, start.parameters, row, tf.zeros([1, ids.length]));
    return tf.logSoftmax(logits).arraySync() as number[][]; // [T, V]
  });
  const each = said.map((id, i) => logprobs[prompt.length + i - 1]![id]!);
  return each.reduce((a, b) => a + b) / each.length;
}

/** A sentence in which the word and the subject of its problem stand. */
function about(problem: Problem): string {
  const { words, subject } = problem as WordsProblem;
  return `Here are ${subject} and ${words[0]!}.`;
}

test('all that was kept of held-out problems at the first and the last evaluation is measured', () => {
  const saidFirst: readonly Said[] = [
    [first!, 'A b c'],
    [second!, 'It is late.<eos>'],
  ];
  const saidLast: readonly Said[] = [
    [first!, `${about(first!)}<eos>`],
    [second!, `${about(second!)}<eos>`],
  ];
  writeRun('zero', 0, { 0: saidFirst, 1: [[first!, 'Between.']], 2: saidLast }, [[first!, 'No.<eos>']]); // prettier-ignore
  writeRun('zero', 1, { 0: saidFirst, 2: saidFirst }, [[first!, 'A b c']]);
  writeRun('other', 0, { 0: saidFirst, 2: saidFirst });
  const before = tf.memory().numTensors;
  const lines = senseTable(start, place, 'random', { Zero: 'zero', Other: 'other', None: 'none' }).split('\n'); // prettier-ignore
  assert.equal(tf.memory().numTensors, before);
  const cells = lines.map((line) => line.split(/ {2,}/));

  const early = (natsOf(first!, 'A b c', false) + natsOf(second!, 'It is late.')) / 2;
  const late = ((natsOf(first!, about(first!)) + natsOf(first!, 'No.')) / 2 + natsOf(second!, about(second!))) / 2; // prettier-ignore
  const printed = (nats: number): string => Math.exp(-nats).toFixed(1);
  const middle = (early + late) / 2;
  // two seeds: Student's t of one degree of freedom, and half their distance as the standard error
  const half = 12.706 * (Math.abs(early - late) / 2);
  const interval = [printed(middle + half), printed(middle - half)].join(', ');
  // of the last ones of seed 0 two are alike, and of those of seed 1 as well
  assert.deepEqual(cells, [
    ['', 'perplexity', 'each seed', 'distinct', 'each seed', 'seeds x n'],
    ['start', `${printed(early)} [${printed(early)}, ${printed(early)}]`, `${printed(early)} ${printed(early)}`, '1.00', '1.00 1.00', '2 x 2'], // prettier-ignore
    ['Zero', `${printed(middle)} [${interval}]`, `${printed(late)} ${printed(early)}`, '.67', '.67 .67', '2 x 3'], // prettier-ignore
    cells[3],
  ]);
  const other = Math.abs(natsOf(first!, 'A b c', false) - natsOf(second!, 'It is late.')) / 2;
  const ends = [printed(early + 1.96 * other), printed(early - 1.96 * other)].join(', ');
  assert.deepEqual(cells[3], ['Other', `${printed(early)} [${ends}]`, '1.00', '1 x 2']);
});

test('what recorded runs of a language model measured and cost, without answers to general prompts', () => {
  const text = finishedTables(path.join(recorded, 'tasks/sums'), ['smollm2-dev1-s0', 'smollm2-dev2-s0']); // prettier-ignore
  const heads = text.split('\n\n').map((table) => table.split(/\s+/, 2).join(' '));
  assert.deepEqual(heads, ['stage task', 'stage time']);
});
