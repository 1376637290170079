/**
 * Writes and reads the folder of a run. It holds `run.json` (the settings and the result), `metrics.csv` (a row for
 * each step), `evaluations.csv` (a row for each evaluation) and `rollouts.jsonl` (a sample of the completions). While
 * the run is not finished there is `checkpoint-<steps>.safetensors` with everything that continuing needs. Some runs
 * also have `inspection.jsonl` (whole groups, token by token) and `changes.jsonl` (settings that changed on the way).
 * A step that was refused leaves `bad-step-<step>.safetensors`, or `.json` where its rewards were at fault.
 * `run.json` is written last and names the steps done, so a run that is cut off goes on from its last saved step with
 * the same numbers. While a process makes the run, `run.lock` names that process.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseCsv, toCsv, type Row } from '../core/csv';
import { joulesBetween, readEnergy } from '../core/energy';
import { UserError } from '../core/errors';
import { faultOf, isCount, type Fields } from '../core/fields';
import {
  onDisk,
  readTextFile,
  removeFile,
  removeHalfWritten,
  root,
  writeFileAtomic,
} from '../core/files';
import { jsonLines, parsedJson, parseJsonLines } from '../core/jsonLines';
import { differencesOf } from './differences';
import { changeFields, inspectionFields, rolloutFields, runFields } from './kinds';
import { lockFile, takeLock, type Lock } from './lock';
import { openLog, type LogKind, type RunLog } from './log';

/** What `run.json` holds. */
export interface RunInfo {
  readonly stage: string;
  readonly size: string;
  readonly seed: number;
  /** every setting of the stage */
  readonly config: Readonly<Record<string, unknown>>;
  readonly versions: Readonly<Record<string, string>>;
  /** commit of the code that made the run */
  readonly commit: string;
  readonly finished: boolean;
  /** steps done */
  readonly steps: number;
  readonly seconds: number;
  /** tokens trained on or sampled */
  readonly tokens: number;
  /** energy that the whole machine used during the run; absent where the machine does not measure it */
  readonly joules?: number;
  /** closing numbers of the stage */
  readonly result?: Readonly<Record<string, unknown>>;
}

/** A sampled completion as it is kept for reading. */
export interface RolloutRecord {
  readonly step: number;
  /** held-out completions answer the same problems, with the same random numbers, at every evaluation */
  readonly split: 'train' | 'held-out';
  readonly task: string;
  readonly level: number;
  readonly language: string;
  readonly prompt: string;
  readonly completion: string;
  readonly reward: Readonly<Record<string, number>>;
  readonly correct: boolean;
}

/** Places of tokens in a completion, 0 being its first. */
export interface TraceMarks {
  readonly attempts: readonly number[];
  /** the attempts that repeat an earlier one */
  readonly repeats: readonly number[];
  /** `yes` and `no` that can be right or wrong */
  readonly verdicts: readonly number[];
  readonly wrongVerdicts: readonly number[];
  readonly wrongCalculations: readonly number[];
}

/** One completion of an inspected group: a line of `inspection.jsonl`. */
export interface InspectionRecord extends Omit<RolloutRecord, 'split'> {
  /** which of the inspected problems, from 0 */
  readonly problem: number;
  /** which completion of its group, from 0 */
  readonly sample: number;
  /** the text of each token of a language model; the words of other completions are their tokens */
  readonly tokens?: readonly string[];
  /** log-probability of each token, in nats, to three decimals */
  readonly logprobs: readonly number[];
  /** entropy of the distribution that each token was drawn from, in nats, to three decimals */
  readonly entropies: readonly number[];
  /** the advantage within its group, as GRPO computes it */
  readonly advantage: number;
  readonly marks: TraceMarks;
}

/** A setting that changed while the run went on: a line of `changes.jsonl`. */
export interface Change {
  /** the first step with the new value */
  readonly step: number;
  readonly name: string;
  readonly value: number;
}

