/** Shows how the stages on Ray go on, all of them in one place. */
import { randomUUID } from 'node:crypto';
import { displayBundle, inNotebook } from '../../core/display';
import { formatSeconds } from '../../core/format';

/** How a stage stands, and what it said last. */
export interface Standing {
  state: 'waiting' | 'running' | 'done' | 'failed' | 'stopped';
  says: string;
}

/** What the program in Python tells of a stage. */
export interface Said {
  readonly name: string;
  readonly says?: string;
  readonly failed?: string;
  readonly finished?: true;
  readonly stopped?: true;
}

export interface View {
  tell(said: Said): void;
  end(): void;
}

/**
 * Makes a view of some stages, which keeps their standings. In a terminal and in a notebook the view is replaced by the next
 * one; a log gets a line for each stage that begins or ends.
 */
export function createView(standings: Map<string, Standing>): View {
  const began = Date.now();
  const isTerminal = process.stdout.isTTY && !inNotebook();
  const id = randomUUID();
  let shown = 0;
  const draw = (): void => {
    const lines = viewLines(standings, (Date.now() - began) / 1000);
    const width = process.stdout.columns || 120;
    if (inNotebook()) displayBundle({ 'text/plain': lines.join('\n') }, id, shown > 0);
    else
      process.stdout.write(
        `${shown > 0 ? `\x1b[${shown}A\x1b[J` : ''}${lines.map((line) => `${line.slice(0, width)}\n`).join('')}`,
      );
    shown = lines.length;
  };
  const timer = isTerminal || inNotebook() ? setInterval(draw, 1000) : null;
  return {
    tell(said) {
      const one = standings.get(said.name)!;
      const before = one.state;
      Object.assign(one, standingAfter(said, one));
      if (!timer && one.state !== before) console.log(changeText(said.name, one));
    },
    end() {
      if (!timer) return;
      clearInterval(timer);
      draw();
    },
  };
}

/** How a stage stands after what was said of it. */
export function standingAfter(
  { says, failed, finished, stopped }: Said,
  before: Standing,
): Standing {
  if (failed !== undefined) return { state: 'failed', says: failed };
  if (finished) return { ...before, state: 'done' };
  if (stopped) return { ...before, state: 'stopped' };
  return { state: 'running', says: says ?? before.says };
}

/** The view as lines: a count, the stages that run with what they say of themselves, and those that failed. */
export function viewLines(standings: ReadonlyMap<string, Standing>, seconds: number): string[] {
  const those = (state: Standing['state']): [string, Standing][] => [...standings].filter(([, one]) => one.state === state); // prettier-ignore
  const [running, failed] = [those('running'), those('failed')];
  return [
    `${those('done').length} of ${standings.size} stages done, ${running.length} run, ${failed.length} failed · ${formatSeconds(seconds)}`,
    ...running.map(([name, { says }]) => `  ${says.startsWith(name) ? says : `${name} ${says}`}`),
    ...failed.map(([name, { says }]) => `  ${name} failed: ${says}`),
  ];
}

/** A line for a stage that has begun or ended. */
const changeText = (name: string, { state, says }: Standing): string =>
  `${name}: ${{ waiting: 'waits', running: 'begins', done: `done, ${says}`, failed: `failed: ${says}`, stopped: 'stopped' }[state]}`; // prettier-ignore
