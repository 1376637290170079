/**
 * Reads the energy counters of the processor. Linux shows them on Intel and AMD processors, if the user may read them.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

/** The counter of one processor package, in microjoules. It starts again from 0 when it has passed `range`. */
export interface EnergyCounter {
  readonly value: number;
  readonly range: number;
}

/** Returns one counter for each processor package, and none where the machine does not show them. */
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

/**
 * Returns the joules used between two readings of the same counters, or null where there are none. A counter may have
 * started again once in between.
 */
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