/** What a stage has to give to open a run. */
export type RunPlan = Pick<RunInfo, 'stage' | 'size' | 'seed' | 'config' | 'versions'>;

/** Where an unfinished run stands. `state` is what its stage saved. */
export interface SavedState {
  readonly step: number;
  readonly seconds: number;
  readonly tokens: number;
  readonly state: Uint8Array;
}

/** A run that was opened, and where it stands. */
export interface OpenedRun {
  readonly run: Run;
  /** null for a run that begins */
  readonly saved: SavedState | null;
  /** how the machine and the code differ from those that made the run up to here; empty where they do not */
  readonly changed: string;
}

/** A run that is going on. Its stage adds rows and records to it; `save` and `finish` write them. */
export class Run {
  readonly metrics: Row[] = [];
  readonly evaluations: Row[] = [];
  readonly rollouts: RolloutRecord[] = [];
  readonly inspection: InspectionRecord[] = [];
  readonly changes: Change[] = [];
  /** tokens up to now, including those before the run was resumed */
  tokens = 0;
  private secondsBefore = 0;
  private joulesBefore = 0;
  private readonly energyAtStart = readEnergy();
  private readonly commit = currentCommit();
  private log: RunLog | null = null;

  private constructor(
    readonly folder: string,
    private readonly plan: RunPlan,
    private readonly startedAt: number,
    private readonly lock: Lock,
  ) {}

  /**
   * Opens a new run, or an interrupted one with the same plan, whose saved state is returned. A folder that holds a
   * finished run, or one with another plan, is left alone and a UserError is thrown; so is one that another process is
   * making. The run belongs to this process until `finish` or `close`. What a killed process has left half-written is
   * removed. The seconds of the run count from `startedAt` (milliseconds, as `Date.now()`), which a stage sets earlier if
   * it first samples its data.
   */
  static open(folder: string, plan: RunPlan, startedAt = Date.now()): OpenedRun {
    refuseOther(folder, plan);
    const run = new Run(folder, plan, startedAt, takeLock(folder));
    try {
      const info = refuseOther(folder, plan); // another process may have written to it before the lock was taken
      removeLeftovers(folder);
      const saved = info && run.load(info);
      const now = { ...plan.versions, commit: run.commit };
      const changed = saved ? differencesOf({ ...info!.versions, commit: info!.commit }, now) : '';
      return { run, saved, changed };
    } catch (error) {
      run.close();
      throw error;
    }
  }

  /** Writes the run's numbers for another program as well. */
  logTo(kind: LogKind): void {
    this.log = openLog(kind, this.folder);
  }

  /** Gives the run back, so that another process may open it. A run that is not finished goes on from its saved step. */
  close(): void {
    this.lock.free();
  }

  private load(info: RunInfo): SavedState | null {
    const file = stateFile(this.folder, info.steps);
    if (!fs.existsSync(file)) return null;
    const before = ({ step }: { step?: unknown }): boolean => (step as number) < info.steps;
    const rows = readMetrics(this.folder).filter(before);
    if (rows.length !== info.steps)
      throw new UserError(
        `${path.join(this.folder, 'metrics.csv')} has ${rows.length} of ${info.steps} steps: remove ${this.folder} to start over`,
      );
    append(this.metrics, rows);
    append(this.evaluations, readEvaluations(this.folder).filter(before));
    append(this.rollouts, readRollouts(this.folder).filter(before));
    append(this.inspection, readInspection(this.folder).filter(before));
    // A run that was stopped between two steps already knows the changes for the next step.
    append(
      this.changes,
      readChanges(this.folder).filter(({ step }) => step <= info.steps),
    );
    this.tokens = info.tokens;
    this.secondsBefore = info.seconds;
    this.joulesBefore = info.joules ?? 0;
    return {
      step: info.steps,
      seconds: info.seconds,
      tokens: info.tokens,
      state: onDisk('read', file, () => fs.readFileSync(file)),
    };
  }

