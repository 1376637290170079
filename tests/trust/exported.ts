/**
 * Compares greedy answers of a trained language model with those of the libraries that open what `npm run export` writes,
 * for `npm test -- exported`: `transformers` the folder, PEFT the adapters as they are, llama.cpp the GGUF file. The result
 * is written to data/trust/exported.json.
 */
import '../support/withoutXla';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { torchPython } from '../../lib/bench/torch';
import { runCommand } from '../../lib/commands/arguments';
import { UserError } from '../../lib/core/errors';
import { root } from '../../lib/core/files';
import { disposeTree } from '../../lib/engine/tree';
import { startEngine } from '../../lib/engine/tensorflow';
import { createSpeaker } from '../../lib/sampling/speaker';
import { exportFolder, exportGguf } from '../../lib/stages/language/exportModel';
import { languageModelFolder } from '../../lib/stages/language/models';
import { openCheckpoint } from '../../lib/stages/language/openCheckpoint';
import { checkpointFolder, recorded } from '../../lib/stages/places';
import { heldOutProblems } from '../../lib/evaluation/evaluate';
import { promptText } from '../../lib/tasks/index';
import { writeTrust } from './record';

const llamaCpp = 'llama-cpp-python==0.3.36';
const tokens = 40;

/** What is asked: held-out problems of the rule that it learned, of one that it did not, and questions. */
const questions = [
  ...heldOutProblems('words', 1, 24).problems,
  ...heldOutProblems('words', 7, 8).problems,
  ...heldOutProblems('sums', 1, 8).problems,
].map((problem) => promptText(problem, 'en'));
const texts = [...questions, 'naïve café, 東京 🙂', 'a  b\n\tc', '12345 = 5 * 2469'];

type Library = 'transformers' | 'peft' | 'llama.cpp';
interface Reply {
  readonly versions: Readonly<Record<string, string>>;
  readonly answers: Readonly<Record<Library, number[][]>>;
  /** of the texts, as llama.cpp reads them */
  readonly ids: number[][];
}

/** Has the libraries answer. llama.cpp is built from its source the first time. */
function theirAnswers(work: object): Reply {
  const python = torchPython(path.join(root, '.venv-torch'), 'python3');
  const has = spawnSync(python, ['-c', 'import llama_cpp']).status === 0;
  if (!has) console.error(`building ${llamaCpp} (once, a quarter of an hour)`);
  if (!has && spawnSync(python, ['-m', 'pip', 'install', '--quiet', llamaCpp], { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0) // prettier-ignore
    throw new UserError(`cannot build ${llamaCpp}: install cmake and a C++ compiler, then run the same again`); // prettier-ignore
  const { status, stdout } = spawnSync(python, [path.join(__dirname, 'ask_exported.py')], {
    input: JSON.stringify(work) + '\n',
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
    env: { ...process.env, HF_HUB_OFFLINE: '1', PYTHONWARNINGS: 'ignore', GLIBC_TUNABLES: '' },
  });
  if (status !== 0) throw new UserError(`ask_exported.py ended with ${status}: see above`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Reply;
}

/** Our greedy tokens, the end token included. */
async function ourAnswers(checkpoint: string) {
  const model = openCheckpoint(checkpoint);
  const tokenizer = model.tokenizer!;
  const prompts = questions.map((content) => tokenizer.chatIds([{ role: 'user', content }]));
  const speaker = createSpeaker(model, tokenizer);
  const answers: number[][] = [];
  for (const prompt of prompts) {
    const ids: number[] = [];
    for await (const { id } of speaker.speak(prompt, { temperature: 0, maxNewTokens: tokens }))
      ids.push(id);
    answers.push(ids);
  }
  speaker.dispose();
  disposeTree(model.parameters);
  const ids = texts.map((text) => tokenizer.encode(text));
  return { prompts, answers, ids, ends: tokenizer.endTokens };
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

async function main(): Promise<void> {
  const start = languageModelFolder('smollm2');
  if (!fs.existsSync(start)) throw new UserError('no language model smollm2: npm run model -- smollm2'); // prettier-ignore
  await startEngine();
  const adapters = checkpointFolder(path.join(recorded, 'tasks/words'), 'smollm2-r1-zero-s0');
  const ours = await ourAnswers(adapters);
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-exported-'));
  try {
    const [folder, gguf] = [path.join(place, 'folder'), path.join(place, 'model.gguf')];
    exportFolder(adapters, folder);
    await exportGguf(adapters, gguf, 'f32');
    const { prompts, ends } = ours;
    const reply = theirAnswers({ folder, gguf, start, adapters, prompts, ends, texts, tokens });
    const equal = (['transformers', 'peft', 'llama.cpp'] as const).map((library) => {
      const found = reply.answers[library];
      ours.answers.forEach((ids, i) => {
        if (!isSame(ids, found[i])) console.log(`${library}, ${questions[i]}\n  ours   ${ids.join(' ')}\n  theirs ${found[i]!.join(' ')}`); // prettier-ignore
      });
      const count = ours.answers.filter((ids, i) => isSame(ids, found[i])).length;
      return `${library} ${count} of ${questions.length}`;
    });
    const sameIds = reply.ids.filter((ids, i) => isSame(ids, ours.ids[i])).length;
    const number = `${equal.join(', ')}; llama.cpp reads ${sameIds} of ${texts.length} texts alike`;
    console.log(number);
    writeTrust('exported', {
      what: 'greedy answers of SmolLM2 after R1-Zero, exported: equal to ours',
      number,
      command: 'npm test -- exported',
      versions: reply.versions,
    });
    if (
      !equal.every((line) => line.endsWith(`${questions.length} of ${questions.length}`)) ||
      sameIds < texts.length
    )
      // prettier-ignore
      throw new UserError('an exported model answers otherwise: see above');
  } finally {
    fs.rmSync(place, { recursive: true, force: true });
  }
}

export const finished: Promise<void> = runCommand(main);
