import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { root } from '../core/files';
import { formatSeconds } from '../core/format';
import { readArguments, runCommand } from './arguments';

const help = `
npm test [-- NAME...]
Checks types (with the project's compiler, with the one of the notebooks' kernel, and for the pages of npm run docs),
lint and format, runs the unit tests, checks the notebooks against their rules and runs every notebook at smoke size.
With names, only these of: types, lint, format, unit, notebooks, browser, site, beyond, fuzz, crash, memory, page, steps,
transformers, tokenizers, exported, machines.
Those from browser on run only when they are named, and all but browser, site and beyond write what they find to data/trust/:
  browser       opens every notebook in JupyterLab, in a Chromium or Chrome on the PATH, runs one, stops and steers a
                training and labels pairs; screenshots of what failed go to data/local/browser/
  site          builds the site and uses it in that browser: its models answer as here, and learn
  beyond        what is handed over: the rewards in Python, TRL's loss, gradient and curve, verl's reading; and the graph on a
                Ray, of which a node is killed (R1_DOSE=large: twenty times). It installs them the first time: some minutes
  fuzz          a million hostile completions of each task, ten thousand damaged files of each kind: half an hour
  crash         a thousand kills of a small recipe, and a failure of every write in it: an hour
  memory        the memory over ten thousand steps of a small model: some minutes
  page          lets R1-Zero learn in the page of the site, four times: half an hour, on a machine that does nothing else
  steps         tries every kind of bad training step, and times the checks of a step, on a machine that does nothing else
  transformers  compares greedy answers with those of Hugging Face's library, which it installs together with PyTorch into
                .venv-torch: some minutes
  tokenizers    compares the tokenizers of language models with those of that library, SmolLM2's and trained ones: a minute
  exported      compares greedy answers of an exported language model with those of transformers, PEFT and llama.cpp, which it
                builds the first time: some minutes
  machines      sets up clones with other versions of Node, npm and Python, other users, homes, paths and limits: half an
                hour, and the network
`;

const bin = (file: string): string => path.join(root, 'node_modules', file);
const tsFiles = (folder: string): string[] =>
  fs
    .readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('site/'))
    .map((file) => path.join(folder, file));

const kernelCompiler = [
  bin('@tslab/typescript-for-tslab/bin/tsc'),
  ...'--noEmit --strict --target es2022 --lib es2023 --module esnext'.split(' '),
  ...'--moduleResolution bundler --esModuleInterop --skipLibCheck --types node'.split(' '),
];

/** The tests that lie in a folder itself. */
const testFiles = (folder: string): string[] =>
  fs
    .readdirSync(path.join(root, folder))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.join(folder, file));

/** The checks that run only when they are named. What they print is shown while they run. */
const onlyNamed = [
  'browser',
  'site',
  'beyond',
  'fuzz',
  'crash',
  'memory',
  'page',
  'steps',
  'transformers',
  'tokenizers',
  'exported',
  'machines',
];

/** Each check is a list of Node programs with their arguments. */
function checks(): Record<string, string[][]> {
  const unitTests = testFiles('tests');
  const beyond = testFiles('tests/beyond');
  const tsx = ['--import', 'tsx'];
  return {
    types: [
      [bin('typescript/bin/tsc'), '-p', '.'],
      [bin('typescript/bin/tsc'), '-p', 'lib/workbook/views'],
      [bin('typescript/bin/tsc'), '-p', 'lib/site/page'],
      [...kernelCompiler, ...tsFiles('lib')],
      [...tsx, 'lib/commands/docs.ts', '--check'],
    ],
    lint: [
      [
        bin('eslint/bin/eslint.js'),
        ...'--config tests/eslint.config.mjs --max-warnings 0 lib tests'.split(' '),
      ],
    ],
    format: [[bin('prettier/bin/prettier.cjs'), '--check', 'lib', 'tests', 'package.json']],
    notebooks: [
      [...tsx, 'lib/commands/notebooks.ts', '--check'],
      [...tsx, 'lib/commands/notebooks.ts', '--mode', 'smoke'],
    ],
    // The tests are CommonJS, so the part of tsx that starts faster is enough.
    unit: [['--require', 'tsx/cjs', '--test', '--test-concurrency=2', ...unitTests]],
    browser: [[...tsx, '--test', '--test-reporter=spec', 'tests/browser/browser.test.ts']],
    site: [[...tsx, '--test', '--test-reporter=spec', 'tests/browser/site.test.ts']],
    beyond: [
      ['--require', 'tsx/cjs', '--test', '--test-reporter=spec', '--test-concurrency=1', ...beyond],
    ],
    // The limit of the heap, in MiB, is a part of the check.
    fuzz: [['--max-old-space-size=768', '--require', 'tsx/cjs', 'tests/fuzz/large.ts']],
    crash: [['--require', 'tsx/cjs', 'tests/crash/large.ts']],
    memory: [['--expose-gc', '--require', 'tsx/cjs', 'tests/trust/memory.ts']],
    page: [[...tsx, 'tests/trust/page.ts']],
    steps: [['--require', 'tsx/cjs', 'tests/trust/steps.ts']],
    transformers: [['--require', 'tsx/cjs', 'tests/trust/againstTransformers.ts']],
    tokenizers: [['--require', 'tsx/cjs', 'tests/trust/againstTokenizers.ts']],
    exported: [['--require', 'tsx/cjs', 'tests/trust/exported.ts']],
    machines: [['--require', 'tsx/cjs', 'tests/machines/all.ts']],
  };
}

