/** Runs the graph of stages on Ray: a program in Python gives the stages to Ray, and this one shows how they go on. */
import * as fs from 'node:fs';
import { createInterface } from 'node:readline';
import { UserError } from '../../core/errors';
import { parsedJson } from '../../core/jsonLines';
import { startRayProgram, type RayAddress } from '../../core/rayProgram';
import { askSetup } from '../../stages/language/askSetup';
import { local, type Place } from '../../stages/places';
import { isDone, type Task } from '../taskGraph';
import { createView, type Said, type Standing } from './view';

export interface RayOptions {
  /** of a Ray that is there already; without it one is started here */
  readonly address?: string;
  /** where the runs go */
  readonly place: Place;
  /** cores of each stage */
  readonly cores: number;
  readonly brought?: Brought;
}

/** What the stages find in the folder of the reader's files on whichever machine they run. */
export interface Brought {
  /** the folder in it that has the runs; default: itself */
  readonly within: string;
  /** its files and folders that every stage reads */
  readonly reads: readonly string[];
}

/** Runs the tasks that are not done. Returns whether all are done; what a person has stopped goes on the next time. */
export async function runOnRay(tasks: readonly Task[], options: RayOptions): Promise<boolean> {
  const { address, place, cores, brought = { within: '', reads: [] } } = options;
  const due = tasks.filter((task) => !isDone(task, place));
  if (due.length === 0) return true;
  const python = await askSetup('python', 'ray');
  fs.mkdirSync(place, { recursive: true });
  const job = {
    ...{ place, local, ...brought },
    done: tasks.filter((task) => !due.includes(task)).map(({ name }) => name),
    tasks: due.map((task) => ({ ...task, cores })),
  };
  const standings = new Map(due.map(({ name }): [string, Standing] => [name, { state: 'waiting', says: '' }])); // prettier-ignore
  await drive({ python, ...(address !== undefined && { address }) }, job, standings);
  return [...standings.values()].every(({ state }) => state === 'done');
}

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
  const isSaid = [...standings.values()].some(({ state }) => state === 'failed');
  if (code !== 0 && !isSaid)
    throw new UserError(complaints.trim().split('\n').at(-1) ?? 'Ray ended without a word');
}
