import { stripVTControlCharacters } from 'node:util';
import { formatSeconds } from '../core/format';
import { textOf } from './notebook';
import type { CellEvent } from './runner';

/** Where progress is written, for example process.stdout. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Shows the run of one notebook. */
export interface CellProgress {
  onCell(event: CellEvent): void;
  end(): void;
}

/** Returns the seconds left after `done` cells of a run whose cells take as long as they did the last time. */
export function secondsLeft(
  expected: readonly number[],
  done: number,
  secondsInCell: number,
): number {
  const [current = 0, ...rest] = expected.slice(done);
  return Math.max(0, current - secondsInCell) + rest.reduce((sum, seconds) => sum + seconds, 0);
}

/** Returns the first line of a cell that is not empty. */
function title(event: CellEvent): string {
  const lines = textOf(event.cell.source).split('\n');
  return lines.find((line) => line.trim() !== '')!.trim();
}

/**
 * Shows a notebook's run in the terminal. Each cell that has ended gets a line. Where a person watches, the running
 * cell has a line too, with its time, the time left (if the seconds of an earlier run are known) and what it printed
 * last.
 */
export function cellProgress(
  terminal: Terminal,
  name: string,
  cells: number,
  expected: readonly number[],
): CellProgress {
  const isKnown = expected.length === cells;
  const columns = Math.max(40, (terminal.columns ?? 100) - 1);
  let running: CellEvent | undefined;
  let startedAt = 0;
  let printed = '';

  const describe = (event: CellEvent, seconds: number, left: string): string => {
    const place = `${name}  ${String(event.index + 1).padStart(2)}/${cells}`;
    return `${place}  ${formatSeconds(seconds).padStart(6)}${left}  ${title(event)}`;
  };
  const showRunning = (): void => {
    if (!running) return;
    const seconds = (Date.now() - startedAt) / 1000;
    if (!terminal.isTTY && seconds < 30) return;
    const rest = secondsLeft(expected, running.index, seconds);
    const left = isKnown ? `, ${formatSeconds(rest)} left` : '';
    const line = describe(running, seconds, left) + (printed && ` | ${printed}`);
    terminal.write(terminal.isTTY ? `\r${line.slice(0, columns)}\x1b[K` : `${line}\n`);
  };
  // a log file gets a line only while a cell takes long
  const timer = setInterval(showRunning, terminal.isTTY ? 500 : 60_000);

  return {
    onCell(event) {
      if (event.state === 'printed') {
        // only the last non-empty line counts; a progress line ends in the part after its last `\r`
        const lines = stripVTControlCharacters(event.text).split(/[\r\n]/);
        printed = lines.findLast((line) => line.trim() !== '')?.trim() ?? printed;
      } else if (event.state === 'started') {
        running = event;
        startedAt = Date.now();
        printed = '';
        if (terminal.isTTY) showRunning();
      } else {
        running = undefined;
        const line = describe(event, event.seconds, '').slice(0, columns);
        terminal.write(terminal.isTTY ? `\r${line}\x1b[K\n` : `${line}\n`);
      }
    },
    end: () => clearInterval(timer),
  };
}