// The graphs of tests are so small that a second thread only waits, and waiting takes as much as the work.
const oneThread = { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' };

const forNotebooks = {
  // Compiling a graph with XLA takes longer than a smoke run of it; the unit tests of the engine have it on.
  TF_XLA_FLAGS: '--tf_xla_clustering_fuel=0',
  // Each notebook needs what those before it have trained: in one folder they find it.
  R1_SMOKE_PLACE: path.join(os.tmpdir(), `r1-smoke-${process.pid}`),
};

/** Runs a Node program in the root of the repository; returns whether it ended well, and what it printed. */
function run(args: string[], name: string): Promise<{ ok: boolean; said: string }> {
  const env = { ...oneThread, ...process.env, ...(name === 'notebooks' && forNotebooks) };
  const child = spawn(process.execPath, args, { cwd: root, env });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      said += data.toString();
      if (onlyNamed.includes(name)) process.stdout.write(data);
    });
  return new Promise((resolve) => child.once('close', (code) => resolve({ ok: code === 0, said })));
}

interface Result {
  readonly name: string;
  readonly ok: boolean;
  readonly said: string;
  readonly seconds: number;
}

/** Runs some checks one after another, and prints what a check said when it is done. */
async function runInTurn(names: readonly string[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const name of names) {
    console.log(`${name} …`);
    const started = Date.now();
    let ok = true;
    let output = '';
    for (const args of checks()[name]!) {
      const { ok: well, said } = await run(args, name);
      ok = well && ok;
      output += said;
    }
    if (!onlyNamed.includes(name)) console.log(`\n${name}\n${output}`);
    results.push({ name, ok, said: output, seconds: (Date.now() - started) / 1000 });
  }
  return results;
}

async function main(): Promise<number> {
  const { positionals } = readArguments(help, {}, true);
  const all = checks();
  const usual = Object.keys(all).filter((name) => !onlyNamed.includes(name));
  const names = positionals.length > 0 ? positionals : usual;
  const unknown = names.find((name) => !Object.hasOwn(all, name));
  if (unknown !== undefined)
    throw new UserError(`unknown check ${unknown}: use ${Object.keys(all).join(', ')}`);
  // The notebooks wait for their kernel most of the time: they run beside the others.
  const lanes = [names.filter((n) => n === 'notebooks'), names.filter((n) => n !== 'notebooks')];
  const results = (await Promise.all(lanes.map(runInTurn))).flat();
  const failed = results.filter(({ ok }) => !ok);
  fs.rmSync(forNotebooks.R1_SMOKE_PLACE, { recursive: true, force: true });
  // The end of the output is printed once more, for people who read a log from its end.
  for (const { name, said } of failed)
    console.log(`\n${name}, its end again\n${said.slice(-3000)}`);
  const lines = results.map(
    ({ name, ok, seconds }) =>
      `${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(10)} ${formatSeconds(seconds)}`,
  );
  console.log(
    `\n${lines.join('\n')}\n\n${names.length - failed.length} passed, ${failed.length} failed`,
  );
  return failed.length > 0 ? 1 : 0;
}

export const finished: Promise<void> = runCommand(main);
