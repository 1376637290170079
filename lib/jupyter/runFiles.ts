import * as fs from 'node:fs';
import * as path from 'node:path';
import { root, writeFileAtomic } from '../core/files';
import { formatSeconds } from '../core/format';
import { cellProgress } from './cellProgress';
import { Kernel } from './kernelClient';
import { codeCells, readNotebook, writeNotebook } from './notebook';
import { runNotebook } from './runner';
import { stamped } from './stamp';

/** How notebooks are run in the terminal. */
export interface RunFilesOptions {
  /** the mode, which notebooks read from the environment variable R1_MODE */
  mode: string;
  /** whether the outputs of notebooks that went well are saved */
  save: boolean;
  /** the longest that one cell may take */
  timeoutSeconds: number;
}

interface Row {
  name: string;
  cells: number;
  seconds: number;
  /** why the notebook failed; undefined when it went well */
  problem?: string;
}

// This file keeps the seconds of each cell in earlier runs on this machine, from which the time left is estimated.
const secondsFile = path.join(root, 'data/local/notebook-seconds.json');

/** Reads the seconds of the cells by the name of their notebook. What is damaged is left out: the time left is unknown. */
export function readSeconds(file: string): Record<string, number[]> {
  try {
    const all = Object.entries(JSON.parse(fs.readFileSync(file, 'utf8')) as object);
    const isSeconds = (value: unknown): value is number[] =>
      Array.isArray(value) && value.every((one) => Number.isFinite(one) && one >= 0);
    return Object.fromEntries(all.filter((one): one is [string, number[]] => isSeconds(one[1])));
  } catch {
    return {}; // no file, no JSON, or no object
  }
}

function rememberSeconds(key: string, cellSeconds: readonly number[]): void {
  const rounded = cellSeconds.map((seconds) => Number(seconds.toFixed(1)));
  const all = { ...readSeconds(secondsFile), [key]: rounded };
  writeFileAtomic(secondsFile, `${JSON.stringify(all, null, 1)}\n`);
}

/** The kernel that Ctrl-C goes to, and how often it was pressed. */
const running: { kernel?: Kernel; presses: number } = { presses: 0 };

function onInterrupt(): void {
  running.presses++;
  if (running.presses > 1) running.kernel?.kill();
  else {
    process.stdout.write('\nstopping at the next step (press again to end at once)\n');
    running.kernel?.interrupt();
  }
}

/** Runs one notebook file and saves it when it went well. */
async function runFile(
  file: string,
  { mode, save, timeoutSeconds }: RunFilesOptions,
): Promise<Row> {
  const name = path.basename(file, '.ipynb');
  const notebook = readNotebook(file);
  const cells = codeCells(notebook).length;
  const secondsKey = `${name} ${mode}`;
  const progress = cellProgress(
    process.stdout,
    name,
    cells,
    readSeconds(secondsFile)[secondsKey] ?? [],
  );
  const start = Date.now();
  // headless: there is no browser, so interactive cells take their recorded answers
  const kernel = new Kernel({ R1_MODE: mode, R1_HEADLESS: '1' });
  running.kernel = kernel;
  try {
    const result = await runNotebook(kernel, notebook, {
      timeoutSeconds,
      onCell: progress.onCell,
      isStopped: () => running.presses > 0,
    });
    const { problem } = result;
    if (problem !== undefined) console.log(`${name}: ${problem}`);
    else {
      rememberSeconds(secondsKey, result.cellSeconds);
      if (save) writeNotebook(file, stamped(result.notebook, mode));
    }
    return { name, cells, seconds: (Date.now() - start) / 1000, problem };
  } finally {
    progress.end();
    await kernel.close();
  }
}

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map((row) => row.name.length), 'notebook'.length);
  const line = (name: string, cells: string, time: string, ok: string): string =>
    `${name.padEnd(width)}  ${cells.padStart(5)}  ${time.padStart(12)}  ${ok}`;
  const lines = rows.map((row) =>
    line(
      row.name,
      String(row.cells),
      formatSeconds(row.seconds),
      row.problem === undefined ? 'ok' : 'FAILED',
    ),
  );
  const problems = rows.flatMap(({ name, problem }) => (problem ? [`\n${name}: ${problem}`] : []));
  return ['', line('notebook', 'cells', 'time', ''), ...lines, ...problems].join('\n');
}

/**
 * Runs notebook files one after another, with progress in the terminal and a table at the end. Ctrl-C stops the
 * running loop at its next step and ends the run after that cell; a second Ctrl-C ends it at once. Returns whether all
 * went well.
 */
export async function runNotebookFiles(
  files: readonly string[],
  options: RunFilesOptions,
): Promise<boolean> {
  process.on('SIGINT', onInterrupt);
  const rows: Row[] = [];
  for (const file of files) {
    if (running.presses === 0) rows.push(await runFile(file, options));
  }
  process.off('SIGINT', onInterrupt);
  console.log(table(rows));
  return rows.length === files.length && rows.every((row) => row.problem === undefined);
}
