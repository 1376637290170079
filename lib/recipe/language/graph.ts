/** The recipe on a language model: the stages of R1, each with adapters beside the weights of the start model. */
import { UserError } from '../../core/errors';
import type { Model } from '../../model/parameters';
import { someLayers } from '../../model/someLayers';
import { aboutReward, randomReward } from '../../rewards/messy';
import { visibleReward } from '../../rewards/reward';
import { readRunInfo } from '../../runs/run';
import {
  ownTraces,
  solutionTraces,
  unsolvedTask,
  type OwnTracesSettings,
} from '../../stages/language/languageTraces';
import { runFolder, stageName } from '../../stages/places';
import { trainRL, type RLOptions } from '../../stages/rl';
import { trainSft } from '../../stages/sft';
import { settingsFrom, type RLSettings, type SftSettings } from '../../stages/settings';
import { traceFile, writeTraces } from '../../stages/traces';
import { languageRLSettings, languageSftSettings } from '../../stages/language/settings';
import type { PlanEntry } from '../../tasks/plan';
import { likelihoodJudge } from '../../stages/language/likelihoodJudge';
import { callerOf, type CallerSettings, type StageKind } from '../kinds';
import { nameOf, type Job, type Outcome, type StageSettings } from '../stage';
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
  /** the only task that it can be made on; without it any */
  readonly task?: string;
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
  /** the task that the reward is for; default: any */
  readonly task?: string;
}

const rl = (difference: Difference = {}): LanguageStage<{ run: RLSettings }> => ({
  kind: 'RL',
  needs: difference.from === undefined ? [] : [difference.from],
  task: difference.task,
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

/** A fine-tuning of the start model, measured as reinforcement learning on the same course is. */
function sftSettings({ course: { rl } }: LanguageAsked): SftSettings {
  const { evaluated, finalProblems, evaluationSamples, maxNewTokens, batches } =
    languageRLSettings(rl);
  return languageSftSettings({
    evaluated,
    finalProblems,
    evaluationSamples,
    maxNewTokens,
    batches,
  });
}

/** The plan with so many times as many prompts. */
const times = (plan: readonly PlanEntry[], factor: number): PlanEntry[] =>
  plan.map((entry) => ({ ...entry, prompts: factor * entry.prompts }));

/** Dev1: the start model imitates solutions that a rule has written. */
const coldStart: LanguageStage<{ run: SftSettings; data: { plan: readonly PlanEntry[] } }> = {
  kind: 'SFT',
  needs: [],
  settings: (asked) => {
    const { plan } = asked.course;
    const unsolved = unsolvedTask(plan);
    if (unsolved !== undefined)
      throw new UserError(`${unsolved} has no written solutions for a cold start: use sums`);
    return { run: sftSettings(asked), data: { plan: times(plan, 50) } };
  },
  make({ start, ...job }, { run, data }) {
    const traces = solutionTraces(data.plan, job.seed);
    writeTraces(traceFile(job.place, nameOf(job)), traces);
    return trainSft({ ...job, from: start, traces, settings: run });
  },
};

/** Settings of a stage that imitates completions of Dev2, and of how these are chosen. */
export interface OwnSettings {
  readonly run: SftSettings;
  readonly data: OwnTracesSettings;
}

/** Dev3: the start model once more, on what Dev2 says rightly. */
const rejectionSampling: LanguageStage<OwnSettings> = {
  kind: 'SFT',
  needs: ['dev2'],
  settings: (asked) => {
    const run = sftSettings(asked);
    const plan = times(asked.course.plan, 25);
    const { maxNewTokens } = run;
    return {
      run,
      data: { plan, samples: 8, maxNewTokens, perPrompt: 2, traces: 300, right: true },
    };
  },
  make: (job, settings) => ownSft(job, settings, job.start),
};

/** As many completions of Dev2 as Dev3 learned from, right or wrong. */
const randomControl: LanguageStage<OwnSettings> = {
  ...rejectionSampling,
  needs: ['dev2', 'dev3'],
  make: (job, { run, data }) => {
    const dev3 = readRunInfo(runFolder(job.place, stageName(job.size, 'dev3', job.seed)));
    const { traces } = dev3!.config as { traces: number };
    return ownSft(job, { run, data: { ...data, traces, right: false } }, job.start);
  },
};

/** Trains a model, with adapters beside its weights, on what the first of the stage's models says. */
async function ownSft(
  { models, ...job }: LanguageJob,
  { run, data }: OwnSettings,
  from: Model,
): Outcome {
  const { traces, counts, tokens } = await ownTraces(models[0]!, job.seed, data);
  writeTraces(traceFile(job.place, nameOf(job)), traces);
  const about = { counts, sampledTokens: tokens };
  return trainSft({ ...job, from, fromName: job.size, traces, about, settings: run });
}

/** The blocks of the start model that a student has: two in three, without those before the last ones. */
const studentBlocks = (numLayers: number): [number, number][] => {
  const kept = Math.ceil((2 * numLayers) / 3);
  return [
    [0, kept - 2],
    [numLayers - 2, numLayers],
  ];
};

/** A student of fewer blocks imitates what Dev2 says rightly. */
const distilled: LanguageStage<OwnSettings> = {
  ...rejectionSampling,
  make(job, { run, data }) {
    const layers = studentBlocks(job.start.config.numLayers);
    const settings = { ...run, lora: { ...run.lora!, layers } };
    return ownSft(job, { run: settings, data }, someLayers(job.start, layers));
  },
};

export const languageStages: Readonly<Record<string, LanguageStage>> = {
  'r1-zero': rl(),
  dev1: coldStart,
  dev2: rl({ from: 'dev1' }),
  dev3: rejectionSampling,
  'dev3-random': randomControl,
  distilled,
  /** paid for the last number, marked or not */
  'r1-zero-loose': rl({ options: { rewardFn: visibleReward } }),
  /** a second reward for what the start model finds likely */
  'r1-zero-likely': rl({ likely: true, settings: { rewards: { accuracy: 1, format: 0, language: 0, preference: 0.3 } } }), // prettier-ignore
  /** paid only for sentences about their subject */
  'r1-zero-about': rl({ task: 'words', options: { rewardFn: aboutReward } }),
  /** half of all completions are paid, whatever they say */
  'r1-zero-random': rl({ options: { rewardFn: randomReward } }),
  /** one plain line is paid, whatever it says */
  'r1-zero-format': rl({ settings: { rewards: { accuracy: 0, format: 1, language: 0 } } }),
};

export const languageStageNames = Object.keys(languageStages);

/** Returns the stage of that name. Throws a UserError for a name that is none. */
export function languageStageNamed(name: string): LanguageStage {
  const stage = Object.hasOwn(languageStages, name) ? languageStages[name] : undefined;
  if (stage) return stage;
  throw new UserError(`unknown stage ${name} of a language model: use ${languageStageNames.join(', ')}`); // prettier-ignore
}

/** Whether a stage is for what a course asks. */
export const isForCourse = ({ task }: LanguageStage, { plan }: Course): boolean =>
  task === undefined || plan.every((entry) => entry.task === task);

/** The stages that can be made on a course: without written solutions, none that follows a cold start. */
export function languageStagesOf(course: Course): readonly string[] {
  const { plan } = course;
  const needsColdStart = (name: string): boolean =>
    name === 'dev1' || languageStages[name]!.needs.some(needsColdStart);
  const hasColdStart = unsolvedTask(plan) === undefined;
  return languageStageNames.filter(
    (name) => isForCourse(languageStages[name]!, course) && (hasColdStart || !needsColdStart(name)),
  );
}
