/** What is trained in the page, and how it stands in the address. */
import type { ModelSize } from '../../../model/config';
import type { Training } from '../work/train';

/** The sizes that learn in a page within minutes, with the steps that are usual for them. */
export const usualSteps: Readonly<Partial<Record<ModelSize, number>>> = { tiny: 150, small: 100 };

export const defaults: Training = { size: 'tiny', seed: 0, steps: usualSteps.tiny! };

/** The most of what can be asked for. */
export const most = { seed: 999, steps: 2000 } as const;

/** Reads what an address asks for. What it cannot say is named in `refused`, and the default stands in its place. */
export function readAddress(query: string): { training: Training; refused: string[] } {
  const given = new URLSearchParams(query);
  const known = [...Object.keys(defaults), 'backend'];
  const refused = [...given]
    .filter(([name]) => !known.includes(name))
    .map((pair) => pair.join('='));
  const asked = given.get('size') ?? defaults.size;
  const isSize = asked in usualSteps;
  if (!isSize) refused.push(`size=${asked}`);
  const size = isSize ? (asked as ModelSize) : defaults.size;
  const whole = (name: 'seed' | 'steps', least: number, usual: number): number => {
    const text = given.get(name);
    const value = Number(text);
    if (text === null) return usual;
    if (/^\d+$/.test(text) && value >= least && value <= most[name]) return value;
    refused.push(`${name}=${text}`);
    return usual;
  };
  const seed = whole('seed', 0, defaults.seed);
  return { training: { size, seed, steps: whole('steps', 1, usualSteps[size]!) }, refused };
}

/** The address of a training: what differs from what is usual. */
export function addressOf({ size, seed, steps }: Training): string {
  const query = new URLSearchParams();
  if (size !== defaults.size) query.set('size', size);
  if (seed !== defaults.seed) query.set('seed', String(seed));
  if (steps !== usualSteps[size]) query.set('steps', String(steps));
  return `?${query.toString()}`;
}
