/** The energy counters of the processor, where the operating system shows them (Linux on Intel and AMD, readable). */
import * as fs from 'node:fs';
import * as path from 'node:path';

/** A counter of one processor package: microjoules, starting again from 0 past `range`. */
export interface EnergyCounter {
  readonly value: number;
  readonly range: number;
}

/** One counter for each processor package; empty where the machine does not tell. */
export function readEnergy(folder = '/sys/class/powercap'): EnergyCounter[] {
  const number = (name: string, file: string): number =>
    Number(fs.readFileSync(path.join(folder, name, file), 'utf8'));
  try {
    return fs
      .readdirSync(folder)
      .filter((name) => /^intel-rapl:\d+$/.test(name)) // parts of a package have a second number
      .sort()
      .map((name) => ({
        value: number(name, 'energy_uj'),
        range: number(name, 'max_energy_range_uj'),
      }));
  } catch {
    return [];
  }
}

/** Joules between two readings of the same counters, each of which may have started again once; null without any. */
export function joulesBetween(
  before: readonly EnergyCounter[],
  after: readonly EnergyCounter[],
): number | null {
  if (before.length === 0 || before.length !== after.length) return null;
  const used = after.map(({ value, range }, i) => {
    const difference = value - before[i]!.value;
    return difference < 0 ? difference + range : difference;
  });
  return used.reduce((sum, microjoules) => sum + microjoules, 0) / 1e6;
}
