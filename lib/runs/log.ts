/** A run's numbers as other programs read them beside it: TensorBoard, and the tables of W&B and trackio. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { toCsv, type Row } from '../core/csv';
import { UserError } from '../core/errors';
import { onDisk, writeFileAtomic } from '../core/files';
import { eventFile, eventsOf } from './tensorboard';

export const logKinds = ['tensorboard', 'csv'] as const;
export type LogKind = (typeof logKinds)[number];

/** Reads the kind of log that a person asks for. */
export function logKindNamed(name: string): LogKind {
  const kind = logKinds.find((one) => one === name);
  if (kind) return kind;
  throw new UserError(`unknown log ${name}: use ${logKinds.join(' or ')}`);
}

/** The log of a run in its folder. */
export interface RunLog {
  /** Writes the rows that are new since the last time. `began` is when the run began, in seconds since 1970. */
  write(metrics: readonly Row[], evaluations: readonly Row[], began: number): void;
}

export const openLog = (kind: LogKind, folder: string): RunLog =>
  kind === 'csv' ? tableLog(folder) : tensorboardLog(folder);

/** `history.csv`: the rows of `metrics.csv` with the columns that W&B and trackio have for step and time. */
const tableLog = (folder: string): RunLog => ({
  write(metrics, _, began) {
    const rows = metrics.map(({ step, seconds, ...numbers }): Row => ({
      ...{ _step: step!, _runtime: seconds ?? null },
      _timestamp: seconds == null ? null : (began + Number(seconds)).toFixed(3),
      ...numbers,
    }));
    if (rows.length > 0) writeFileAtomic(path.join(folder, 'history.csv'), toCsv(rows));
  },
});

/** `tensorboard/events.out.tfevents.r1`. It is written anew when a process begins and grows from then on, so that an open TensorBoard follows. */
function tensorboardLog(folder: string): RunLog {
  const file = path.join(folder, 'tensorboard', eventFile);
  let written: readonly [number, number] = [0, 0];
  return {
    write(metrics, evaluations, began) {
      const fresh = [...metrics.slice(written[0]), ...evaluations.slice(written[1]).map(heldOut)];
      const isFirst = written[0] + written[1] === 0;
      if (fresh.length === 0) return;
      const events = eventsOf(fresh, began, isFirst);
      if (isFirst) writeFileAtomic(file, events);
      else onDisk('write', file, () => fs.appendFileSync(file, events));
      written = [metrics.length, evaluations.length];
    },
  };
}

/** A row of `evaluations.csv` with the task and the level in the names of its numbers. */
const heldOut = ({ step, task, level, language, ...numbers }: Row): Row => {
  const set = [task, level, language].filter((part) => part != null && part !== '').join('-');
  const named = Object.entries(numbers).map(([name, value]) => [`held-out/${set}/${name}`, value]);
  return { step: step!, ...(Object.fromEntries(named) as Row) };
};
