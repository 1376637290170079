/**
 * The large doses, for `npm test -- fuzz`: a million completions of each task and as many answers in words, ten thousand files of each kind, and as
 * many command lines. R1_FUZZ_SHARE=0.01 gives a hundredth of them. The result is written to data/trust/fuzz.json.
 */
import '../support/withoutXla';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { whole } from '../../lib/core/format';
import { textTable } from '../../lib/reports/table';
import { printProgress } from '../support/printProgress';
import { writeTrust } from '../trust/record';
import { fileKinds } from './files';
import { fuzzAnswers } from './fuzzAnswers';
import { fuzzCommandLines } from './fuzzCommandLines';
import { fuzzCompletions, fuzzedTasks, type CompletionsReport } from './fuzzCompletions';
import { fuzzFiles, type FilesReport } from './fuzzFiles';

const share = Number(process.env.R1_FUZZ_SHARE ?? 1);
const completions = Math.ceil(1_000_000 * share);
const files = Math.ceil(10_000 * share);
/** Another one than that of the small doses. */
const seed = 2;
/** One completion of so many is long. */
const everyLong = 10_000;

/** Returns a function that prints how much is done, every ten seconds. */
async function fuzzFolders(): Promise<FilesReport[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-fuzz-'));
  try {
    const reports = fileKinds.map((kind) =>
      fuzzFiles(kind, { count: files, seed, folder, onProgress: printProgress(kind.name) }),
    );
    return [...reports, await fuzzCommandLines(files, seed, printProgress('command lines'))];
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function table(ofTasks: readonly CompletionsReport[], ofFiles: readonly FilesReport[]): string {
  const taskRows = ofTasks.map((r) => [r.task, whole(r.completions), whole(r.right), String(r.faultCount), r.slowest.toFixed(0), r.growth.toFixed(1)]); // prettier-ignore
  const fileRows = ofFiles.map((r) => [r.kind, whole(r.files), whole(r.read), whole(r.refused), String(r.faultCount), r.slowest.toFixed(0)]); // prettier-ignore
  return [
    textTable(['task', 'completions', 'right', 'faults', 'slowest, ms', 'growth'], taskRows, 1),
    textTable(['kind', 'files', 'read', 'refused', 'faults', 'slowest, ms'], fileRows, 1),
  ].join('\n\n');
}

async function main(): Promise<void> {
  process.setSourceMapsEnabled(false); // those of ten thousand loads of the commands would be kept
  const started = Date.now();
  const ofFiles = await fuzzFolders();
  const dose = { count: completions, everyLong, seed };
  const ofTasks = [
    ...fuzzedTasks.map((task) => fuzzCompletions(task, { ...dose, onProgress: printProgress(task) })), // prettier-ignore
    fuzzAnswers({ ...dose, onProgress: printProgress('answers') }),
  ];
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  const faultsOf = (reports: readonly (CompletionsReport | FilesReport)[]): string =>
    whole(sum(reports.map(({ faultCount }) => faultCount)));
  const faults = [...ofFiles, ...ofTasks].flatMap((report) => report.faults);
  if (faults.length > 0) console.log(`\n${faults.join('\n')}`);
  console.log(`\n${table(ofTasks, ofFiles)}`);
  const result = {
    what: 'fuzz: crashes, hangs, false accepts',
    number: `${faultsOf(ofTasks)} of ${whole(completions * ofTasks.length)} completions; ${faultsOf(ofFiles)} of ${whole(files * ofFiles.length)} files and command lines`,
    command: 'npm test -- fuzz',
    seed,
    seconds: Math.round((Date.now() - started) / 1000),
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    completions: ofTasks.map(({ faults: _, ...report }) => report),
    files: ofFiles.map(({ faults: _, ...report }) => report),
  };
  writeTrust('fuzz', result);
  console.log(`\n${result.number}, in ${result.seconds} s and ${result.peakMiB} MiB`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

export const finished: Promise<void> = main();
