/**
 * Compares greedy answers of recorded checkpoints with those of `transformers`, and the traces with what `datasets` finds
 * in their folder, for `npm test -- transformers`. The result is written to data/trust/transformers.json.
 */
import '../support/withoutXla';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { torchPython } from '../../lib/bench/torch';
import { runCommand } from '../../lib/commands/arguments';
import { UserError } from '../../lib/core/errors';
import { root } from '../../lib/core/files';
import { whole } from '../../lib/core/format';
import { disposeTree } from '../../lib/engine/tree';
import { heldOutProblems } from '../../lib/evaluation/evaluate';
import { textTable } from '../../lib/reports/table';
import { defaultCap } from '../../lib/sampling/cap';
import { checkpointFolder, findCheckpoint, recorded, samplerFor } from '../../lib/stages/places';
import { promptText } from '../../lib/tasks/index';
import { decode, encode, splitTokens } from '../../lib/tokenizer/tokenizer';
import { idOfToken } from '../../lib/tokenizer/vocabulary';
import { inJavaScript } from './javaScriptTokenizer';
import { foreignFaults, tokens, variants } from './foreignModels';
import { writeTrust } from './record';

const names = ['tiny-distilled-s0', 'small-r1-s0', 'base-r1-s0'] as const;
const ways = ['single', 'batched', 'chat', 'pipeline'] as const;
type Way = (typeof ways)[number];
/** Held-out problems of each task, 64 in all, so that the prompts of a batch have different lengths. */
const sets = [['countdown', 3, 22], ['programs', 2, 21], ['units', 0, 21]] as const; // prettier-ignore
/** So low that the most likely token is always taken. */
const greedy = 1e-4;

/** Texts with every kind of white space, unknown words, and the end of a line as different systems write it. */
const texts = [
  'make 26 : 3 5 7 _',
  '\ufeffmake 3',
  'make\ufeff3',
  'make\u00a03\u20034\u30005',
  'make 3\r\n4\r\n',
  '\tmake\v3\f4\n',
  'make\u00853',
  'make\u200b3 4',
  'make\u20283\u20294',
  'make foo 61 7',
  '',
  ' ',
];

/** Returns ids as the tokenizer's files give them: an unknown word is `<reserved>`. */
const idsOf = (text: string): number[] =>
  splitTokens(text).map((word) => idOfToken.get(word) ?? idOfToken.get('<reserved>')!);

interface Reply {
  readonly versions: Readonly<Record<string, string>>;
  readonly answers: Readonly<Record<string, Readonly<Record<Way, string[]>>>>;
  readonly tokenizer: { readonly ids: number[][]; readonly special: number[]; readonly conversation: string; readonly refused: number }; // prettier-ignore
  /** the rows of each split */
  readonly traces: Readonly<Record<string, number>>;
  readonly trained: { readonly rewarded: { readonly texts: string[]; readonly ids: number[][] }[]; readonly imitated: string[][]; readonly rows: string[] }; // prettier-ignore
  /** logits of the foreign models */
  readonly foreign: Readonly<Record<string, number[]>>;
}

async function ourAnswers(name: string, prompts: readonly string[]): Promise<string[]> {
  const { model } = findCheckpoint(name, recorded);
  const sampler = samplerFor(model.config);
  const asked = prompts.map((prompt) => encode(`<bos> ${prompt}`));
  const options = { groupSize: 1, maxNewTokens: defaultCap, seed: 0, temperature: greedy };
  const groups = await sampler.sample(model.parameters, asked, options);
  sampler.dispose();
  disposeTree(model.parameters);
  return groups.map(([rollout]) => rollout!.text);
}

