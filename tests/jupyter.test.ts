import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import { root } from '../lib/core/files';
import { checkNotebook } from '../lib/checks/checkNotebooks';
import { Kernel, type Content } from '../lib/jupyter/kernelClient';
import { formatNotebook, readNotebook, type Notebook, type Output } from '../lib/jupyter/notebook';
import { runNotebookFiles } from '../lib/jupyter/runFiles';
import { runNotebook, type RunOptions, type RunResult } from '../lib/jupyter/runner';
import { notebookOf as notebookOfCells } from './support/notebooks';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-notebooks-'));
/** Most tests share this kernel, as the cells of a long session do. */
const kernel = new Kernel({ R1_MODE: 'smoke' });
const orphan = startOrphan();
after(async () => {
  await kernel.close();
  fs.rmSync(folder, { recursive: true });
});

const notebookOf = (...sources: string[]): Notebook =>
  notebookOfCells(...sources.map((source) => ({ source })));

const run = (sources: string[], options?: RunOptions): Promise<RunResult> =>
  runNotebook(kernel, notebookOf(...sources), { timeoutSeconds: 60, ...options });

const outputsOf = (result: RunResult, cell: number): Output[] =>
  result.notebook.cells[cell]!.outputs!;

function stdoutOf(result: RunResult, cell: number): string {
  const texts = outputsOf(result, cell).map((output) =>
    output.output_type === 'stream' && output.name === 'stdout' ? String(output.text) : '',
  );
  return texts.join('');
}

test('cells run from the root of the repository, strictly typed, with their counts', async () => {
  const result = await run([
    `import { UserError } from './lib/core/errors';`,
    `console.log(process.cwd(), process.env.R1_MODE, new UserError('x').name);`,
    `[1, 2, 3].findLast((x) => x < 3)`,
  ]);
  assert.equal(result.problem, undefined);
  assert.equal(stdoutOf(result, 1), `${root} smoke UserError\n`);
  assert.equal(stdoutOf(result, 2), '2\n');
  assert.deepEqual(
    result.notebook.cells.map((cell) => cell.execution_count),
    [1, 2, 3],
  );
  assert.equal(result.cellSeconds.length, 3);
  assert.match(JSON.stringify(result.notebook.metadata.language_info), /typescript/);
});

test('an error ends the run, is one line and is saved where it happened', async () => {
  const result = await run(['1', `throw new TypeError('boom');`, '2']);
  assert.equal(result.problem, 'code cell 2: TypeError: boom');
  assert.deepEqual(outputsOf(result, 1), [
    {
      output_type: 'error',
      ename: 'TypeError',
      evalue: 'boom',
      traceback: ['TypeError: boom'],
    },
  ]);
  assert.deepEqual(outputsOf(result, 2), []);
});

test('an error in lib names the function, the file and the line; a UserError only speaks', async () => {
  const thrown = await run([
    `import { pickWeighted } from './lib/core/random';`,
    `pickWeighted([1], null!);`,
  ]);
  assert.match(
    thrown.problem!,
    /^code cell 2: TypeError: .*\n +at .*pickWeighted \(lib\/core\/random\.ts:\d+:\d+\)$/,
  );
  const said = await run([
    `import { UserError } from './lib/core/errors';`,
    `throw new UserError('no checkpoint at data/x: run the recipe');`,
  ]);
  assert.equal(said.problem, 'code cell 2: UserError: no checkpoint at data/x: run the recipe');
});

test('a cell that is run before the ones above it is told so, without the errors that follow from it', async () => {
  const result = await run([`const text = await ask(base, 3);\ntext.map((line) => line.length);`]);
  assert.deepEqual(outputsOf(result, 0), [
    {
      output_type: 'error',
      ename: 'TypeScriptError',
      evalue: "1:20 - Cannot find name 'ask'.",
      traceback: [
        "TypeScriptError: 1:20 - Cannot find name 'ask'.",
        "1:24 - Cannot find name 'base'.",
        '',
        'A name of a cell further up is known once that cell has run: menu Run, Run All Above Selected Cell.',
      ],
    },
  ]);
});

