/** Runs the graph of stages on Ray: a program in Python gives the stages to Ray, and this one shows how they go on. */
import * as fs from 'node:fs';
import { createInterface } from 'node:readline';
import { UserError } from '../../core/errors';
import { formatSeconds } from '../../core/format';
import { parsedJson } from '../../core/jsonLines';
import { startRayProgram, type RayAddress } from '../../core/rayProgram';
import type { ModelSize } from '../../model/config';
import { askSetup } from '../../stages/language/askSetup';
import type { Place } from '../../stages/places';
import { isDone, type Task } from '../taskGraph';

export interface RayOptions {
  /** of a Ray that is there already; without it one is started here */
  readonly address?: string;
  /** where the runs go */
  readonly place: Place;
  /** options of `npm run recipe` that all stages share: the preset, a task of the reader's own */
  readonly common: readonly string[];
  /** cores of each stage */
  readonly cores: number;
}

/** How a task stands. */
interface Standing {
  state: 'waiting' | 'running' | 'done' | 'failed' | 'stopped';
  says: string;
  since: number;
}

/** What the program in Python writes. */
interface Said {
  readonly name: string;
  readonly says?: string;
  readonly failed?: string;
  readonly finished?: true;
  readonly stopped?: true;
}

/** Memory that a stage needs at most, measured: GRPO steps of each size with their sampler, in bytes. */
const memory: Readonly<Record<ModelSize, number>> = {
  tiny: 1.0e9,
  mini: 1.0e9,
  small: 1.2e9,
  base: 2.0e9,
  large: 6.0e9,
};

/** Runs the tasks that are not done. Returns whether all are done; what a person has stopped goes on the next time. */
export async function runOnRay(tasks: readonly Task[], options: RayOptions): Promise<boolean> {
  const { address, place, common, cores } = options;
  const due = tasks.filter((task) => !isDone(task, place));
  if (due.length === 0) return true;
  const python = await askSetup('python', 'ray');
  fs.mkdirSync(place, { recursive: true });
  const job = {
    place,
    done: tasks.filter((task) => !due.includes(task)).map(({ name }) => name),
    tasks: due.map((task) => ({
      ...{ name: task.name, needs: task.needs, cores, memory: memory[task.size] },
      arguments: [...common, ...argumentsOf(task)],
    })),
  };
  const standings = new Map(due.map(({ name }): [string, Standing] => [name, { state: 'waiting', says: '', since: Date.now() }])); // prettier-ignore
  await drive({ python, ...(address !== undefined && { address }) }, job, standings);
  return [...standings.values()].every(({ state }) => state === 'done');
}

/** The command line of a stage on another machine. */
const argumentsOf = ({ stage, size, seed, caller }: Task): string[] => [
  ...['--stage', stage, '--size', size, '--seed', String(seed)],
  ...Object.entries(caller).flatMap(([name, value]) => [`--${name}`, String(value)]),
];

/** Starts the program and shows what it says until it ends. Ctrl-C lets all stages stop between two steps. */
async function drive(
  ray: RayAddress,
  job: object,
  standings: Map<string, Standing>,
): Promise<void> {
  const child = startRayProgram('lib/recipe/ray/run_graph.py', ray, job);
  let asked = 0;
  const stop = (): void => {
    child.stdin.end();
    if (++asked > 1) process.kill(-child.pid!, 'SIGKILL'); // who asks again does not want to wait
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  let complaints = '';
  child.stderr.on('data', (part: Buffer) => (complaints += part.toString()));
  const view = createView(standings);
  for await (const line of createInterface({ input: child.stdout })) {
    const said = parsedJson(line) as Said | undefined;
    if (said?.name !== undefined) view.tell(said);
  }
  const code = await new Promise<number | null>((resolve) => child.exitCode === null ? child.once('close', resolve) : resolve(child.exitCode)); // prettier-ignore
  view.end();
  process.off('SIGINT', stop);
  process.off('SIGTERM', stop);
  const isKnown = [...standings.values()].some(({ state }) => state !== 'waiting');
  if (code !== 0 && !isKnown)
    throw new UserError(complaints.trim().split('\n').at(-1) ?? 'Ray ended without a word');
}

interface View {
  tell(said: Said): void;
  end(): void;
}

/** Shows all tasks, one a line: in a terminal in place, else a line for each that begins or ends. */
function createView(standings: Map<string, Standing>): View {
  const began = Date.now();
  const isTerminal = process.stdout.isTTY;
  let shown = 0;
  const draw = (): void => {
    const count = (state: Standing['state']): number => [...standings.values()].filter((one) => one.state === state).length; // prettier-ignore
    const running = [...standings].filter(([, { state }]) => state === 'running');
    const lines = [
      `${count('done')} of ${standings.size} stages done, ${running.length} run, ${count('failed')} failed · ${formatSeconds((Date.now() - began) / 1000)}`,
      ...running.map(([name, { says }]) => `  ${says.startsWith(name) ? says : `${name} ${says}`}`.slice(0, process.stdout.columns || 120)), // prettier-ignore
    ];
    process.stdout.write(`${shown > 0 ? `\x1b[${shown}A\x1b[J` : ''}${lines.join('\n')}\n`);
    shown = lines.length;
  };
  const timer = isTerminal ? setInterval(draw, 1000) : null;
  return {
    tell({ name, says, failed, finished, stopped }) {
      const one = standings.get(name)!;
      const before = one.state;
      if (says !== undefined) Object.assign(one, { state: 'running', says });
      if (failed !== undefined) Object.assign(one, { state: 'failed', says: failed });
      if (finished) one.state = 'done';
      if (stopped) one.state = 'stopped';
      if (isTerminal) return draw();
      if (one.state !== before) console.log(`${name}: ${one.state === 'failed' ? `failed: ${one.says}` : one.state === 'running' ? 'begins' : `${one.state}${finished ? `, ${one.says}` : ''}`}`); // prettier-ignore
    },
    end() {
      if (timer) clearInterval(timer);
      for (const [name, { state, says }] of standings)
        if (state === 'failed' && isTerminal) console.log(`${name} failed: ${says}`);
    },
  };
}
