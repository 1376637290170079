import { randomUUID } from 'node:crypto';
import { displayBundle, inNotebook } from './display';

/** A line that shows how far a long piece of work has come, and about how long it still takes. */
export interface Progress {
  update(done: number, note?: string): void;
  /** ends the line; `note` replaces the last one */
  end(note?: string): void;
}

/** Seconds as a person reads them: `8 s`, `2 min 05 s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** The text of one progress line. Work that goes on from an earlier stop started at `from`. */
export function progressText(
  label: string,
  done: number,
  total: number,
  seconds: number,
  note: string,
  from = 0,
): string {
  const share = Math.min(1, total > 0 ? done / total : 1);
  const bar = '█'.repeat(Math.round(share * 20)).padEnd(20, '░');
  const left =
    share >= 1
      ? formatSeconds(seconds)
      : done > from
        ? `${formatSeconds((seconds / (done - from)) * (total - done))} left`
        : 'starting';
  return `${label} ${bar} ${String(Math.round(share * 100)).padStart(3)} % · ${left}${note && ` · ${note}`}`;
}

export interface ProgressOptions {
  /** where work that goes on from an earlier stop starts; default 0 */
  from?: number;
  /** shows nothing at all of work that ends within so many seconds; default 0 */
  quietSeconds?: number;
}

/**
 * Writes a progress line: over itself at most five times a second where a person watches, and a plain line every 20
 * seconds in a log file. In a notebook it is an output of its own: JupyterLab takes `\r` back only to the last chart.
 */
export function progress(
  label: string,
  total: number,
  { from = 0, quietSeconds = 0 }: ProgressOptions = {},
): Progress {
  const start = Date.now();
  const live = process.stdout.isTTY || inNotebook();
  const id = randomUUID();
  const everyMs = live ? 200 : 20_000;
  let shownAt = start;
  let isShown = quietSeconds === 0;
  let lastDone = from;
  let lastNote = '';
  let width = 0;
  const write = (ending: string): void => {
    const text = progressText(label, lastDone, total, (Date.now() - start) / 1000, lastNote, from);
    if (inNotebook()) displayBundle({ 'text/plain': text }, id, width > 0);
    else if (live) process.stdout.write(`\r${text.padEnd(width)}${ending}`);
    else process.stdout.write(`${text}\n`);
    width = text.length;
    shownAt = Date.now();
  };
  return {
    update(done, note = lastNote) {
      lastDone = done;
      lastNote = note;
      isShown ||= Date.now() - start > 1000 * quietSeconds;
      if (isShown && Date.now() - shownAt >= everyMs) write('');
    },
    end(note = lastNote) {
      lastNote = note;
      if (isShown) write('\n');
    },
  };
}
