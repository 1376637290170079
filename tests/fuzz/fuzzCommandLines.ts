/** Command lines, and what came of them. */
import { createRandom } from '../../lib/core/random';
import { anyCommandLine, runCommandLine } from './commandLines';
import type { FilesReport } from './fuzzFiles';

/** Runs command lines up to their work. Nothing that happens to one of them is thrown. */
export async function fuzzCommandLines(
  count: number,
  seed: number,
  onProgress: (done: number, count: number) => void = () => {},
): Promise<FilesReport> {
  const report = { read: 0, refused: 0, faultCount: 0, slowest: 0 };
  const faults: string[] = [];
  for (let i = 0; i < count; i++) {
    const line = anyCommandLine(createRandom(seed, 'fuzz', 'command lines', i));
    const started = performance.now();
    const fault = await runCommandLine(line).then(
      ({ code, said }) => {
        report[code === 2 ? 'refused' : 'read']++;
        const isOneLine = said !== '' && said.length < 600 && !/[\p{Cc}\u2028\u2029]/u.test(said);
        return code !== 2 || isOneLine ? null : `refused with ${said}`;
      },
      (error: unknown) => String(error).slice(0, 300),
    );
    if (fault !== null && report.faultCount++ < 20)
      faults.push(`command lines ${seed} ${i}: ${JSON.stringify(line).slice(0, 300)}: ${fault}`);
    report.slowest = Math.max(report.slowest, performance.now() - started);
    onProgress(i + 1, count);
  }
  return { kind: 'command lines', files: count, faults, ...report };
}
