/** What is asked in the playground, and how it stands in the address, so that it can be shared as a link. */
import { UserError } from '../../../core/errors';
import { createRandom } from '../../../core/random';
import { generate, taskNamed, type Problem } from '../../../tasks/index';
import { languages, type Language } from '../../../tokenizer/vocabulary';
import { chosenProblem, writings, type TaskName } from './chosen';

export const taskNames = Object.keys(writings) as TaskName[];

export interface Settings {
  /** the names of one or two checkpoints */
  readonly models: readonly string[];
  readonly task: TaskName;
  readonly level: number;
  /** the problem that the reader chose, such as `26 3 5 7`; null: one of the level */
  readonly chosen: string | null;
  /** which problem of the level, and which answers */
  readonly seed: number;
  readonly language: Language;
  readonly temperature: number;
  readonly samples: number;
  readonly waits: number;
}

export const defaults: Settings = {
  models: ['small-r1-zero-s0'],
  task: 'countdown',
  level: 3,
  chosen: null,
  seed: 4,
  language: 'en',
  temperature: 1,
  samples: 8,
  waits: 0,
};

/** Ends of the numbers that a person may set. */
export const limits = {
  seed: [0, 9999, 1],
  temperature: [0.1, 2, 0.1],
  samples: [1, 64, 1],
  waits: [0, 3, 1],
} as const;

/** The problem that the settings name: held out, never trained on; or the one that the reader chose. */
export function problemOf({ task, level, chosen, seed }: Settings): Problem {
  if (chosen !== null) return chosenProblem(task, chosen);
  return generate(task, level, createRandom(seed, 'playground'), 'held-out');
}

/** Reads the settings in an address. What it cannot say is named in `refused`, and the default stands in its place. */
export function readAddress(query: string): { settings: Settings; refused: string[] } {
  const given = new URLSearchParams(query);
  const known = [...Object.keys(defaults), 'backend'];
  const refused = [...given]
    .filter(([name]) => !known.includes(name))
    .map((pair) => pair.join('='));
  const read = <T>(name: string, parse: (text: string) => T | undefined, otherwise: T): T => {
    const text = given.get(name);
    if (text === null) return otherwise;
    const value = parse(text);
    if (value === undefined) refused.push(`${name}=${text}`);
    return value ?? otherwise;
  };
  const number = (name: keyof typeof limits): number => {
    const [least, most] = limits[name];
    return read(name, (text) => within(text, least, most), defaults[name]);
  };
  const task = read('task', (text) => taskNames.find((one) => one === text), defaults.task);
  const { levels } = taskNamed(task);
  const first = levels.includes(defaults.level) ? defaults.level : levels.at(-1)!;
  const level = read('level', (text) => levels.find((one) => String(one) === text), first);
  const settings: Settings = {
    models: read('models', modelsIn, [...defaults.models]),
    ...{ task, level },
    chosen: read('chosen', (text) => (whyNot(task, text) === '' ? text : undefined), null),
    seed: number('seed'),
    language: read('language', (text) => languages.find((one) => one === text), defaults.language),
    temperature: number('temperature'),
    samples: number('samples'),
    waits: number('waits'),
  };
  return { settings, refused };
}

/** The address of settings: what differs from the defaults. */
export function addressOf(settings: Settings): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(settings) as [keyof Settings, unknown][])
    if (String(value) !== String(defaults[name]) && value !== null)
      query.set(name, String(value as string));
  return query.size > 0 ? `?${query.toString().replaceAll('%2C', ',')}` : '?';
}

function within(text: string, least: number, most: number): number | undefined {
  const value = Number(text);
  return text.trim() !== '' && value >= least && value <= most ? value : undefined;
}

const modelsIn = (text: string): string[] | undefined => {
  const names = text.split(',');
  return names.length <= 2 && names.every((name) => /^[\w-]+$/.test(name)) ? names : undefined;
};

/** Says in one line what is wrong with a problem as it is written, and what would be right; '' where nothing is. */
export function whyNot(task: TaskName, text: string): string {
  try {
    chosenProblem(task, text);
    return '';
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}