test('type errors name line and column, under strict rules', async () => {
  const result = await run([`const n: number = 1;\nconst s: string = null;`]);
  assert.equal(
    result.problem,
    `code cell 1: TypeScriptError: 2:7 - Type 'null' is not assignable to type 'string'.`,
  );
});

test('what nobody awaits fails the run, whichever cell it comes from', async () => {
  const rejected = await run([`void Promise.reject(new Error('lost'));`, '2']);
  assert.equal(rejected.problem, 'code cell 1: UnhandledPromiseRejection: Error: lost');
  const late = await run([`void setTimeout(() => { throw new Error('late'); }, 100);`]);
  assert.equal(late.problem, 'code cell 1: UncaughtException: Error: late');
});

test('20,000 lines arrive whole, in few messages', async () => {
  let messages = 0;
  const result = await run([`for (let i = 0; i < 20000; i++) console.log('line', i);`], {
    onCell: ({ state }) => void (messages += Number(state === 'printed')),
  });
  assert.equal(result.problem, undefined);
  const expected = Array.from({ length: 20000 }, (_, i) => `line ${i}\n`).join('');
  assert.equal(stdoutOf(result, 0), expected);
  assert.ok(messages < 200, `20000 lines arrive in ${messages} messages`);
});

test('a display is updated in its place, also from a later cell', async () => {
  const result = await run([
    `import { displayBundle } from './lib/core/display';`,
    `displayBundle({ 'text/plain': 'one' }, 'd1'); displayBundle({ 'text/plain': 'other' });`,
    `displayBundle({ 'text/plain': 'two' }, 'd1', true);`,
  ]);
  const shown = outputsOf(result, 1).map((o) => o.output_type === 'display_data' && o.data);
  assert.deepEqual(shown, [{ 'text/plain': 'two' }, { 'text/plain': 'other' }]);
  assert.deepEqual(outputsOf(result, 2), []);
});

test('a progress line is saved as it looked at its end', async () => {
  const result = await run([
    `for (let i = 0; i <= 100; i++) process.stdout.write('\\rprogress ' + i + ' %');
     await new Promise<void>((done) => process.stdout.write('\\n', () => done()));`,
  ]);
  assert.equal(stdoutOf(result, 0), 'progress 100 %\n');
});

test('progress stays one line, also when a chart is shown meanwhile', async () => {
  let printed = '';
  const result = await run(
    [
      `import { displayBundle } from './lib/core/display';
       import { progress } from './lib/core/progress';`,
      `const bar = progress('training', 2);
       await new Promise((done) => setTimeout(done, 300));
       bar.update(1);
       displayBundle({ 'text/plain': 'a chart', 'text/markdown': '' });
       bar.update(2);
       bar.end();`,
    ],
    { onCell: ({ text }) => void (printed += text) },
  );
  const shown = outputsOf(result, 1).map((o) => o.output_type === 'display_data' && o.data);
  assert.match(String(Object(shown[0])['text/plain']), /^training █{20} 100 % · /);
  assert.deepEqual(shown.slice(1), [{ 'text/plain': 'a chart', 'text/markdown': '' }]);
  assert.match(printed, /50 %.*100 %/); // in the terminal it is watched as well
  assert.ok(!printed.includes('a chart'));
});

test('the stop button ends a loop at a step, and its cell goes on', async () => {
  const result = await run(
    [
      `import { loop } from './lib/core/loop';`,
      `const wait = () => new Promise<void>((done) => setTimeout(done, 10));
       const stopped = await loop(0, 1000, async (i) => { console.log(i); await wait(); });
       console.log(stopped.stopped, stopped.step < 1000);`,
      `console.log('next')`,
    ],
    { onCell: ({ text }) => text === '0\n' && kernel.interrupt() },
  );
  assert.equal(result.problem, undefined);
  assert.ok(stdoutOf(result, 1).endsWith('true true\n'));
  assert.equal(stdoutOf(result, 2), 'next\n');
});

test('without a loop the stop button interrupts the cell', async () => {
  const onCell: RunOptions['onCell'] = ({ text }) => text === 'go\n' && kernel.interrupt();
  const pause = `await new Promise((done) => setTimeout(done, 50));\nconsole.log('go');\n`;
  const waiting = await run([`${pause}await new Promise(() => {});`, '1'], { onCell });
  assert.equal(waiting.problem, 'code cell 1: Interrupted: the cell was stopped');
  const busy = await run([`console.log('go');\nwhile (true) {}`, '1'], { onCell });
  assert.equal(busy.problem, 'code cell 1: Interrupted: the cell was stopped');
});

