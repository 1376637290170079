/** The rewards in Python say what those of the workbook say: on recorded completions, and on hostile ones. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { root } from '../../lib/core/files';
import { createRandom, pick, type Random } from '../../lib/core/random';
import { groundTruth } from '../../lib/handover/groundTruth';
import { reward } from '../../lib/rewards/reward';
import { readRollouts } from '../../lib/runs/run';
import { judgeAnswer } from '../../lib/tasks/answers/judge';
import { addTask, generate, taskNamed, verify, type Problem } from '../../lib/tasks/index';
import { rules, wordsOf } from '../../lib/tasks/words/rules';
import type { WordsProblem } from '../../lib/tasks/words/words';
import { languageInTurn, type Language } from '../../lib/tokenizer/vocabulary';
import { answerText } from '../fuzz/answers';
import { hostileCompletion } from '../fuzz/completions';
import { temporaryFolder } from '../support/folder';

/** What is asked in Python: a problem as it is handed over, a completion, and what the workbook says of it. */
interface Row {
  readonly problem: Problem;
  readonly completion: string;
  readonly verdict: unknown;
  readonly reward: unknown;
}

/** Problems of data of one's own have an answer. */
addTask<Problem & { readonly answer: string }>({
  name: 'mine',
  levels: [1],
  generate: () => assert.fail('is not drawn'),
  question: ({ answer }) => answer,
  verify: ({ answer }, completion) => judgeAnswer(answer, completion),
});

const rowOf = (problem: Problem, completion: string, language: Language): Row => ({
  ...{ problem: groundTruth(problem, language), completion },
  verdict: verify(problem, completion),
  reward: reward(problem, completion, language),
});

const tasks = ['countdown', 'programs', 'units', 'general'] as const;
const languageTasks = ['words', 'sums'] as const;

/** Completions that runs have recorded, of each run so many at most. */
function recorded(most: number): { task: string; level: number; completion: string }[] {
  const places = ['data', 'data/tasks/words', 'data/tasks/rules', 'data/tasks/sums'];
  const folders = places.flatMap((place) => {
    const runs = path.join(root, place, 'runs');
    return fs.readdirSync(runs).map((name) => path.join(runs, name));
  });
  return folders
    .filter((folder) => fs.existsSync(path.join(folder, 'rollouts.jsonl')))
    .flatMap((folder) => readRollouts(folder).slice(-most));
}

/** A problem of a level, which in half of all cases asks for words that the completion has. */
function problemFor(task: string, level: number, completion: string, random: Random): Problem {
  const { heldOutLevels = [] } = taskNamed(task) as { heldOutLevels?: readonly number[] };
  const split = heldOutLevels.includes(level) ? 'held-out' : 'train';
  const problem = generate(task, level, random, split);
  const said = wordsOf(completion.replace(/<eos>$/, '').toLowerCase());
  if (task !== 'words' || said.length === 0 || random.int(2) === 0) return problem;
  const asked = [pick([said[0]!, pick(said, random)], random), said[said.length - 1]!];
  const { words: count } = rules.get(level)!;
  return {
    ...problem,
    ...{ words: asked.slice(0, count), count: said.length },
  } as unknown as WordsProblem;
}

/** Characters on which two programming languages may differ: spaces, cases, marks, halves of pairs. */
const odd = [
  ...'\n\r\t\v\f\u001c\u0085\u00a0\u2028\u3000\ufeff\'’-‐.!?…,;:*_|<>"“½²٣１éÉëēĕěĖßẞİıſKΣςǅ\u0301',
  ...['🙂', '𝟙', '𐐀', '\ud800', '\udc00', '<eos>', ' and ', ' e ', ' a b c d e f g', 'E'],
];

/** A text with some of its characters changed. */
function changed(text: string, random: Random): string {
  let made = text;
  for (let n = random.int(4); n > 0; n--) {
    const at = random.int(made.length + 1);
    made = made.slice(0, at) + pick(odd, random) + made.slice(at + random.int(3));
  }
  return random.int(8) === 0 ? made.replace(/<eos>$/, '') : made;
}

function* rows(count: number): Generator<Row> {
  const random = createRandom(0, 'beyond');
  const spoken = recorded(60).filter(({ task }) => [...tasks, ...languageTasks].some((name) => name === task)); // prettier-ignore
  const inWords = spoken.filter(({ task }) => languageTasks.some((name) => name === task));
  for (let i = 0; i < count; i++) {
    const language = languageInTurn(i);
    const kind = i % 5;
    if (kind === 0) {
      const { right, text: said } = answerText(random);
      const text = random.int(2) === 0 ? said : changed(said, random);
      yield rowOf({ task: 'mine', level: 1, ...{ answer: right } }, text, language);
    } else if (kind === 1) {
      const task = pick(tasks, random);
      const problem = generate(task, pick(taskNamed(task).levels, random), random, 'train');
      yield rowOf(problem, hostileCompletion(problem, random), language);
    } else {
      const { task, level, completion } = pick(kind === 2 ? spoken : inWords, random);
      const text = kind === 3 ? completion : changed(completion, random);
      yield rowOf(problemFor(task, level, text, random), text, language);
    }
  }
}

test('100,000 completions: Python finds what the workbook finds', (t) => {
  const file = path.join(temporaryFolder(), 'rows.jsonl');
  const to = fs.openSync(file, 'w');
  let right = 0;
  for (const row of rows(100_000)) {
    fs.writeSync(to, `${JSON.stringify(row)}\n`);
    if ((row.verdict as { correct: boolean }).correct) right++;
  }
  fs.closeSync(to);
  const { stdout, stderr } = spawnSync('python3', [path.join(__dirname, 'compare_verifiers.py')], {
    ...{ encoding: 'utf8', stdio: [fs.openSync(file, 'r'), 'pipe', 'pipe'] },
    env: { ...process.env, PYTHONPATH: path.join(root, 'lib/handover/python'), PYTHONDONTWRITEBYTECODE: '1' }, // prettier-ignore
  });
  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout), { compared: 100_000, different: 0 });
  t.diagnostic(`100,000 completions, ${right} of them right: the same verdicts and rewards`);
  assert.ok(right > 10_000);
});
