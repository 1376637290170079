/**
 * The stop flag. The notebook's kernel sets `requested` when the stop button is pressed while a loop is running; in a
 * terminal the handler of Ctrl-C sets it. Other code of lib/ never looks for signals: it runs its steps in `loop`.
 */
export interface StopFlag {
  /** loops that are running now */
  armed: number;
  requested: boolean;
}

const key = Symbol.for('r1.stop');
const shared = globalThis as unknown as Record<symbol, StopFlag | undefined>;
export const stopFlag: StopFlag = (shared[key] ??= { armed: 0, requested: false });

export interface LoopResult {
  /** the step that would come next; it is `to` when the loop ran through */
  step: number;
  stopped: boolean;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Runs `body(step)` for step = from .. to-1. The stop button ends the loop between two steps, never inside a step. The
 * loop pauses before its first step because a notebook cell can only be stopped softly after its first `await`.
 * `goesOn` is asked before each step: the loop waits for its answer, and ends there when the answer is false.
 */
export async function loop(
  from: number,
  to: number,
  body: (step: number) => void | Promise<void>,
  goesOn?: (step: number) => Promise<boolean>,
): Promise<LoopResult> {
  let step = from;
  if (stopFlag.armed === 0) stopFlag.requested = false;
  stopFlag.armed++;
  try {
    await nextTurn();
    while (step < to && !stopFlag.requested) {
      if (goesOn && !(await goesOn(step))) break;
      await body(step++);
      await nextTurn();
    }
  } finally {
    stopFlag.armed--;
  }
  return { step, stopped: step < to };
}

/** Lets Ctrl-C in a terminal stop the running loop at its next step; a second one ends the process. */
export function stopOnInterrupt(): void {
  process.on('SIGINT', () => {
    if (stopFlag.requested || stopFlag.armed === 0) process.exit(130);
    stopFlag.requested = true;
    process.stderr.write('\nstopping after this step (press again to end at once)\n');
  });
}
