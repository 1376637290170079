/** PyTorch's side of the bench: a Python environment for it, and a process there that works on request. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as readline from 'node:readline';
import { UserError } from '../core/errors';
import { root } from '../core/files';

/** A piece of work done once. */
export interface Measurement {
  /** tokens trained on, or sampled */
  readonly tokens: number;
  readonly seconds: number;
}

/** A process with PyTorch. */
export interface TorchServer {
  /** Does a piece of work of the Python file and returns its answer. */
  ask<T>(work: string, request?: Readonly<Record<string, unknown>>): Promise<T>;
  close(): void;
}

const packages =
  'transformers==5.23.0 trl==1.16.0 peft==0.21.2 datasets==5.2.0 safetensors numpy jinja2'.split(
    ' ',
  );

/** Returns the Python of an environment with PyTorch. The first call makes it, or throws a UserError. */
export function torchPython(folder: string, basePython: string): string {
  const python = path.join(folder, 'bin/python');
  const stamp = path.join(folder, '.complete');
  const wanted = packages.join('\n');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) return python;
  console.error(
    `installing PyTorch, transformers, PEFT and TRL into ${folder} (once, some minutes)`,
  );
  const run = (command: string, ...args: string[]): boolean =>
    spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
  const install = (...names: string[]): boolean =>
    run(python, '-m', 'pip', 'install', '--quiet', ...names);
  const made =
    run(basePython, '-m', 'venv', folder) &&
    // The CPU build is a tenth of the size, but not every package index has it.
    (install('torch==2.13.0+cpu') || install('torch==2.13.0')) &&
    install(...packages);
  if (!made)
    throw new UserError(
      `cannot install PyTorch into ${folder}: check that pip reaches a package index, then run the same again`,
    );
  fs.writeFileSync(stamp, wanted);
  return python;
}

/** Starts the process that works on request: one of the Python files beside this one. */
export function startTorch(python: string, script = 'torch_server.py'): TorchServer {
  const child: ChildProcess = spawn(python, [path.join(root, 'lib/bench', script)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TRANSFORMERS_VERBOSITY: 'error', GLIBC_TUNABLES: '' },
  });
  const lines = readline.createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    async ask<T>(work: string, request: Readonly<Record<string, unknown>> = {}): Promise<T> {
      child.stdin!.write(JSON.stringify({ work, ...request }) + '\n');
      const line = (await lines.next()) as IteratorResult<string, undefined>;
      if (line.done) throw new Error(`PyTorch ended in ${work}`);
      const reply = JSON.parse(line.value) as T & { error?: string };
      if (reply.error !== undefined) throw new Error(`PyTorch, ${work}: ${reply.error}`);
      return reply;
    },
    close: () => void child.stdin!.end(),
  };
}

/** GRPO steps of TRL. Its trainer does all of them in one go: the first call runs it, later ones return its numbers. */
export function trlSteps(
  torch: TorchServer,
  asked: Readonly<Record<string, unknown>>,
  repeats: number,
): () => Promise<Measurement> {
  let measured: Promise<{ tokens: number[]; seconds: number[] }> | undefined;
  let round = 0;
  return async () => {
    measured ??= torch.ask('trl', { ...asked, steps: repeats });
    const { tokens, seconds } = await measured;
    const i = Math.max(0, round++ - 1); // the first round warms up and is not counted
    return { tokens: tokens[i]!, seconds: seconds[i]! };
  };
}
