/** The recipe on a language model: the stages of R1, each with adapters beside the weights of the start model. */
import { UserError } from '../../core/errors';
import type { Model } from '../../model/parameters';
import { randomReward } from '../../rewards/messy';
import { trainRL, type RLOptions } from '../../stages/rl';
import { settingsFrom, type RLSettings } from '../../stages/settings';
import { languageRLSettings } from '../../stages/language/settings';
import { likelihoodJudge } from '../../stages/language/likelihoodJudge';
import { callerOf, type CallerSettings, type StageKind } from '../kinds';
import type { Job, Outcome, StageSettings } from '../stage';
import type { Course } from './data';

/** What the settings of a stage follow from. */
export interface LanguageAsked {
  readonly course: Course;
  readonly caller: CallerSettings;
}

/** A stage that is due, with the start model and the models of the stages that it needs. */
export interface LanguageJob extends Job<string> {
  readonly start: Model;
}

export interface LanguageStage<Settings extends StageSettings = StageSettings> {
  readonly kind: StageKind;
  /** first the stage whose weights it starts from; without one it starts from the start model */
  readonly needs: readonly string[];
  settings(asked: LanguageAsked): Settings;
  make(job: LanguageJob, settings: Settings): Outcome;
}

/** In what reinforcement learning differs from R1-Zero on rules. */
interface Difference {
  readonly from?: string;
  readonly settings?: Partial<RLSettings>;
  readonly options?: Pick<RLOptions, 'rewardFn'>;
  /** pay for what the start model finds likely as well */
  readonly likely?: true;
}

const rl = (difference: Difference = {}): LanguageStage<{ run: RLSettings }> => ({
  kind: 'RL',
  needs: difference.from === undefined ? [] : [difference.from],
  settings: ({ course: { plan, rl }, caller }) => ({
    run: settingsFrom({
      defaults: languageRLSettings({ plan, ...rl }),
      stage: difference.settings,
      caller: callerOf('RL', caller),
    }),
  }),
  async make({ start, models, ...job }, { run }) {
    const options = { ...job, ...difference.options, from: models[0] ?? start, settings: run };
    if (!difference.likely) return trainRL(options);
    const judge = likelihoodJudge(start, run);
    try {
      return await trainRL({ ...options, judge });
    } finally {
      judge.dispose();
    }
  },
});

export const languageStages: Readonly<Record<string, LanguageStage>> = {
  'r1-zero': rl(),
  /** a second reward for what the start model finds likely */
  'r1-zero-likely': rl({ likely: true, settings: { rewards: { accuracy: 1, format: 0, language: 0, preference: 0.3 } } }), // prettier-ignore
  /** half of all completions are paid, whatever they say */
  'r1-zero-random': rl({ options: { rewardFn: randomReward } }),
  /** one plain line is paid, whatever it says */
  'r1-zero-format': rl({ settings: { rewards: { accuracy: 0, format: 1, language: 0 } } }), // prettier-ignore
};

export const languageStageNames = Object.keys(languageStages);

/** Returns the stage of that name. Throws a UserError for a name that is none. */
export function languageStageNamed(name: string): LanguageStage {
  const stage = Object.hasOwn(languageStages, name) ? languageStages[name] : undefined;
  if (stage) return stage;
  throw new UserError(`unknown stage ${name} of a language model: use ${languageStageNames.join(', ')}`); // prettier-ignore
}