  /** seconds up to now, including those before the run was resumed */
  get seconds(): number {
    return this.secondsBefore + (Date.now() - this.startedAt) / 1000;
  }

  /** Writes everything up to `steps` done steps, with the state that continuing from there needs. */
  save(steps: number, state: Uint8Array): void {
    this.lock.check();
    const before = readRunInfo(this.folder)?.steps;
    writeFileAtomic(stateFile(this.folder, steps), state);
    this.write({ steps, finished: false });
    if (before !== undefined && before !== steps) removeFile(stateFile(this.folder, before));
  }

  /** Writes the finished run, removes the state to continue from, and gives the run back. */
  finish(steps: number, result: Record<string, unknown> = {}): RunInfo {
    this.lock.check();
    const info = this.write({ steps, finished: true, result });
    removeLeftovers(this.folder);
    this.close();
    return info;
  }

  /** Keeps the evidence of a step that was not made, from which it can be repeated, and returns the name of its file. */
  keepBadStep(step: number, evidence: string | Uint8Array): string {
    const ending = typeof evidence === 'string' ? 'json' : 'safetensors';
    const file = path.join(this.folder, `bad-step-${step}.${ending}`);
    writeFileAtomic(file, evidence);
    return file;
  }

  private write(end: Pick<RunInfo, 'steps' | 'finished' | 'result'>): RunInfo {
    const joules = joulesBetween(this.energyAtStart, readEnergy());
    const info: RunInfo = {
      ...this.plan,
      commit: this.commit,
      ...end,
      seconds: Math.round(this.seconds * 10) / 10,
      tokens: this.tokens,
      ...(joules !== null && { joules: Math.round(this.joulesBefore + joules) }),
    };
    const file = (name: string, text: string): void =>
      writeFileAtomic(path.join(this.folder, name), text);
    if (this.metrics.length > 0) file('metrics.csv', toCsv(this.metrics));
    if (this.evaluations.length > 0) file('evaluations.csv', toCsv(this.evaluations));
    const lines = (name: string, records: readonly object[]): void => {
      if (records.length > 0) file(name, jsonLines(records));
    };
    lines('rollouts.jsonl', this.rollouts);
    lines('inspection.jsonl', this.inspection);
    lines('changes.jsonl', this.changes);
    file('run.json', JSON.stringify(info, null, 2) + '\n');
    this.log?.write(this.metrics, this.evaluations, this.startedAt / 1000 - this.secondsBefore);
    return info;
  }
}

/** Returns the file that keeps the state of a run after `steps` steps. */
export function stateFile(folder: string, steps: number): string {
  return path.join(folder, `checkpoint-${steps}.safetensors`);
}

/** Throws a UserError where the folder holds a finished run, or one with another plan. Returns what it holds. */
function refuseOther(folder: string, plan: RunPlan): RunInfo | null {
  const info = readRunInfo(folder);
  if (!info) return null;
  const { stage, size, seed, config } = info;
  const asked: unknown = JSON.parse(JSON.stringify({ ...plan, versions: undefined }));
  const differ = differencesOf({ stage, size, seed, config }, asked);
  if (differ !== '')
    throw new UserError(
      `${folder} holds a run with other settings (${differ}): remove it or name another`,
    );
  if (info.finished) throw new UserError(`${folder} holds a finished run: remove it to run again`);
  return info;
}

/**
 * Removes what a killed process has left in the folder of a run: files that are half-written, and states of other steps
 * than the one that `run.json` names. A finished run has neither a state nor a lock.
 */
export function removeLeftovers(folder: string): void {
  removeHalfWritten(folder);
  const info = readRunInfo(folder);
  const kept = info && !info.finished ? path.basename(stateFile(folder, info.steps)) : '';
  for (const name of onDisk('read', folder, () => fs.readdirSync(folder)))
    if (/^checkpoint-\d+\.safetensors$/.test(name) && name !== kept)
      removeFile(path.join(folder, name));
  if (info?.finished) removeFile(lockFile(folder));
}