test('a failure aborts the cells that were waiting, and none sent later', async () => {
  const ignore = (): void => {};
  const waiting = [`throw new Error('x')`, '1', '2'].map((code) => kernel.execute(code, ignore));
  const replies = await Promise.all(waiting);
  assert.deepEqual(
    replies.map((reply) => reply.status),
    ['error', 'aborted', 'aborted'],
  );
  assert.equal((await kernel.execute('3', ignore)).status, 'ok');
});

test('a page that is loaded while a cell runs sees what it shows, under the next cell that is run', async () => {
  const ignore = (): void => {};
  const shows = `import { displayBundle } from './lib/core/display';
    displayBundle({ 'text/plain': '10 %' }, 'bar');
    displayBundle({ 'text/plain': '20 %' }, 'bar', true);
    displayBundle({ 'text/plain': 'cannot be updated' });`;
  const begun = new Promise<void>((resolve) => {
    const note = (_: string, { data }: Content): void => {
      if (data && 'cannot be updated' === (data as Content)['text/plain']) resolve();
    };
    void kernel.execute(`${shows} await new Promise((r) => setTimeout(r, 500));`, note);
  });
  await begun;
  const heard: [string, Content][] = [];
  const note = (type: string, content: Content): void => void heard.push([type, content]);
  const waiting = kernel.execute(`console.log('of the old page')`, note);
  // A page that is loaded anew is another session for the kernel.
  Object.assign(kernel, { session: 'of the new page' });
  await Promise.all([waiting, kernel.execute(`console.log('of the new page')`, note)]);
  await kernel.execute('0', ignore);
  const plain = (data: unknown): unknown => (data as Content | undefined)?.['text/plain'];
  const texts = heard.map(([type, { text, data }]) => [type, text ?? plain(data)]);
  const [[, told], ...rest] = texts as [[string, string], ...unknown[]];
  assert.match(
    told,
    /^waiting: a cell runs since \d\d:\d\d:\d\d, from before this page was loaded/,
  );
  assert.deepEqual(rest, [
    ['display_data', '20 %'],
    ['execute_input', undefined],
    ['stream', 'of the old page\n'],
    ['clear_output', undefined],
    ['execute_input', undefined],
    ['stream', 'of the new page\n'],
  ]);

  heard.length = 0;
  const stopped = kernel.execute(
    `await new Promise((r) => setTimeout(r, 300)); throw 'x';`,
    ignore,
  );
  Object.assign(kernel, { session: 'of the newest page' });
  const [, reply] = await Promise.all([stopped, kernel.execute('0', note)]);
  assert.equal(reply.status, 'aborted');
  assert.deepEqual(
    heard.map(([, { text }]) => String(text).replace(/\d\d:\d\d:\d\d.*/s, '')),
    ['waiting: a cell runs since ', `that cell ended (Thrown: 'x'); this one did not run\n`],
  );
});

test('comms: a cell opens one, the browser answers, the handler replies', async () => {
  const published: [string, Content][] = [];
  const note = (type: string, content: Content): void => void published.push([type, content]);
  await kernel.execute(
    `const comm = (globalThis as any)[Symbol.for('r1.comm')].open('jupyter.widget', { a: 1 },
       (data: any, reply: any) => reply({ got: data.click }), { version: '2.1.0' });`,
    note,
  );
  const open = published.find(([type]) => type === 'comm_open')![1];
  assert.deepEqual([open.target_name, open.data], ['jupyter.widget', { a: 1 }]);
  const { comms } = await kernel.request('comm_info_request', { target_name: 'jupyter.widget' });
  assert.deepEqual(comms, { [String(open.comm_id)]: { target_name: 'jupyter.widget' } });

  const { comm_id } = open;
  const answer = await new Promise<Content>((resolve) => {
    // A comm_msg has no reply, so its request never ends. The test waits for the message that comes back.
    void kernel
      .request('comm_msg', { comm_id, data: { click: 7 } }, (_, content) => resolve(content))
      .catch(() => {});
  });
  assert.deepEqual(answer, { comm_id, data: { got: 7 } });
  const history = await kernel.request('history_request', {});
  assert.deepEqual(history, { status: 'ok', history: [] });
});

