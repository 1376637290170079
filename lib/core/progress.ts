import { randomUUID } from 'node:crypto';
import { displayBundle, inNotebook } from './display';
import { formatSeconds } from './format';

/** A line that shows how far a long piece of work has come, and about how long it still takes. */
export interface Progress {
  update(done: number, note?: string): void;
  /** ends the line; `note` replaces the last one */
  end(note?: string): void;
}

/** How many pieces of the work were done after how many seconds. */
export interface Mark {
  readonly done: number;
  readonly seconds: number;
}

/** What a progress line says. */
export interface ProgressState {
  readonly label: string;
  readonly now: Mark;
  readonly total: number;
  readonly note: string;
  /**
   * when the first piece was done. It takes much longer than the others, because it records their graph, so the time
   * left is reckoned from the speed since then. Null: the line ends here, and no time is left.
   */
  readonly warm: Mark | null;
}

/** Returns the text of one progress line. */
export function progressText({ label, now, total, note, warm }: ProgressState): string {
  const { done, seconds } = now;
  const share = Math.min(1, total > 0 ? done / total : 1);
  const bar = '█'.repeat(Math.round(share * 20)).padEnd(20, '░');
  const left = (since: Mark): string =>
    done > since.done
      ? `${formatSeconds(((seconds - since.seconds) / (done - since.done)) * (total - done))} left`
      : 'starting';
  const time = share >= 1 ? formatSeconds(seconds) : warm ? left(warm) : '';
  const percent = `${String(Math.round(share * 100)).padStart(3)} %`;
  return [`${label} ${bar} ${percent}`, time, note].filter((part) => part !== '').join(' · ');
}

export interface ProgressOptions {
  /** pieces that an earlier part of the same work has already done; default 0 */
  from?: number;
  /** seconds before the line appears, so that short work shows nothing; default 0 */
  quietSeconds?: number;
}

/**
 * Writes a progress line. Where a person watches, the line is written over itself at most five times a second; a log
 * file gets a new line every 20 seconds. In a notebook the line is an output of its own, because JupyterLab takes `\r`
 * back only to the last chart.
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
  let warm: Mark | undefined;
  let width = 0;
  const now = (): Mark => ({ done: lastDone, seconds: (Date.now() - start) / 1000 });
  const write = (ending: string): void => {
    const since = ending ? null : (warm ?? now());
    const text = progressText({ label, now: now(), total, note: lastNote, warm: since });
    if (inNotebook()) displayBundle({ 'text/plain': text }, id, width > 0);
    else if (live) process.stdout.write(`\r${text.padEnd(width)}${ending}`);
    else process.stdout.write(`${text}\n`);
    width = text.length;
    shownAt = Date.now();
  };
  if (isShown && live) write('');
  return {
    update(done, note = lastNote) {
      lastDone = done;
      lastNote = note;
      warm ??= now();
      isShown ||= Date.now() - start > 1000 * quietSeconds;
      if (isShown && Date.now() - shownAt >= everyMs) write('');
    },
    end(note = lastNote) {
      lastNote = note;
      if (isShown) write('\n');
    },
  };
}
