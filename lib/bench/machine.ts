/** What the machine is, and whether it is free to be measured. */
import * as os from 'node:os';
import { UserError } from '../core/errors';
import { processorFlags } from '../core/processor';

/** The instructions that decide how fast a matrix product is, the widest of each family. */
const families: readonly (readonly [feature: RegExp, name: string])[] = [
  [/\bamx_(?:bf16|tile)\b/, 'AMX'],
  [/\bavx512f\b/, 'AVX-512'],
  [/\bavx2\b/, 'AVX2'],
  [/\bsve\b/, 'SVE'],
  [/\basimd\b/, 'NEON'],
];

/**
 * Names the vector instructions of a processor from the flags that Linux lists: `AVX-512, AVX2`. Elsewhere, what is known of
 * the architecture: empty on x64, NEON on arm64.
 */
export function processorFeatures(flags: string = processorFlags()): string {
  const found = families.filter(([feature]) => feature.test(flags)).map(([, name]) => name);
  if (found.length > 0) return found.join(', ');
  return os.arch() === 'arm64' ? 'NEON' : '';
}

/**
 * What keeps TensorFlow and PyTorch to AVX2 on a processor that has more, so that they are measured as on one that has not.
 * Their libraries read it when they are loaded.
 */
export const keptToAvx2 = {
  ONEDNN_MAX_CPU_ISA: 'AVX2',
  XLA_FLAGS: '--xla_cpu_max_isa=AVX2',
  ATEN_CPU_CAPABILITY: 'avx2',
  MKL_ENABLE_INSTRUCTIONS: 'AVX2',
} as const;

/** Whether this process was started so. */
export const isKeptToAvx2 = (): boolean =>
  Object.entries(keptToAvx2).every(([name, value]) => process.env[name] === value);

/** The vector instructions that are used here. */
export const usedFeatures = (): string => (isKeptToAvx2() ? 'kept to AVX2' : processorFeatures());

/** Milliseconds of all cores since the start of the machine, and those in which they had nothing to do. */
export type CpuTimes = { readonly all: number; readonly idle: number };

function cpuTimes(): CpuTimes {
  const each = os.cpus().map(({ times }) => times);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  return {
    all: sum(each.map(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq)),
    idle: sum(each.map(({ idle }) => idle)),
  };
}

/** How many cores have worked between two looks. */
export function busyCores(before: CpuTimes, after: CpuTimes, cores: number): number {
  const all = after.all - before.all;
  return all === 0 ? 0 : (cores * (all - (after.idle - before.idle))) / all;
}

/** The most that may run besides a measurement, in cores. */
const mostBusy = 0.25;

/** Looks for a second and a half, while this process does nothing, whether other work runs. Throws a UserError if so. */
export async function refuseBusyMachine(): Promise<void> {
  const before = cpuTimes();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const busy = busyCores(before, cpuTimes(), os.cpus().length);
  if (busy > mostBusy)
    throw new UserError(
      `other work keeps ${busy.toFixed(1)} of ${os.cpus().length} cores busy: what is measured now must not be recorded: stop it, or leave out --record`,
    );
}
