/** The logs of other trainers as rows of `metrics.csv`. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Row } from '../core/csv';
import { UserError } from '../core/errors';
import { isCount, isNumber, isObject } from '../core/fields';
import { onDisk, readTextFile } from '../core/files';
import { parsedJson } from '../core/jsonLines';
import { readMetrics } from '../runs/run';

/** Our name of a number, and the names that others have for it; the first that is there counts. */
type Names = Readonly<Record<string, readonly string[]>>;

const trlNames: Names = {
  'reward/mean': ['reward'],
  'reward/std': ['reward_std'],
  'reward/accuracy': ['rewards/accuracy/mean', 'rewards/accuracy_reward/mean'],
  'reward/format': ['rewards/format/mean', 'rewards/format_reward/mean'],
  'completion/length': ['completions/mean_length', 'completion_length'],
  'policy/entropy': ['entropy'],
  'policy/kl': ['kl'],
  'policy/clipFraction': ['clip_ratio/region_mean', 'clip_ratio'],
  'loss/policy': ['loss'],
  'loss/gradientNorm': ['grad_norm'],
  learningRate: ['learning_rate'],
  tokens: ['num_tokens'],
};

const verlNames: Names = {
  'reward/mean': ['critic/rewards/mean', 'critic/score/mean'],
  'completion/length': ['response_length/mean'],
  'policy/entropy': ['actor/entropy', 'actor/entropy_loss'],
  'policy/kl': ['actor/ppo_kl'],
  'policy/clipFraction': ['actor/pg_clipfrac'],
  'loss/policy': ['actor/pg_loss'],
  'loss/gradientNorm': ['actor/grad_norm'],
  learningRate: ['actor/lr'],
  'speed/secondsPerStep': ['timing_s/step'],
};

/** What was read, and whose it is. */
export interface ReadLog {
  readonly trainer: 'the workbook' | 'TRL' | 'verl';
  /** in the order of their steps, each with a reward */
  readonly rows: readonly Row[];
}

/**
 * Reads a log: the folder that the handed-over script for TRL writes, TRL's `trainer_state.json`, or the lines that verl's
 * file logger writes. Anything else is a UserError that says what was looked for.
 */
export function readLog(place: string): ReadLog {
  if (!fs.existsSync(place)) throw new UserError(`no log at ${place}: name a file or a folder`);
  const isFolder = onDisk('read', place, () => fs.statSync(place).isDirectory());
  const state = isFolder ? path.join(place, 'trainer_state.json') : place;
  if (isFolder && fs.existsSync(path.join(place, 'metrics.csv')))
    return checked(place, { trainer: 'the workbook', rows: readMetrics(place) });
  if (!fs.existsSync(state))
    throw new UserError(`${place} has no metrics.csv and no trainer_state.json: name the folder of a run, or verl's file of lines`); // prettier-ignore
  const text = readTextFile(state);
  const whole = parsedJson(text);
  const history = isObject(whole) ? (whole as { log_history?: unknown }).log_history : undefined;
  if (Array.isArray(history)) return checked(place, { trainer: 'TRL', rows: ofTrl(history) });
  return checked(place, { trainer: 'verl', rows: ofVerl(text, state) });
}

function checked(place: string, log: ReadLog): ReadLog {
  if (log.rows.length > 0) return log;
  throw new UserError(`${place} has no step with a reward: is it a run of reinforcement learning?`);
}

type Numbers = Readonly<Record<string, unknown>>;

/** The entries of TRL with a reward. An entry counts updates; the step before the first one is 0. */
const ofTrl = (history: readonly unknown[]): Row[] =>
  history
    .filter((entry): entry is Numbers => isObject(entry) && isNumber((entry as Numbers).reward))
    .map((entry) => ({ step: Number(entry.step) - 1, ...renamed(entry, trlNames) }));

/** The lines of verl: `{"step": 1, "data": {…}}`. Those of validation alone have no reward of training. */
function ofVerl(text: string, file: string): Row[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.flatMap((line, i) => {
    const entry = parsedJson(line) as { step?: unknown; data?: unknown } | undefined;
    if (!isObject(entry) || !isCount(entry!.step) || !isObject(entry!.data))
      throw new UserError(`${file}, line ${i + 1} is no step of verl: it needs "step" and "data"`);
    const row = renamed(entry!.data as Numbers, verlNames);
    return row['reward/mean'] === undefined ? [] : [{ step: Number(entry!.step) - 1, ...row }];
  });
}

const renamed = (numbers: Numbers, names: Names): Row =>
  Object.fromEntries(
    Object.entries(names).flatMap(([ours, theirs]) => {
      const value = theirs.map((name) => numbers[name]).find((one) => isNumber(one));
      return value === undefined ? [] : [[ours, value as number]];
    }),
  );
