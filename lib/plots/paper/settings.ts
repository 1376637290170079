/** The figure of the hyper-parameters: the paper's beside ours, with the reason where they differ. */
import { thousands } from '../../core/format';
import { beside, type PaperFigure } from './frame';
import { type RecordedRun } from './ours';
import type { Published } from './published';
import { textTable } from './textTable';

/** The run of each stage. */
export interface ChainRuns {
  readonly zero: RecordedRun;
  readonly dev1: RecordedRun;
  readonly dev2: RecordedRun;
  readonly dev3: RecordedRun;
  readonly rewardModel: RecordedRun;
  readonly r1: RecordedRun;
}

/** The part of the settings in `run.json` that the figure shows. */
interface Config {
  readonly learningRate: number;
  readonly groupSize: number;
  readonly maxNewTokens: number;
  readonly steps: number;
  readonly plan: readonly { readonly prompts: number }[];
  readonly late: { readonly from: number };
  readonly grpo: {
    readonly klCoef: number;
    readonly clipEpsilonLow: number;
    readonly clipEpsilonHigh: number;
    readonly updatesPerBatch: number;
  };
  readonly rewards: {
    readonly accuracy: number;
    readonly format: number;
    readonly language: number;
  };
  readonly epochs: number;
  readonly tracesPerStep: number;
  readonly traces: number;
  readonly pairs: number;
  readonly pairsPerStep: number;
  readonly model: { readonly contextLength: number };
}

interface Setting {
  /** the stage and the setting in `hyperparameters.csv` */
  readonly of: readonly [stage: string, setting: string];
  readonly ours: (config: Config, run: RecordedRun) => string | number;
  readonly why: string;
}

const prompts = ({ plan }: Config): number => plan.reduce((sum, entry) => sum + entry.prompts, 0);
const rate = ({ learningRate }: Config): string => learningRate.toExponential();
const clip = ({ grpo }: Config): string =>
  grpo.clipEpsilonLow === grpo.clipEpsilonHigh
    ? String(grpo.clipEpsilonLow)
    : `${grpo.clipEpsilonLow} / ${grpo.clipEpsilonHigh}`;

const same = 'the same';
const smallRate = 'a small model learns from larger steps';
const shortCompletions = 'enough for our problems';
const enough = 'the curves flatten';

