/** The kinds of stages, and what the person who starts a stage can ask of each. */
import { UserError } from '../core/errors';

/** What a stage does. Its settings, the options that say how long it learns, and its place in the bill follow from it. */
export type StageKind = 'pre-training' | 'RL' | 'SFT' | 'reward model' | 'data' | 'measuring';

/** Whether stages of this kind leave a model, and not data or measurements alone. */
export const makesModel = (kind: StageKind): boolean => kind !== 'data' && kind !== 'measuring';

/** What the person who starts a stage asks for. It is a layer of the settings of its own, and wins over all others. */
export interface CallerSettings {
  /** of reinforcement learning */
  readonly steps?: number;
  /** of pre-training */
  readonly tokens?: number;
}

/** Which of the caller's settings a stage of each kind takes. */
const taken: Readonly<Partial<Record<StageKind, keyof CallerSettings>>> = {
  'pre-training': 'tokens',
  RL: 'steps',
};

/** What decides how long a stage of each kind learns. */
const lengthOf: Readonly<Record<StageKind, string>> = {
  'pre-training': 'its length is given in --tokens',
  RL: 'its length is given in --steps',
  SFT: 'its steps follow from its traces and epochs',
  'reward model': 'its steps follow from its pairs and epochs',
  data: 'it does not learn',
  measuring: 'it does not learn',
};

/** Returns the part of the caller's settings that a stage of this kind takes. */
export function callerOf(kind: StageKind, caller: CallerSettings): CallerSettings {
  const key = taken[kind];
  return key && caller[key] !== undefined ? { [key]: caller[key] } : {};
}

/** Throws a UserError where the caller asks for something that this stage does not take. */
export function refuseCaller(stage: string, kind: StageKind, caller: CallerSettings): void {
  for (const [key, value] of Object.entries(caller))
    if (value !== undefined && taken[kind] !== key)
      throw new UserError(`--${key} does not apply to ${stage}: ${lengthOf[kind]}`);
}
