/**
 * Steering: settings of a run that change while it goes on. A change is in force from one step on, and the run keeps it
 * in its log, `changes.jsonl`. Equal seeds and equal changes give equal runs, bit for bit, whoever made the changes.
 */
import type { Row } from '../../core/csv';
import { UserError } from '../../core/errors';
import type { Change } from '../../runs/run';
import type { RLSettings } from '../settings';

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
  /** the settings in force, earlier changes included */
  readonly settings: RLSettings;
  /** the rows of the steps done */
  readonly metrics: readonly Row[];
  /** the changes made so far */
  readonly changes: readonly Change[];
}

export interface Orders {
  /** new values from this step on; the other settings stay as they are */
  readonly values?: Partial<SteeredValues>;
  /** ends the run before this step, as the stop button does: it saves itself and can go on later */
  readonly stop?: boolean;
}

/** Decides before every step whether settings change and whether the run goes on: a panel, or a log that is replayed. */
export interface Steering {
  /** asked before every step; the run waits for the answer, while its clock goes on */
  before(standing: Standing): Orders | Promise<Orders>;
  /** called when the run has ended, after its last step or before */
  end?(): void;
}

/** Picks out of the settings the values that can be steered. */
export function steeredValues({
  learningRate,
  temperature = 1,
  rewards,
}: RLSettings): SteeredValues {
  const { accuracy, format, language } = rewards;
  return { learningRate, temperature, accuracy, format, language };
}

/** Returns the settings with the changes made, in their order. */
export function steered(settings: RLSettings, changes: readonly Change[]): RLSettings {
  return changes.reduce(
    (now, { name, value }) =>
      name in now.rewards
        ? { ...now, rewards: { ...now.rewards, [name]: value } }
        : { ...now, [name]: value },
    settings,
  );
}

/** Returns the changes that the orders ask for. A value that is in force already is no change. */
export function changesOf({ step, settings }: Standing, { values = {} }: Orders): Change[] {
  const now = steeredValues(settings);
  const names = steeredNames.filter((name) => (values[name] ?? now[name]) !== now[name]);
  return names.map((name) => ({ step, name, value: values[name]! }));
}

/** Returns a steering that makes the changes of a log again, each at its step. Throws a UserError for a name that cannot be steered. */
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