function theirAnswers(prompts: readonly string[], place: string): Reply {
  const python = torchPython(path.join(root, '.venv-torch'), 'python3');
  const folders = names.map((name) => checkpointFolder(recorded, name));
  const work = {
    folders,
    prompts,
    texts,
    traces: path.join(root, 'data/traces'),
    place,
    variants,
    tokens,
  };
  const { status, stdout } = spawnSync(python, [path.join(__dirname, 'ask_transformers.py')], {
    input: JSON.stringify(work) + '\n',
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
    env: { ...process.env, HF_HUB_OFFLINE: '1', PYTHONWARNINGS: 'ignore', GLIBC_TUNABLES: '' },
  });
  if (status !== 0) throw new UserError(`ask_transformers.py ended with ${status}: see above`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Reply;
}

/** The splits that the card of data/traces names, with their rows. */
const splits = {
  base_dev1: 400,
  base_distillation_data: 10_000,
  small_dev1: 1200,
  small_dev1_uncurated: 400,
  small_dev3: 5247,
};

/** Which answers of one checkpoint are ours, in each way; the first of another text is printed. */
function compare(name: string, ours: readonly string[], reply: Reply): Record<Way, boolean[]> {
  const found = reply.answers[checkpointFolder(recorded, name)]!;
  const equalIn = (way: Way): boolean[] =>
    found[way].map((text, i) => {
      // A pipeline leaves special tokens out of its texts.
      const wanted = way === 'pipeline' ? ours[i]!.replace(' <eos>', '') : ours[i]!;
      return text === wanted;
    });
  const equal = Object.fromEntries(ways.map((way) => [way, equalIn(way)])) as Record<
    Way,
    boolean[]
  >;
  for (const way of ways) {
    const at = equal[way].indexOf(false);
    if (at >= 0) console.log(`${name}, ${way}\n  ours:   ${ours[at]}\n  theirs: ${found[way][at]}`);
  }
  return equal;
}

/** Checks that TRL trains alike on text and on messages, with one `<bos>` and one `<eos>`, and gives a reward the ids. */
function checkTraining({ rewarded, imitated, rows }: Reply['trained']): void {
  const [text, messages] = rewarded;
  assert.ok(text!.ids.length === 4 && text!.ids.flat().includes(idOfToken.get('<eos>')!));
  assert.deepEqual(messages!.ids, text!.ids);
  assert.deepEqual(text!.texts, text!.ids.map((ids) => decode(ids).replace(' <eos>', ''))); // prettier-ignore
  assert.deepEqual(imitated, [rows, rows]);
}

/** Checks what the tokenizer's files and the card of the traces say. */
function checkFiles({ tokenizer, traces }: Reply): void {
  assert.deepEqual(tokenizer.ids, texts.map(idsOf));
  const inOther = inJavaScript(checkpointFolder(recorded, names[0]), texts);
  assert.deepEqual(inOther.ids, texts.map((text) => [1, ...idsOf(text)])); // prettier-ignore
  assert.equal(inOther.conversation, tokenizer.conversation);
  assert.deepEqual(tokenizer.special, [1, 2, 0, 103]);
  assert.equal(tokenizer.conversation, '<bos> make 3 yes <eos>');
  assert.equal(tokenizer.refused, 4);
  assert.deepEqual(traces, splits);
}

async function main(): Promise<number> {
  const prompts = sets.flatMap(([task, level, n]) => {
    const { problems, languages } = heldOutProblems(task, level, n);
    return problems.map((problem, i) => promptText(problem, languages[i]!));
  });
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-foreign-'));
  const theirs = theirAnswers(prompts, place);
  const faults = foreignFaults(place, theirs.foreign);
  checkFiles(theirs);
  fs.rmSync(place, { recursive: true });
  const counts: Record<string, Record<Way, string>> = {};
  let all = true;
  for (const name of names) {
    const equal = compare(name, await ourAnswers(name, prompts), theirs);
    const count = (list: boolean[]): string => `${list.filter(Boolean).length} of ${list.length}`;
    counts[name] = Object.fromEntries(ways.map((way) => [way, count(equal[way])])) as Record<Way, string>; // prettier-ignore
    all &&= Object.values(equal).flat().every(Boolean);
  }
  const rows = names.map((name) => [name, ...ways.map((way) => counts[name]![way])]);
  console.log(textTable(['equal to ours', ...ways], rows, 1));
  checkTraining(theirs.trained);
  const found = Object.values(theirs.traces).reduce((a, b) => a + b, 0);
  console.log(`datasets: ${whole(found)} traces in ${Object.keys(splits).length} splits`);
  const foreign = Object.keys(variants).length;
  console.log(`models of others computed right or refused by name: ${foreign - faults.length} of ${foreign}`); // prettier-ignore
  for (const fault of faults) console.log(`  ${fault}`);
  const of = (way: Way): string => names.map((name) => counts[name]![way]).join(', ');
  const result = {
    what: "transformers' greedy answers equal to ours",
    number: `single ${of('single')}; in a left-padded batch ${of('batched')}`,
    command: 'npm test -- transformers',
    versions: theirs.versions,
    equal: counts,
    textsWithWhiteSpace: texts.length,
    modelsOfOthers: `${foreign - faults.length} of ${foreign} computed right or refused by name`,
    traces: theirs.traces,
  };
  writeTrust('transformers', result);
  console.log(`\n${result.number}`);
  return all && faults.length === 0 ? 0 : 1;
}

export const finished: Promise<void> = runCommand(main);
