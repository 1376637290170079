import type { Content, Kernel } from './kernelClient';
import type { Cell, MimeBundle, Notebook, Output } from './notebook';
import { codeCells, textOf } from './notebook';
import { Outputs } from './outputs';

/** Something that happened to a cell while its notebook runs. */
export interface CellEvent {
  state: 'started' | 'printed' | 'ended';
  /** which of the notebook's code cells, from 0 */
  index: number;
  cell: Cell;
  /** what was printed; empty in the other states */
  text: string;
  /** seconds since the cell's start */
  seconds: number;
}

/** What came of a notebook's run. */
export interface RunResult {
  /** the notebook with its new outputs, which are complete only when nothing failed */
  notebook: Notebook;
  /** why the run failed, with the cell; undefined when it went well */
  problem?: string;
  /** seconds of each code cell that ran */
  cellSeconds: number[];
}

/** How a notebook is run. */
export interface RunOptions {
  /** the longest that one cell may take */
  timeoutSeconds?: number;
  onCell?: (event: CellEvent) => void;
  /** asked after each cell; true ends the run there */
  isStopped?: () => boolean;
}

/** What the kernel prints about errors in timers and rejections that nobody awaits; they do not fail their cell. */
const uncaught = /^(?:UncaughtException|UnhandledPromiseRejection): .*/m;

/** How long to wait at the end for late output, in milliseconds. */
const settleMs = 250;

/** Runs all code cells in a fresh kernel. The caller makes and closes the kernel, and may interrupt it meanwhile. */
export async function runNotebook(
  kernel: Kernel,
  notebook: Notebook,
  { timeoutSeconds = 1200, onCell = () => {}, isStopped = () => false }: RunOptions = {},
): Promise<RunResult> {
  const info = await kernel.ready().catch(asValue);
  if (info instanceof Error) return { notebook, problem: info.message, cellSeconds: [] };
  const cells = codeCells(notebook);
  const outputs = new Outputs();
  const counts: unknown[] = [];
  const cellSeconds: number[] = [];
  let problem: string | undefined;

  for (const [index, cell] of cells.entries()) {
    const start = Date.now();
    const event = (state: CellEvent['state'], text = ''): void =>
      onCell({ state, index, cell, text, seconds: (Date.now() - start) / 1000 });
    event('started');
    const running = kernel.execute(textOf(cell.source), (type, content) => {
      outputs.add(index, type, content);
      const text = wordsOf(type, content);
      if (text) event('printed', text);
    });
    const reply = await orTimeout(running, timeoutSeconds, kernel);
    if (index === cells.length - 1) await new Promise((done) => setTimeout(done, settleMs));
    counts.push(reply instanceof Error ? null : reply.execution_count);
    cellSeconds.push((Date.now() - start) / 1000);
    event('ended');
    problem = isStopped() ? 'stopped' : findProblem(index, reply, outputs);
    if (problem !== undefined) break;
  }
  const metadata = { ...notebook.metadata, language_info: info.language_info };
  const filled = { ...notebook, metadata, cells: fill(notebook, cells, counts, outputs) };
  return { notebook: filled, problem, cellSeconds };
}

/** Returns the text of a message for a person at a terminal: printed text, or a display that is only text. */
function wordsOf(type: string, content: Content): string {
  if (type === 'stream') return String(content.text);
  const data = content.data as MimeBundle | undefined;
  return data && Object.keys(data).join() === 'text/plain' ? String(data['text/plain']) : '';
}

/** Returns what went wrong up to this cell. A late error may belong to an earlier cell than the one that just ran. */
function findProblem(last: number, reply: Content | Error, outputs: Outputs): string | undefined {
  const at = (index: number, text: string): string => `code cell ${index + 1}: ${text}`;
  if (reply instanceof Error) return at(last, reply.message);
  if (reply.status !== 'ok') return at(last, (reply.traceback as string[]).join('\n'));
  for (let index = 0; index <= last; index++) {
    const error = uncaught.exec(printedErrors(outputs.of(index)))?.[0];
    if (error !== undefined) return at(index, error);
  }
  return undefined;
}

function printedErrors(outputs: readonly Output[]): string {
  const texts = outputs.map((output) =>
    output.output_type === 'stream' && output.name === 'stderr' ? textOf(output.text) : '',
  );
  return texts.join('\n');
}

const asValue = (error: Error): Error => error;

async function orTimeout(
  running: Promise<Content>,
  seconds: number,
  kernel: Kernel,
): Promise<Content | Error> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Error>((resolve) => {
    timer = setTimeout(() => {
      resolve(new Error(`took longer than ${seconds} s`));
      kernel.kill();
    }, seconds * 1000);
  });
  const reply = await Promise.race([running.catch(asValue), late]);
  clearTimeout(timer);
  return reply;
}

/** Returns the notebook's cells with the outputs of the run. Cells that did not run have none. */
function fill(
  notebook: Notebook,
  cells: readonly Cell[],
  counts: readonly unknown[],
  outputs: Outputs,
): Cell[] {
  return notebook.cells.map((cell) => {
    if (cell.cell_type !== 'code') return cell;
    const index = cells.indexOf(cell);
    if (index < 0) return { ...cell, execution_count: null, outputs: [] };
    const execution_count = (counts[index] as number | undefined) ?? null;
    return { ...cell, execution_count, outputs: outputs.finished(index) };
  });
}
