/** The recipe: the stages in the paper's order, each skipped when it is done. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { disposeTree } from '../engine/tree';
import type { GateCheck } from '../evaluation/gate';
import type { Evaluation } from '../evaluation/score';
import { loadCheckpoint } from '../model/checkpoint';
import type { ModelSize } from '../model/config';
import type { Model } from '../model/parameters';
import { defaultRewardWeights, type RewardWeights } from '../rewards/combine';
import { readRunInfo, type RunInfo } from '../runs/run';
import { trainBase } from './base';
import { coldStartTraces, defaultColdStart, type ColdStartSettings } from './coldStart';
import type { CorpusName } from './corpora';
import { checkpointFolder, runFolder, stageName, type Place } from './places';
import {
  reasoningRewardWeights,
  type BaseSettings,
  type SftSettings,
  type ZeroSettings,
} from './settings';
import { trainSft } from './sft';
import { share, textTable } from './table';
import { traceFile, writeTraces } from './traces';
import { trainZero } from './zero';

export interface Preset {
  readonly size: ModelSize;
  readonly base: Partial<BaseSettings>;
  readonly zero: Partial<ZeroSettings>;
  readonly coldStart?: Partial<ColdStartSettings>;
  readonly sft?: Partial<SftSettings>;
  /** what differs from `zero` in the reasoning RL of Dev2 */
  readonly reasoningRL?: Partial<ZeroSettings>;
  /** measure the gate and train on while it fails */
  readonly gated: boolean;
}

