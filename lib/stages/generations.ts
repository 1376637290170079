/**
 * The virtuous cycle: every generation samples solutions, keeps the good ones, and the **base** is trained on them anew
 * to become the next generation. It is rejection sampling (DeepSeek-R1, section 3) repeated, known as STaR (Zelikman et
 * al. 2022, arXiv:2203.14465) and expert iteration (Anthony, Tian and Barber 2017, arXiv:1705.08439).
 */
import { createRandom, shuffle } from '../core/random';
import type { Model } from '../model/parameters';
import { defaultCap } from '../sampling/cap';
import type { Sampler } from '../sampling/sampler';
import type { PlanEntry } from '../tasks/plan';
import { collectTraces, filters, type Counts, type FilterName } from './collect';
import { samplerFor } from './places';
import type { SamplingSettings } from './settings';
import type { Trace } from './traces';

/** Prompts of one task and level, and how many of the traces that they give are kept. */
export interface CycleEntry extends PlanEntry {
  readonly keep: number;
}

export interface CycleSettings extends SamplingSettings {
  readonly plan: readonly CycleEntry[];
  /** prompts of each level where the levels climb */
  readonly levelPrompts: number;
  /** of each prompt at most so many different traces */
  readonly perPrompt: number;
  /** which completions are good enough */
  readonly filter: FilterName;
  /** honest give-ups, as a share of the whole */
  readonly giveUpShare: number;
  /** true keeps every good trace, false as many in every generation; default false */
  readonly growing?: boolean;
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
  maxNewTokens: defaultCap,
  perPrompt: 2,
  filter: 'clean',
  giveUpShare: 0.07,
};

export interface GenerationSet {
  readonly traces: Trace[];
  readonly counts: Counts;
  /** tokens sampled */
  readonly tokens: number;
}

/** The generation to make. */
export interface GenerationOptions {
  /** 1 for the first */
  readonly generation: number;
  readonly seed: number;
  /** default: `defaultCycle` */
  readonly settings?: CycleSettings;
  /** default: one for the model, which is disposed in the end */
  readonly sampler?: Sampler;
}

/** Returns the traces that a generation learns from: solutions by the model of the generation before. */
export async function generationTraces(
  before: Model,
  {
    generation,
    seed,
    settings = defaultCycle,
    sampler = samplerFor(before.config),
  }: GenerationOptions,
): Promise<GenerationSet> {
  const { plan, samples, perPrompt, maxNewTokens, filter, giveUpShare, growing } = settings;
  try {
    // every generation meets problems of its own
    const options = { seed: 100 * generation + seed, plan, samples, perPrompt, maxNewTokens };
    const collected = await collectTraces(before, sampler, { ...options, ...filters[filter] });
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

/** Returns the settings with levels 1 to `generation` of countdown in place of the plan: a curriculum that climbs. */
export function climbed(settings: CycleSettings, generation: number): CycleSettings {
  const keep = defaultCycle.plan.reduce((sum, entry) => sum + entry.keep, 0) / generation;
  const plan = Array.from({ length: generation }, (_, i) => ({
    task: 'countdown',
    level: i + 1,
    prompts: Math.round(settings.levelPrompts * (4 / generation)),
    keep: Math.round(keep),
  }));
  return { ...settings, plan };
}
