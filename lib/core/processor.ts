/** What Linux says of the processor. */
import * as fs from 'node:fs';

/** Returns the line with the processor's features, such as `flags : fpu avx2`. Empty where the system does not list them. */
export function processorFlags(): string {
  const file = '/proc/cpuinfo';
  if (!fs.existsSync(file)) return '';
  return /^(?:flags|Features)\s*:.*$/m.exec(fs.readFileSync(file, 'utf8'))?.[0] ?? '';
}
