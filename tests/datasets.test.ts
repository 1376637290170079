/** Data of one's own as a task: what is read, what is refused, and how it is found by its name. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { register } from 'node:module';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createRandom } from '../lib/core/random';
import { courseNamed } from '../lib/recipe/language/data';
import { findTask, findTaskInWords } from '../lib/stages/ownTask';
import { datasetTask, type DatasetProblem } from '../lib/tasks/dataset';
import { promptText, taskNamed, verify, type TaskInWords } from '../lib/tasks/index';
import { isInSplit } from '../lib/tasks/task';
import { temporaryFolder } from './support/folder';

// Commands run with the part of tsx that loads `import()`, the unit tests without it.
register('tsx/esm', { parentURL: pathToFileURL(__filename), data: true });

const folder = temporaryFolder();

/** Writes a file and returns where it is. */
function write(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, content);
  return file;
}

const jsonl = (rows: readonly unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n') + '\n'; // prettier-ignore

/** Enough of them that one in ten is held out. */
const many = (row: (i: number) => object, n = 60): object[] => Array.from({ length: n }, (_, i) => row(i)); // prettier-ignore
const plain = Array.from({ length: 60 }, (_, i) => ({ question: `What is ${i} and ${i}?`, answer: String(2 * i) })); // prettier-ignore

/** The different problems that a task draws. */
function drawn(task: TaskInWords<DatasetProblem>, split: 'train' | 'held-out'): DatasetProblem[] {
  const random = createRandom('datasets', split);
  const all = Array.from({ length: 1500 }, () => task.generate(1, random, split));
  return [...new Map(all.map((problem) => [problem.asked, problem])).values()];
}

/** In the form of GSM8K's own file. */
const gsm8k = many((i) => ({
  question: `A hen lays ${i + 2} eggs a day. How many does it lay in ${i + 3} weeks?`,
  answer: `A week has 7*1=<<7*1=7>>7 days.\nThat is ${7 * (i + 3)} days, so ${i + 2}*${7 * (i + 3)}=<<${i + 2}*${7 * (i + 3)}=${(i + 2) * 7 * (i + 3)}>>${(i + 2) * 7 * (i + 3)} eggs.\n#### ${((i + 2) * 7 * (i + 3)).toLocaleString('en-US')}`,
}));

test('a file in the form of GSM8K gives questions, answers, and solutions', () => {
  const task = datasetTask('hens', write('hens.jsonl', jsonl(gsm8k)));
  const all = [...drawn(task, 'train'), ...drawn(task, 'held-out')];
  assert.equal(all.length, 60);
  const hen = all.find(({ asked }) => asked.startsWith('A hen lays 20 '))!;
  assert.equal(
    task.question(hen),
    'A hen lays 20 eggs a day. How many does it lay in 21 weeks?\nEnd with a line that begins with "Answer:".',
  );
  assert.equal(hen.answer, '2,940');
  const solution = task.solution!(hen, createRandom(0));
  assert.equal(
    solution,
    'A week has 7*1=7 days.\nThat is 147 days, so 20*147=2940 eggs.\nAnswer: 2,940',
  );
  const verdicts = ['Answer: 2940', 'Answer: $2,940.00', '\\boxed{2940}', '#### 2940', 'Answer: 2904', '2940'].map((text) => task.verify(hen, `${text}<eos>`).correct); // prettier-ignore
  assert.deepEqual(verdicts, [true, true, true, true, false, false]);
  for (const problem of all) {
    const written = task.solution!(problem, createRandom(0));
    assert.doesNotMatch(written, /<<|>>|####/);
    const { correct, format } = task.verify(problem, `${written}<eos>`);
    assert.ok(correct && format, written);
  }
});

test('every tenth problem is held out, by what is asked and not by its place', () => {
  const rows = many((i) => ({ question: `Which number comes after ${i}?`, answer: i + 1 }), 400);
  const splits = (all: readonly object[], name: string): string[][] => {
    const task = datasetTask(name, write(`${name}.jsonl`, jsonl(all)));
    return (['train', 'held-out'] as const).map(
      (split) =>
      drawn(task, split).map(({ asked }) => asked).sort(), // prettier-ignore
    );
  };
  const [train, heldOut] = splits(rows, 'numbers');
  assert.deepEqual(train!.filter((prompt) => heldOut!.includes(prompt)), []); // prettier-ignore
  assert.ok(heldOut!.length > 20 && heldOut!.length < 65, `${heldOut!.length} of 400`);
  const [, again] = splits([...rows].reverse(), 'turned-round');
  assert.deepEqual(again, heldOut);
});

test('a prompt is told as it stands, answers may be numbers or words', () => {
  const rows = many((i) => ({ prompt: `Say yes ${i}.`, answer: 'Yes', more: [i] }));
  const task = datasetTask('yes', write('yes.jsonl', jsonl(rows)));
  const problem = task.generate(1, createRandom(0), 'train');
  assert.match(task.question(problem), /^Say yes \d+\.$/);
  assert.equal(task.solution, undefined);
  const verdicts = ['Answer: yes.', 'Answer: **Yes**', 'Answer: no', 'yes'].map((text) => task.verify(problem, `${text}<eos>`).correct); // prettier-ignore
  assert.deepEqual(verdicts, [true, true, false, false]);
  assert.throws(() => task.generate(2, createRandom(0), 'train'), { name: 'UserError', message: 'unknown level 2 for yes: use 1 to 1' }); // prettier-ignore
  const numbers = many((i) => ({ question: `Half of ${i}?`, answer: i / 2 }));
  const half = datasetTask('half', write('half.jsonl', jsonl(numbers)));
  const three = [...drawn(half, 'train'), ...drawn(half, 'held-out')].find(({ asked }) => asked.startsWith('Half of 3?'))!; // prettier-ignore
  assert.equal(half.verify(three, 'Answer: 1 1/2<eos>').correct, true);
});

test('a mark at the beginning, line ends of two signs, and empty lines are nothing', () => {
  const text = `\ufeff\r\n${jsonl(plain).replaceAll('\n', '\r\n\r\n')}  \r\n`;
  const task = datasetTask('windows', write('windows.jsonl', text));
  assert.equal(drawn(task, 'train').length + drawn(task, 'held-out').length, 60);
  const withoutEnd = datasetTask('cut', write('cut.jsonl', jsonl(plain).trimEnd()));
  assert.equal(drawn(withoutEnd, 'train').length + drawn(withoutEnd, 'held-out').length, 60);
  const twice = datasetTask('twice', write('twice.jsonl', jsonl([...plain, ...plain])));
  assert.equal(drawn(twice, 'train').length + drawn(twice, 'held-out').length, 60);
});

test('what is wrong is said with file, line, and field', () => {
  const good = jsonl(plain);
  const refused = (line: string | Uint8Array, said: string): void => {
    const bytes = Buffer.concat([Buffer.from(good), Buffer.from(line), Buffer.from('\n')]);
    const file = write('bad.jsonl', bytes);
    assert.throws(() => datasetTask('bad', file, 'data/local/tasks/bad.jsonl'), { name: 'UserError', message: `data/local/tasks/bad.jsonl line 61: ${said}` }); // prettier-ignore
  };
  refused('{"question": "a?"}', 'no answer');
  refused('{"question": "a?", "answer": null}', 'no answer');
  refused('{"question": "a?", "answer": " "}', 'answer is empty');
  refused('{"question": "a?", "answer": "So it is.\\n####"}', 'no answer after ####');
  refused('{"question": "a?", "answer": "!"}', 'answer is punctuation alone');
  refused('{"question": "a?", "answer": ["1"]}', 'answer is no text');
  refused('{"question": "a?", "answer": true}', 'answer is no text');
  refused('{"question": "a?", "answer": 12345678901234567890}', 'answer is a number that would be rounded: write it in quotes'); // prettier-ignore
  refused('{"question": "a?", "answer": 1e400}', 'answer is a number that would be rounded: write it in quotes'); // prettier-ignore
  refused(`{"question": "a?", "answer": "${'x'.repeat(201)}"}`, 'an answer of 201 characters: use one line of at most 200, without its solution'); // prettier-ignore
  refused('{"question": "a?", "answer": "So\\nit is 7"}', 'an answer of 10 characters: use one line of at most 200, without its solution'); // prettier-ignore
  refused('{"answer": "1"}', 'no question and no prompt');
  refused('{"question": 7, "answer": "1"}', 'question is no text');
  refused('{"question": "", "answer": "1"}', 'question is empty');
  refused('{"question": "a?", "prompt": "a?", "answer": "1"}', 'both prompt and question: leave one out'); // prettier-ignore
  refused('{"question": "What is 3 and 3?", "answer": "7"}', 'asks what line 4 asks, with another answer'); // prettier-ignore
  refused('{"question": "a?", "answer": "1"', 'no JSON');
  refused('question,answer', 'no JSON');
  for (const value of ['[]', '"a"', '7', 'null']) refused(value, 'no JSON object');
  refused(Buffer.from([0x7b, 0xff, 0x7d]), 'no text in UTF-8');
  refused(Buffer.from('{"question": "caf\u00e9?", "answer": "1"}', 'latin1'), 'no text in UTF-8');
});

test('a file that is missing, a folder, empty, or too small is said in one line', () => {
  const refused = (file: string, message: RegExp | string): void =>
    assert.throws(() => datasetTask('x', file), { name: 'UserError', message });
  refused(path.join(folder, 'nothing.jsonl'), /nothing\.jsonl/);
  refused(folder, /a folder has its name/);
  const empty = write('empty.jsonl', '\n');
  refused(empty, `${empty} has 0 problems, none of them for training: every tenth is held out, add some more`); // prettier-ignore
  const small = write(
    'small.jsonl',
    jsonl(plain.filter(({ question }) => isInSplit(question, 'train')).slice(0, 2)),
  );
  refused(small, `${small} has 2 problems, none of them held out: every tenth is held out, add some more`); // prettier-ignore
});

test('the commands find a data set by its name, beside the tasks that are written', async () => {
  const tasks = path.join(temporaryFolder(), 'tasks');
  fs.mkdirSync(tasks);
  fs.writeFileSync(path.join(tasks, 'my-hens.jsonl'), jsonl(gsm8k));
  const task = await findTaskInWords('my-hens', tasks);
  assert.equal(taskNamed('my-hens'), task);
  const problem = task.generate(1, createRandom(1), 'held-out');
  assert.match(promptText(problem, 'en'), /^A hen lays/);
  assert.equal(verify(problem, `${task.solution!(problem, createRandom(0))}<eos>`).correct, true);
  assert.deepEqual(courseNamed('my-hens').plan, [{ task: 'my-hens', level: 1, prompts: 8 }]);
  assert.equal(courseNamed('my-hens').rl.maxNewTokens, 160);
  await assert.rejects(findTask('my-hens', tasks), { name: 'UserError', message: 'my-hens is asked in words: use a language model, --model smollm2' }); // prettier-ignore

  const functions = 'generate() {}, verify() {}';
  fs.writeFileSync(path.join(tasks, 'asked.ts'), `export const task = { name: 'asked', levels: [1], question() {}, ${functions} };`); // prettier-ignore
  assert.deepEqual((await findTaskInWords('asked', tasks)).levels, [1]);
  fs.writeFileSync(path.join(tasks, 'both-kinds.ts'), `export const task = { name: 'both-kinds', levels: [1], question() {}, promptIds() {}, ${functions} };`); // prettier-ignore
  await assert.rejects(findTaskInWords('both-kinds', tasks), { name: 'UserError', message: `${path.join(tasks, 'both-kinds.ts')} exports no task both-kinds: it needs name, levels, generate, verify, and promptIds or question` }); // prettier-ignore

  for (const ending of ['ts', 'jsonl']) fs.writeFileSync(path.join(tasks, `two.${ending}`), '');
  await assert.rejects(findTaskInWords('two', tasks), { name: 'UserError', message: `${path.join(tasks, 'two.ts')} and ${path.join(tasks, 'two.jsonl')} are both two: rename one` }); // prettier-ignore
  await assert.rejects(findTaskInWords('none', tasks), { name: 'UserError', message: `unknown data none: use what --help lists, or bring your own as ${path.join(tasks, 'NAME.jsonl')}` }); // prettier-ignore
  await assert.rejects(findTaskInWords('../tasks/my-hens', tasks), { name: 'UserError' });
  await assert.rejects(findTaskInWords('units', tasks), { name: 'UserError', message: "units is asked in this workbook's vocabulary, not in words: leave out --model" }); // prettier-ignore
  await assert.rejects(findTask('sums', tasks), { name: 'UserError', message: 'sums is asked in words: use a language model, --model smollm2' }); // prettier-ignore
});
