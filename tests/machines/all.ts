/**
 * Tries the set-up on many kinds of machine, for `npm test -- machines`: from a clone to the notebook 00, or to a refusal
 * in one line. It takes about half an hour and needs the network; as root it tries more. R1_MACHINES=WORD tries only
 * the cases whose names have the word. The result of all is written to data/trust/machines.json.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { writeTrust } from '../trust/record';
import { allCases, type Case } from './cases';
import { cloneFolder } from './place';

const notebook = ['npm', 'run', 'notebooks', '--', '00', '--mode', 'smoke'];
const minutes = 10;

interface Outcome {
  readonly name: string;
  /** `works`, `refused`, or what is wrong */
  readonly result: string;
}

/** Returns the environment of a case: that of this process without what npm and this test have put there. */
function environment(one: Case, folder: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD)/.test(name));
  const all: Record<string, string | undefined> = {
    ...Object.fromEntries(inherited),
    TF_XLA_FLAGS: '--tf_xla_clustering_fuel=0', // the notebook takes a third of the time
    R1_CACHE: path.join(folder, 'cache'),
    ...one.env,
  };
  const programs = [...(one.programs ?? []), all.PATH].join(path.delimiter);
  return Object.fromEntries(
    Object.entries({ ...all, PATH: programs }).filter(([, value]) => value !== undefined),
  );
}

/** Runs the command of a case to its end, or to what it must print where it does not end by itself. */
function execute(one: Case, folder: string): Promise<{ code: number | null; output: string }> {
  const cwd = cloneFolder(folder, one.clone ?? 'plain');
  for (const name of one.without ?? []) fs.rmSync(path.join(cwd, name), { recursive: true });
  const [program = '', ...args] = [...(one.prefix ?? []), ...(one.command ?? notebook)];
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  const env = environment(one, folder);
  const child = spawn(program, args, { cwd, env, stdio: [...stdio], detached: true });
  let output = '';
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    process.kill(-(child.pid ?? 0), 'SIGTERM');
  };
  const timer = setTimeout(stop, minutes * 60_000);
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      output += data.toString();
      if (one.ends === false && !stopped && one.prints?.test(output)) stop();
    });
  return new Promise((resolve) =>
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    }),
  );
}

/** Returns what came out of a case. */
async function tried(one: Case, folder: string): Promise<Outcome> {
  if (one.skipped) return { name: one.name, result: `not tried: ${one.skipped}` };
  const { code, output } = await execute(one, folder);
  const wanted = one.ends === false ? null : one.code === undefined ? 0 : one.code;
  const { prints = /00-start-here +3 .* ok/ } = one;
  const stack = /^ +at .*:\d+:\d+\)?$|^Traceback/m.exec(output)?.[0];
  const fault =
    stack ??
    (wanted !== null && code !== wanted ? `exit code ${code}` : undefined) ??
    (prints.test(output) ? undefined : `does not print ${prints}`);
  if (fault === undefined) return { name: one.name, result: one.code === 1 ? 'refused' : 'works' };
  console.log(output.slice(-3000));
  return { name: one.name, result: `FAULT: ${fault}` };
}

function write(outcomes: readonly Outcome[]): void {
  const made = outcomes.filter(({ result }) => !result.startsWith('not tried'));
  const good = made.filter(({ result }) => !result.startsWith('FAULT'));
  const refused = good.filter(({ result }) => result === 'refused');
  const result = {
    what: 'machines: from a clone to the notebook 00, or refused in one line',
    number: `${good.length} of ${made.length}, ${refused.length} of them refused`,
    command: 'npm test -- machines',
    cases: outcomes,
  };
  writeTrust('machines', result);
  console.log(`\n${result.number}`);
}

async function main(): Promise<void> {
  const given = process.env.R1_MACHINES_FOLDER;
  const folder = given ?? fs.mkdtempSync(path.join(os.tmpdir(), 'r1-machines-'));
  fs.chmodSync(folder, 0o755); // another user works in it too
  const port = net
    .createServer()
    .listen(8888, '127.0.0.1')
    .on('error', () => {});
  const word = process.env.R1_MACHINES ?? '';
  const outcomes: Outcome[] = [];
  for (const one of allCases(folder).filter(({ name }) => name.includes(word))) {
    const outcome = await tried(one, folder);
    outcomes.push(outcome);
    console.log(`${outcome.name.padEnd(72)} ${outcome.result}`);
  }
  port.close();
  if (word === '') write(outcomes);
  if (!given) fs.rmSync(folder, { recursive: true });
  process.exitCode = outcomes.some(({ result }) => result.startsWith('FAULT')) ? 1 : 0;
}

export const finished: Promise<void> = main();
