/** Kills a recipe again and again until it is made, and compares it with one that was never killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, pick, type Random } from '../../lib/core/random';
import { root } from '../../lib/core/files';
import { readRunInfo } from '../../lib/runs/run';
import { runFolder } from '../../lib/stages/places';
import { childrenOf } from '../support/processes';
import { differencesBetween, fingerprint } from './fingerprint';

/** One way of killing: the process at some moment, the process at a call that changes a file, or one that decodes. */
interface Kill {
  readonly way: string;
  /** after the start of the recipe's work, in milliseconds */
  readonly delay: number;
  readonly signal: 'SIGKILL' | 'SIGTERM';
  /** arguments of child.ts with which it kills itself */
  readonly itself?: readonly string[];
  readonly decoder?: true;
}

interface Attempt {
  readonly killed: boolean;
  readonly isMade: boolean;
  readonly fault: string | null;
}

export interface KillsDose {
  readonly kills: number;
  readonly seed: number;
  /** how many stages of the micro recipe are made */
  readonly stages: number;
  /** recipes that are made at a time */
  readonly lanes: number;
  /** an empty folder */
  readonly folder: string;
  readonly onProgress?: (kills: number, wanted: number) => void;
}

export interface KillsReport {
  readonly kills: number;
  /** those after which the recipe became what it is without them */
  readonly survived: number;
  /** how many there were of each way */
  readonly ways: Readonly<Record<string, number>>;
  /** recipes that were made */
  readonly recipes: number;
  readonly faults: readonly string[];
}

/** A recipe that is killed more often than this, and is still not made, makes no progress. */
const mostKills = 300;
/** A process that is killed at a call that changes a file has made fewer such calls than this. */
const mostCalls = 60;
const oneThread = { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' };

function startRecipe(folder: string, stages: number, itself: readonly string[]): ChildProcess {
  const tmp = path.join(folder, 'tmp'); // for the graphs that a killed process leaves there
  fs.mkdirSync(tmp, { recursive: true });
  const args = ['--require', 'tsx/cjs', 'tests/crash/child.ts', path.join(folder, 'place'), `${stages}`, ...itself]; // prettier-ignore
  const env = { ...oneThread, ...process.env, TMPDIR: tmp };
  return spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Makes a recipe, or as much of it as the kill allows. */
async function attempt(folder: string, stages: number, kill: Kill | null): Promise<Attempt> {
  const child = startRecipe(folder, stages, kill?.itself ?? []);
  let said = '';
  let decoderKilled = false;
  let ended = false;
  const killLater = async (): Promise<void> => {
    if (kill === null || kill.itself) return;
    let victim = child.pid!;
    if (kill.decoder) {
      let decoders: number[] = [];
      while (!ended && decoders.length === 0) {
        await sleep(30);
        decoders = childrenOf(child.pid!, 'decodeProcess');
      }
      victim = decoders.at(-1) ?? victim;
    }
    await sleep(kill.delay);
    if (ended) return;
    process.kill(victim, kill.signal);
    decoderKilled = kill.decoder === true;
  };
  let killing: Promise<void> | undefined;
  child.stdout!.on('data', (data: Buffer) => {
    if (data.toString().includes('started')) killing ??= killLater();
  });
  child.stderr!.on('data', (data: Buffer) => (said += data.toString()));
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      ended = true;
      const oneLine = /^a decoding process ended with SIG(KILL|TERM): run again$/m.test(said);
      const isMade = code === 0;
      const expected = isMade || signal !== null || (decoderKilled && code === 2 && oneLine);
      const fault = expected && !/\n\s+at /.test(said) ? null : `code ${code}: ${said.slice(-600)}`;
      const killed = signal !== null || decoderKilled;
      void (killing ?? Promise.resolve()).then(() => resolve({ killed, isMade, fault }));
    });
  });
}

/** Chooses how a process is killed next. `whole` is how long a recipe takes, in milliseconds. */
function nextKill(random: Random, whole: number, decodes: boolean): Kill {
  const signal = pick(['SIGKILL', 'SIGTERM'] as const, random);
  const delay = random.next() * whole * 0.3;
  if (decodes && random.int(2) === 0)
    return { way: 'decoding process', delay: delay / 2, signal, decoder: true };
  if (random.int(2) === 0) return { way: signal, delay, signal };
  const when = pick(['before', 'halfway', 'after'], random);
  const itself = [`${random.int(mostCalls)}`, when];
  return { way: `file call, ${when}`, delay, signal: 'SIGKILL', itself };
}

/** Whether the stage is under way whose completions several processes decode. */
function isDecoding(place: string): boolean {
  const isDone = (stage: string): boolean =>
    readRunInfo(runFolder(place, `tiny-${stage}-s0`))?.finished === true;
  return isDone('dev1') && !isDone('dev2');
}

/** Makes recipes in several lanes, and kills them, until there were as many kills as wanted and every recipe is made. */
export async function killedRecipes(dose: KillsDose): Promise<KillsReport> {
  const { kills: wantedKills, seed, stages, lanes, folder, onProgress = () => {} } = dose;
  const started = Date.now();
  const unkilled = path.join(folder, 'unkilled');
  const first = await attempt(unkilled, stages, null);
  if (first.fault !== null) throw new Error(first.fault);
  const whole = Date.now() - started;
  const wanted = fingerprint(path.join(unkilled, 'place'));

  const report = { kills: 0, survived: 0, ways: {} as Record<string, number>, recipes: 0, faults: [] as string[] }; // prettier-ignore
  const oneRecipe = async (number: number): Promise<void> => {
    const random = createRandom(seed, 'kills', number);
    const own = path.join(folder, `${number}`);
    let kills = 0;
    for (;;) {
      const isOver = report.kills >= wantedKills || kills >= mostKills;
      const kill = isOver ? null : nextKill(random, whole, isDecoding(path.join(own, 'place')));
      const { killed, isMade, fault } = await attempt(own, stages, kill);
      if (fault !== null) report.faults.push(`recipe ${number}, kill ${kills}: ${kill?.way ?? 'none'}: ${fault}`); // prettier-ignore
      if (killed) {
        kills++;
        report.kills++;
        report.ways[kill!.way] = (report.ways[kill!.way] ?? 0) + 1;
        onProgress(report.kills, wantedKills);
      }
      if (isMade || fault !== null) break;
    }
    const faults = differencesBetween(wanted, fingerprint(path.join(own, 'place')));
    report.faults.push(...faults.map((fault) => `recipe ${number}: ${fault}`));
    report.recipes++;
    if (faults.length === 0) report.survived += kills;
    fs.rmSync(own, { recursive: true });
  };
  let number = 0;
  const lane = async (): Promise<void> => {
    while (report.kills < wantedKills) await oneRecipe(number++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return report;
}
