/**
 * Steering: settings of a run that change while it goes on. A change holds from one step on and is kept in the run's
 * log, `changes.jsonl`. The same seed and the same changes are the same run, bit for bit, whoever made them.
 */
import type { Row } from '../core/csv';
import { UserError } from '../core/errors';
import type { Change } from '../runs/run';
import type { RLSettings } from './settings';

/** What can be steered: two settings, and the weights of the reward's parts. */
export const steeredNames = [
  'learningRate',
  'temperature',
  'accuracy',
  'format',
  'language',
] as const;
export type SteeredName = (typeof steeredNames)[number];
export type SteeredValues = Readonly<Record<SteeredName, number>>;

/** A run before its next step. */
export interface Standing {
  /** the step to come */
  readonly step: number;
  /** what holds up to now, earlier changes included */
  readonly settings: RLSettings;
  /** the rows of the steps done */
  readonly metrics: readonly Row[];
  /** the changes made so far */
  readonly changes: readonly Change[];
}

export interface Orders {
  /** what holds from this step on; the rest stays as it is */
  readonly values?: Partial<SteeredValues>;
  /** ends the run before this step, as the stop button does: it saves itself and can go on later */
  readonly stop?: boolean;
}

/** Whoever holds the wheel. */
export interface Steering {
  /** asked before every step; the run waits for the answer, while its clock goes on */
  before(standing: Standing): Orders | Promise<Orders>;
  /** told when the run has ended, by itself or not */
  end?(): void;
}

/** The steered values of some settings. */
export function steeredValues({
  learningRate,
  temperature = 1,
  rewards,
}: RLSettings): SteeredValues {
  const { accuracy, format, language } = rewards;
  return { learningRate, temperature, accuracy, format, language };
}

/** Settings after some changes. */
export function steered(settings: RLSettings, changes: readonly Change[]): RLSettings {
  return changes.reduce(
    (now, { name, value }) =>
      name in now.rewards
        ? { ...now, rewards: { ...now.rewards, [name]: value } }
        : { ...now, [name]: value },
    settings,
  );
}

/** What the orders change; a value that holds already is no change. */
export function changesOf({ step, settings }: Standing, { values = {} }: Orders): Change[] {
  const now = steeredValues(settings);
  const names = steeredNames.filter((name) => (values[name] ?? now[name]) !== now[name]);
  return names.map((name) => ({ step, name, value: values[name]! }));
}

/** Makes the changes of a log again, each at its step. Throws a UserError for a name that cannot be steered. */
export function replay(changes: readonly Change[]): Steering {
  const known: readonly string[] = steeredNames;
  const unknown = changes.find(({ name }) => !known.includes(name));
  if (unknown) throw new UserError(`cannot steer ${unknown.name}: use ${known.join(', ')}`);
  return {
    before({ step }) {
      const due = changes.filter((change) => change.step === step);
      return { values: Object.fromEntries(due.map(({ name, value }) => [name, value])) };
    },
  };
}