/** Adds to a list. `push(...more)` has more arguments than the stack has room for where there are 100,000. */
function append<T>(list: T[], more: readonly T[]): void {
  for (const one of more) list.push(one);
}

/** Returns the commit of the code, or `unknown` outside a git checkout. */
export function currentCommit(): string {
  try {
    const options = {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'],
    };
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], options).toString().trim();
  } catch {
    return 'unknown';
  }
}

/** The newest form of `run.json` that this code knows. A file without a number has the first. */
const newestFormat = 1;

/** Reads `run.json` of a folder; null where there is none. A damaged file, or one of a newer version, is a UserError. */
export function readRunInfo(folder: string): RunInfo | null {
  const file = path.join(folder, 'run.json');
  if (!fs.existsSync(file)) return null;
  const value = parsedJson(readTextFile(file));
  const fault = value === undefined ? 'it is no JSON' : faultOf(value, runFields);
  const { format = newestFormat } = (value ?? {}) as { format?: unknown };
  if (format !== newestFormat)
    throw new UserError(`${file} is of a newer version of this project: update with git pull`);
  if (fault !== null)
    throw new UserError(`${file} is damaged (${fault}): copy it again, or remove ${folder}`);
  return value as RunInfo;
}

/**
 * Returns the text of a run's file; null where there is none. While the run is not finished, a last line that is cut off
 * is left out: its step is made again.
 */
function textOf(folder: string, name: string): string | null {
  const file = path.join(folder, name);
  if (!fs.existsSync(file)) return null;
  const text = readTextFile(file);
  const isWhole = text.endsWith('\n') || readRunInfo(folder)?.finished;
  return isWhole ? text : text.slice(0, text.lastIndexOf('\n') + 1);
}

function readRows(folder: string, name: string, textColumns: readonly string[]): Row[] {
  const text = textOf(folder, name);
  if (text === null) return [];
  const file = path.join(folder, name);
  if (text === '') throw new UserError(`${file} is empty: copy it again, or remove ${folder}`);
  const rows = parseCsv(text, file, (column) => textColumns.includes(column));
  const wrong = rows.findIndex(({ step }) => !isCount(step));
  if (wrong >= 0)
    throw new UserError(
      `${file}, row ${wrong + 1} has no step: copy it again, or remove ${folder}`,
    );
  return rows;
}

/** Reads the rows of `metrics.csv`, one for each step; none where there is no file. A damaged file is a UserError. */
export function readMetrics(folder: string): Row[] {
  return readRows(folder, 'metrics.csv', []);
}

/** Reads the rows of `evaluations.csv`; none where there is no file. A damaged file is a UserError. */
export function readEvaluations(folder: string): Row[] {
  return readRows(folder, 'evaluations.csv', ['task', 'language']);
}

function readLines<T>(folder: string, name: string, fields: Fields): T[] {
  const where = path.join(folder, name);
  const fix = `copy it again, or remove ${folder}`;
  return parseJsonLines(textOf(folder, name) ?? '', { where, what: 'record', fields, fix });
}

/** Reads `rollouts.jsonl`; nothing where there is no file. A damaged file is a UserError. */
export function readRollouts(folder: string): RolloutRecord[] {
  return readLines(folder, 'rollouts.jsonl', rolloutFields);
}

/** Reads `inspection.jsonl`; nothing where there is no file. A damaged file is a UserError. */
export function readInspection(folder: string): InspectionRecord[] {
  return readLines(folder, 'inspection.jsonl', inspectionFields);
}

/** Reads `changes.jsonl`; nothing where there is no file. A damaged file is a UserError. */
export function readChanges(folder: string): Change[] {
  return readLines(folder, 'changes.jsonl', changeFields);
}