test('a cell that takes too long ends the run and the kernel', async () => {
  const result = await run(['await new Promise(() => {})'], { timeoutSeconds: 0.5 });
  assert.equal(result.problem, 'code cell 1: took longer than 0.5 s');
  const next = await run(['1']);
  assert.equal(next.problem, 'the kernel died (SIGKILL)');
});

test('a kernel that dies in a cell ends the run', async () => {
  const dying = new Kernel();
  const result = await runNotebook(dying, notebookOf('1', `process.exit(3)`, '1'));
  await dying.close();
  assert.equal(result.problem, 'code cell 2: the kernel died (code 3)');
});

test('files are saved when they should be, and only when all went well', async () => {
  const options = { mode: 'live', save: true, timeoutSeconds: 60 };
  const file = path.join(folder, 'example.ipynb');
  const before = formatNotebook(notebookOf(`console.log(process.env.R1_MODE)`));
  fs.writeFileSync(file, before);
  assert.equal(await runNotebookFiles([file], { ...options, save: false }), true);
  assert.equal(fs.readFileSync(file, 'utf8'), before);

  const failing = path.join(folder, 'failing.ipynb');
  const failingBefore = formatNotebook(notebookOf(`console.log(1)`, `throw new Error('x')`));
  fs.writeFileSync(failing, failingBefore);
  assert.equal(await runNotebookFiles([file, failing], options), false);
  assert.equal(fs.readFileSync(failing, 'utf8'), failingBefore);
  const { cells } = readNotebook(file);
  assert.deepEqual(cells[0]!.outputs, [
    { output_type: 'stream', name: 'stdout', text: ['live\n'] },
  ]);
  assert.deepEqual(checkNotebook(readNotebook(file), 'example'), []); // so it has the stamp of its code
  assert.equal(readNotebook(file).metadata.r1?.mode, 'live');
});

test('the command answers wrong input in one line', async () => {
  const wrong: [args: string[], line: string][] = [
    [['--mode', 'fast'], 'no mode fast: one of smoke, replay, live, full\n'],
    [['--what'], `unknown option '--what': see --help\n`],
    [['no-such'], 'no notebook no-such'],
    [['--timeout', '0'], 'invalid --timeout: 0: use a number from 0.001 to 10000\n'],
  ];
  const command = ['--import', 'tsx', path.join(root, 'lib/commands/notebooks.ts')];
  const said = wrong.map(async ([args, line]) => {
    const child = spawn(process.execPath, [...command, ...args], { stdio: ['ignore', 1, 'pipe'] });
    let text = '';
    child.stderr!.on('data', (data: Buffer) => (text += String(data)));
    const code = await new Promise((resolve) => child.on('close', resolve));
    assert.ok(text.startsWith(line) && text.split('\n').length === 2, text);
    assert.equal(code, 2);
  });
  await Promise.all(said);
});

test('the kernel ends with the process that started it', async () => {
  const pid = await orphan;
  const isAlive = (): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  for (let i = 0; i < 80 && isAlive(); i++) await new Promise((done) => setTimeout(done, 100));
  assert.equal(isAlive(), false);
});

/** Starts a kernel from a process that is killed at once when the kernel is up; returns the kernel's id. */
function startOrphan(): Promise<number> {
  const script = path.join(folder, 'orphan.ts');
  fs.writeFileSync(
    script,
    `import { Kernel } from '${root}/lib/jupyter/kernelClient';
     const kernel = new Kernel();
     const show = (_: string, content: any) => content.text && console.log(content.text.trim());
     kernel.ready().then(() => kernel.execute('console.log(process.pid)', show));`,
  );
  const args = ['--import', 'tsx', script];
  const env = { ...process.env, TMPDIR: folder }; // nobody is left to clean up after it
  const parent = spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve) => {
    parent.stdout.once('data', (data: Buffer) => {
      parent.kill('SIGKILL');
      resolve(Number(String(data)));
    });
  });
}
