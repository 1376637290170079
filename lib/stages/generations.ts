/**
 * The virtuous cycle: every generation samples solutions, keeps the good ones, and the **base** is trained on them anew
 * to become the next generation. It is rejection sampling (DeepSeek-R1, section 3) repeated, known as STaR (Zelikman et
 * al. 2022, arXiv:2203.14465) and expert iteration (Anthony, Tian and Barber 2017, arXiv:1705.08439).
 */
import { createRandom, shuffle } from '../core/random';
import type { EvaluationSpec } from '../evaluation/evaluate';
import type { Model } from '../model/parameters';
import type { Sampler } from '../sampling/sampler';
import { collectTraces, filters, type Counts, type FilterName } from './collect';
import { samplerFor } from './places';
import { makeUp } from './rejectionSampling';
import { sftSettings, type PlanEntry } from './settings';
import { trainSft } from './sft';
import type { Stage } from '../recipe/stage';
import type { Trace } from './traces';
import { trainRL } from './rl';

/** Prompts of one task and level, and how many of the traces that they give are kept. */
export interface CycleEntry extends PlanEntry {
  readonly keep: number;
}

export interface CycleSettings {
  readonly plan: readonly CycleEntry[];
  /** prompts of each level where the levels climb */
  readonly levelPrompts: number;
  readonly samples: number;
  readonly perPrompt: number;
  /** which completions are good enough */
  readonly filter: FilterName;
  /** honest give-ups, as a share of the whole */
  readonly giveUpShare: number;
}

export const defaultCycle: CycleSettings = {
  plan: [
    { task: 'countdown', level: 3, prompts: 700, keep: 600 },
    { task: 'countdown', level: 5, prompts: 1200, keep: 500 },
    { task: 'programs', level: 2, prompts: 1000, keep: 600 },
    { task: 'units', level: 0, prompts: 300, keep: 300 },
  ],
  levelPrompts: 600,
  samples: 8,
  perPrompt: 2,
  filter: 'clean',
  giveUpShare: 0.07,
};

/** What differs between the arms of the experiment. */
interface CycleArm extends Partial<CycleSettings> {
  /** keep as many traces in every generation, or all that are good */
  readonly growing?: boolean;
  /** generation g learns from countdown's levels up to g alone */
  readonly climbing?: boolean;
}

export interface GenerationSet {
  readonly traces: Trace[];
  readonly counts: Counts;
  /** tokens sampled */
  readonly tokens: number;
}

/** What generation `generation` learns from: solutions by the one before. */
export async function generationTraces(
  before: Model,
  generation: number,
  seed: number,
  settings: CycleSettings = defaultCycle,
  growing = false,
  sampler: Sampler = samplerFor(before.config),
): Promise<GenerationSet> {
  const { plan, samples, perPrompt, filter, giveUpShare } = settings;
  try {
    // every generation meets problems of its own
    const options = { seed: 100 * generation + seed, samples, perPrompt, maxNewTokens: 150 };
    const collected = await collectTraces(before, sampler, {
      ...options,
      ...filters[filter],
      plan,
    });
    const random = createRandom(seed, 'generation', generation);
    const reasoning = plan.flatMap(({ task, level, keep }) => {
      const own = collected.traces.filter(
        (t) => t.task === task && (level === 0 || t.level === level),
      );
      return growing ? own : shuffle(own, random).slice(0, keep);
    });
    const wanted = Math.round((reasoning.length * giveUpShare) / (1 - giveUpShare));
    const giveUps = shuffle(collected.giveUps, random).slice(0, wanted);
    const { counts, tokens } = collected;
    return { traces: [...reasoning, ...giveUps], counts, tokens };
  } finally {
    sampler.dispose();
  }
}

/** Levels 1 to `generation` of countdown, in place of the plan. */
function climbed(settings: CycleSettings, generation: number): CycleSettings {
  const keep = defaultCycle.plan.reduce((sum, entry) => sum + entry.keep, 0) / generation;
  const plan = Array.from({ length: generation }, (_, i) => ({
    task: 'countdown' as const,
    level: i + 1,
    prompts: Math.round(settings.levelPrompts * (4 / generation)),
    keep: Math.round(keep),
  }));
  return { ...settings, plan };
}

/** Level 6 has five numbers, and no generation ever learns from it. */
const levelSix: EvaluationSpec = { task: 'countdown', level: 6 };

const generation = <Before extends string>(
  number: number,
  before: Before,
  arm: CycleArm = {},
): Stage<'base' | Before> => ({
  needs: ['base', before],
  make: async ({ preset, models, ...job }) => {
    const { growing, climbing, ...changed } = arm;
    const plain = { ...defaultCycle, ...changed, ...preset.cycle };
    const settings = climbing ? climbed(plain, number) : plain;
    const { traces, counts, tokens } = await generationTraces(models[1]!, number, job.seed, settings, growing); // prettier-ignore
    const about = { generation: number, counts, sampledTokens: tokens, makeUp: makeUp(traces) };
    const evaluated = [...sftSettings(job.size).evaluated, levelSix];
    const sft = { ...preset.sft, finalGeneralPrompts: 0, evaluated };
    return trainSft({ ...job, from: models[0]!, traces, about, settings: sft });
  },
});

/** A little reinforcement learning between two generations. */
const sharpened = <Before extends string>(before: Before): Stage<Before> => ({
  needs: [before],
  make: ({ preset, models, ...job }) => {
    const evaluated = [...sftSettings(job.size).evaluated, levelSix];
    const settings = { ...preset.rl, steps: 25, evaluateEvery: 1000, ...preset.comparison, evaluated }; // prettier-ignore
    return trainRL({ ...job, from: models[0]!, settings });
  },
});

/** Four generations, each with as many traces as the others. */
export const generations = {
  gen1: generation(1, 'base'),
  gen2: generation(2, 'gen1'),
  gen3: generation(3, 'gen2'),
  gen4: generation(4, 'gen3'),
} as const satisfies Record<string, Stage>;

const growing = { growing: true };
/** The answer has to be right, whatever the way to it. */
const rightOnly: CycleArm = { filter: 'right', giveUpShare: 0 };
const climbing = { climbing: true };

/** The same with one thing changed. */
export const generationArms = {
  'gen1-unfiltered': generation(1, 'base', { filter: 'all', giveUpShare: 0 }),
  'gen1-growing': generation(1, 'base', growing),
  'gen2-growing': generation(2, 'gen1-growing', growing),
  'gen3-growing': generation(3, 'gen2-growing', growing),
  'gen4-growing': generation(4, 'gen3-growing', growing),
  'gen1-right': generation(1, 'base', rightOnly),
  'gen2-right': generation(2, 'gen1-right', rightOnly),
  'gen3-right': generation(3, 'gen2-right', rightOnly),
  'gen4-right': generation(4, 'gen3-right', rightOnly),
  'gen1-climbing': generation(1, 'base', climbing),
  'gen2-climbing': generation(2, 'gen1-climbing', climbing),
  'gen3-climbing': generation(3, 'gen2-climbing', climbing),
  'gen4-climbing': generation(4, 'gen3-climbing', climbing),
  'gen1-rl': sharpened('gen1'),
  'gen2-rl-sft': generation(2, 'gen1-rl'),
  'gen2-rl': sharpened('gen2-rl-sft'),
  'gen3-rl-sft': generation(3, 'gen2-rl'),
  'gen3-rl': sharpened('gen3-rl-sft'),
  'gen4-rl-sft': generation(4, 'gen3-rl'),
  'gen4-rl': sharpened('gen4-rl-sft'),
} as const satisfies Record<string, Stage>;