const settings: Readonly<Record<keyof ChainRuns, readonly Setting[]>> = {
  zero: [
    {
      of: ['R1-Zero', 'base model'],
      ours: (_, { weights }) => `${thousands(weights)} weights`,
      why: 'what two cores train in minutes',
    },
    { of: ['R1-Zero', 'learning rate'], ours: rate, why: smallRate },
    {
      of: ['R1-Zero', 'KL coefficient beta'],
      ours: ({ grpo }) => grpo.klCoef,
      why: 'a short run does not drift far; the divergence is measured all the same',
    },
    {
      of: ['R1-Zero', 'clip ratio epsilon'],
      ours: clip,
      why: 'the customary one, for want of theirs',
    },
    { of: ['R1-Zero', 'group size G'], ours: ({ groupSize }) => groupSize, why: same },
    { of: ['R1-Zero', 'questions per step'], ours: prompts, why: same },
    {
      of: ['R1-Zero', 'batch (samples per step)'],
      ours: (config) => prompts(config) * config.groupSize,
      why: same,
    },
    {
      of: ['R1-Zero', 'outputs per rollout'],
      ours: (config) =>
        `${prompts(config) * config.groupSize}, in ${config.grpo.updatesPerBatch} updates`,
      why: 'completions are learned from while they are fresh',
    },
    {
      of: ['R1-Zero', 'max output length before step 8.2k'],
      ours: ({ maxNewTokens }) => maxNewTokens,
      why: shortCompletions,
    },
    { of: ['R1-Zero', 'total steps'], ours: ({ steps }) => steps, why: enough },
    {
      of: ['R1-Zero', 'reference model refresh'],
      ours: ({ grpo }) => (grpo.klCoef === 0 ? 'none' : 'never'),
      why: 'without a KL term there is nothing to refresh',
    },
    {
      of: ['R1-Zero', 'reward'],
      ours: ({ rewards }) => `accuracy ${rewards.accuracy}, format ${rewards.format}`,
      why: 'the base knows the format already',
    },
  ],
  dev1: [
    {
      of: ['R1 Dev1 (cold-start SFT)', 'data'],
      ours: ({ traces }) => `${traces} traces`,
      why: 'one format, two languages: few examples show it',
    },
    { of: ['R1 Dev1/Dev3 SFT', 'epochs'], ours: ({ epochs }) => epochs, why: 'fewer examples' },
    { of: ['R1 Dev1/Dev3 SFT', 'learning rate'], ours: rate, why: smallRate },
    {
      of: ['R1 Dev1/Dev3 SFT', 'context / batch'],
      ours: ({ model, tracesPerStep }) => `${model.contextLength} / ${tracesPerStep}`,
      why: 'short traces, and few of them',
    },
  ],
  dev2: [
    {
      of: ['R1 stage-1 RL (Dev1->Dev2)', 'clip ratio epsilon'],
      ours: clip,
      why: 'with so large a ratio our runs would not be clipped at all',
    },
    {
      of: ['R1 stage-1 RL (Dev1->Dev2)', 'language-consistency reward'],
      ours: ({ rewards }) => `the same share, times ${rewards.language}`,
      why: 'the paper gives no weight',
    },
    {
      of: ['R1 stage-1 RL (Dev1->Dev2)', 'steps'],
      ours: ({ steps }) => steps,
      why: 'Dev1 starts far up already',
    },
  ],
  dev3: [
    {
      of: ['R1 SFT data', 'reasoning / non-reasoning'],
      ours: (_, { info }) => makeUpOf(info.result?.makeUp),
      why: 'about the same shares',
    },
  ],
  rewardModel: [
    {
      of: ['Helpful RM', 'data'],
      ours: ({ pairs }) => `${pairs} pairs`,
      why: 'a simulated annotator judges them; a person may in its place',
    },
    {
      of: ['Helpful RM', 'batch / lr / epochs / max len'],
      ours: (config) =>
        `${config.pairsPerStep} / ${rate(config)} / ${config.epochs} / ${config.model.contextLength}`,
      why: smallRate,
    },
  ],
  r1: [
    {
      of: ['R1 stage-2 RL (Dev3->R1)', 'steps'],
      ours: ({ steps, late }) =>
        `${steps}, general prompts and preference in the last ${steps - late.from}`,
      why: 'short for the same reason: a policy finds the holes of its reward model',
    },
  ],
};

/** Returns how many traces are reasoning, and how many are not: `3568 / 1312 traces`. */
function makeUpOf(makeUp: unknown): string {
  const kinds = Object.entries(makeUp as Record<string, { traces: number }>);
  const count = (isReasoning: boolean): number =>
    kinds
      .filter(([kind]) => (kind === 'reasoning' || kind === 'give-up') === isReasoning)
      .reduce((sum, [, { traces }]) => sum + traces, 0);
  return `${count(true)} / ${count(false)} traces`;
}

/** Draws our settings beside those that any version of the paper states. */
export function settingsFigure(
  published: Published<'hyperparameters'>,
  ours: ChainRuns,
): PaperFigure {
  const stages = Object.keys(settings) as (keyof ChainRuns)[];
  const rows = stages.flatMap((stage) =>
    settings[stage].map(({ of: [of, setting], ours: read, why }) => {
      const theirs = published.hyperparameters.find((row) => row.stage === of && row.setting === setting)!; // prettier-ignore
      const run = ours[stage];
      const value = read(run.info.config as unknown as Config, run);
      return [`${of}: ${setting}`, theirs.value, String(value), why];
    }),
  );
  return beside(
    {
      title: 'Settings, theirs and ours',
      caption:
        'The hyper-parameters that the paper states, those of the recorded runs, and why they differ. What the paper does not state is marked so.',
    },
    [
      textTable(
        {
          title: 'Published and ours',
          source: `hyperparameters of DeepSeek-R1 (v1, v2, Nature); ${ours.zero.name} to ${ours.r1.name}`,
          columns: [
            { title: 'setting', share: 0.29 },
            { title: 'published', share: 0.27 },
            { title: 'ours', share: 0.18 },
            { title: 'why', share: 0.26 },
          ],
        },
        rows,
      ),
    ],
  );
}