/** `smoke` takes seconds and proves nothing; `quick` is a workshop's; `full` makes the recorded results. */
export const presets = {
  smoke: {
    size: 'tiny',
    base: { tokens: 20_000, warmUpSteps: 5 },
    zero: {
      steps: 2,
      groupSize: 4,
      maxNewTokens: 40,
      evaluateEvery: 2,
      evaluationProblems: 4,
      finalProblems: 8,
      plan: [
        { task: 'countdown', level: 3, prompts: 2 },
        { task: 'programs', level: 2, prompts: 1 },
        { task: 'units', level: 0, prompts: 1 },
      ],
    },
    coldStart: {
      plan: [{ task: 'countdown', level: 3, prompts: 2 }],
      samples: 2,
      traces: 20,
      giveUpShare: 1,
    },
    sft: { epochs: 1, finalProblems: 4, maxNewTokens: 40 },
    gated: false,
  },
  quick: { size: 'small', base: {}, zero: {}, reasoningRL: { steps: 60 }, gated: true },
  full: { size: 'base', base: {}, zero: { steps: 150 }, reasoningRL: { steps: 80 }, gated: true },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

export function presetNamed(name: string): Preset {
  const preset = presets[name as PresetName];
  if (!preset)
    throw new UserError(`unknown preset ${name}: use ${Object.keys(presets).join(', ')}`);
  return preset;
}

/** The stages that exist, in order. A control is a stage like the others, left out of the recipe unless asked for. */
export const stageNames = [
  'base',
  'r1-zero',
  'dev1',
  'dev2',
  'dev1-uncurated',
  'dev2-no-language',
  'base-no-search',
  'r1-zero-no-search',
  'base-weak-verdict',
  'r1-zero-weak-verdict',
] as const;
export type StageName = (typeof stageNames)[number];

/** The stages of the recipe proper. */
export const recipeStages: readonly StageName[] = ['base', 'r1-zero', 'dev1', 'dev2'];

/** What each stage needs: first the stage whose weights it starts from, then those whose rollouts it learns from. */
const needs: Readonly<Record<StageName, readonly StageName[]>> = {
  base: [],
  'r1-zero': ['base'],
  dev1: ['base', 'r1-zero'],
  dev2: ['dev1'],
  'dev1-uncurated': ['base', 'r1-zero'],
  'dev2-no-language': ['dev1'],
  'base-no-search': [],
  'r1-zero-no-search': ['base-no-search'],
  'base-weak-verdict': [],
  'r1-zero-weak-verdict': ['base-weak-verdict'],
};

export function stageNamed(name: string): StageName {
  if (!stageNames.includes(name as StageName))
    throw new UserError(`unknown stage ${name}: use ${stageNames.join(', ')}`);
  return name as StageName;
}

/** A stage that is due, with the models of the stages it needs. */
interface Job {
  readonly stage: StageName;
  readonly preset: Preset;
  readonly size: ModelSize;
  readonly seed: number;
  readonly place: Place;
  readonly fromName: string;
  readonly models: readonly Model[];
}
type Outcome = Promise<{ readonly info: RunInfo } | null>;

/** Pre-training on a corpus. Only the default one is held to the gate. */
const base =
  (corpus: CorpusName) =>
  ({ preset, ...job }: Job): Outcome => {
    const gated = preset.gated && corpus === 'default';
    return trainBase({ ...job, settings: { ...preset.base, corpus }, gated });
  };

const zero = ({ preset, models, ...job }: Job): Outcome =>
  trainZero({ ...job, from: models[0]!, settings: preset.zero });

/** Dev1: the base imitates R1-Zero's clean traces. */
const coldStart =
  (control: Partial<ColdStartSettings>) =>
  async (due: Job): Outcome => {
    const { preset, models, ...job } = due;
    const settings = { ...defaultColdStart, ...preset.coldStart, ...control };
    const { traces, counts } = await coldStartTraces(models[1]!, job.seed, settings);
    const name = stageName(job.size, job.stage, job.seed);
    writeTraces(traceFile(job.place, name), traces);
    const about = { counts };
    return trainSft({ ...job, from: models[0]!, traces, about, settings: preset.sft });
  };

/** Dev2: reinforcement learning with a reward for staying in one language. */
const reasoningRL =
  (rewards: RewardWeights) =>
  ({ preset, models, ...job }: Job): Outcome => {
    const settings = { ...preset.zero, ...preset.reasoningRL, rewards };
    return trainZero({ ...job, from: models[0]!, settings });
  };

const makers: Readonly<Record<StageName, (job: Job) => Outcome>> = {
  base: base('default'),
  'r1-zero': zero,
  dev1: coldStart({}),
  dev2: reasoningRL(reasoningRewardWeights),
  'dev1-uncurated': coldStart({ curated: false, giveUpShare: 0 }),
  'dev2-no-language': reasoningRL(defaultRewardWeights),
  'base-no-search': base('no-search'),
  'r1-zero-no-search': zero,
  'base-weak-verdict': base('weak-verdict'),
  'r1-zero-weak-verdict': zero,
};

/** Runs one stage and what it needs, unless they are done. Null when the person stopped it. */
export async function runStage(
  stage: StageName,
  preset: Preset,
  seed: number,
  place: Place,
): Promise<RunInfo | null> {
  const { size } = preset;
  const done = readRunInfo(runFolder(place, stageName(size, stage, seed)));
  if (done?.finished) return done;
  for (const before of needs[stage]) {
    const info = await runStage(before, preset, seed, place);
    if (!info) return null;
    if (preset.gated && before === 'base') refuseFailedGate(info, stageName(size, before, seed));
  }
  const names = needs[stage].map((before) => stageName(size, before, seed));
  const models = names.map((name) => loadStage(place, name));
  try {
    const job = { stage, preset, size, seed, place, fromName: names[0] ?? '', models };
    return (await makers[stage](job))?.info ?? null;
  } finally {
    disposeTree(models.map(({ parameters }) => parameters));
  }
}

/** Reinforcement learning on a base that failed its gate would only turn searching off: better to say so. */
function refuseFailedGate({ result }: RunInfo, name: string): void {
  const failed = ((result?.gate ?? []) as GateCheck[]).filter(({ passed }) => !passed);
  if (failed.length > 0)
    throw new UserError(
      `${name} did not pass its gate (${failed.map((c) => c.name).join('; ')}): remove it and use more --tokens or another --seed`,
    );
}

function loadStage(place: Place, name: string): Model {
  const folder = checkpointFolder(place, name);
  if (!fs.existsSync(path.join(folder, 'model.safetensors')))
    throw new UserError(
      `${folder} is missing though its run is finished: remove ${runFolder(place, name)}`,
    );
  return loadCheckpoint(folder);
}

/** One line of the stage table. */
export interface StageLine {
  readonly name: string;
  readonly info: RunInfo;
  readonly evaluations: readonly Evaluation[];
}

/** What is known of the finished stages among these names. */
export function stageLines(place: Place, names: readonly string[]): StageLine[] {
  return names.flatMap((name) => {
    const info = readRunInfo(runFolder(place, name));
    if (!info?.finished) return [];
    const evaluations = (info.result?.evaluations ?? []) as Evaluation[];
    return [{ name, info, evaluations }];
  });
}

/** The stage table as text: accuracy with its 95 % interval, length, waits and language per task. */
export function stageTable(lines: readonly StageLine[]): string {
  const rows = lines.flatMap(({ name, info, evaluations }) =>
    evaluations.map((e, i) => [
      i === 0 ? name : '',
      `${e.task}${e.level ? ` ${e.level}` : ''}`,
      `${share(e.passAt1)} [${e.passAt1Interval.map(share).join(', ')}]`,
      share(e.passAtK),
      share(e.consAtK),
      e.meanLength.toFixed(0),
      e.waits.toFixed(2),
      share(e.formatRate),
      share(e.languageConsistency),
      share(e.traceArithmetic),
      share(e.verdictAccuracy),
      String(e.n),
      i === 0 ? info.seconds.toFixed(0) : '',
      i === 0 ? (info.tokens / 1e6).toFixed(1) + 'M' : '',
    ]),
  );
  const head = [
    'stage',
    'task',
    'pass@1',
    'pass@8',
    'cons@8',
    'length',
    'waits',
    'format',
    'language',
  ].concat(['arithmetic', 'verdicts', 'n', 'seconds', 'tokens']);
  return textTable(head, rows, 2);
}
