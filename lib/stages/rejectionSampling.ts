/**
 * Rejection sampling (DeepSeek-R1, section 3; v1, section 2.3.3): many completions of Dev2, of which only those without
 * a fault are kept; with honest give-ups and non-reasoning documents they make the data set that the **base** is
 * trained on next. The result is Dev3.
 */
import { createRandom, shuffle, type Random } from '../core/random';
import type { Model } from '../model/parameters';
import { defaultCap } from '../sampling/cap';
import { writeFacts } from '../tasks/facts';
import { generalHabits, generalPrompt, generateGeneral, writeGeneral } from '../tasks/general';
import { planOf } from '../tasks/plan';
import { decode } from '../tokenizer/tokenizer';
import { languageInTurn, tokenIds } from '../tokenizer/vocabulary';
import { allOnes, cleanOnes, collectTraces, type Counts } from './collect';
import { samplerFor } from './places';
import type { SamplingSettings } from './settings';
import type { Trace } from './traces';

export interface CurationSettings extends SamplingSettings {
  /** of each prompt at most so many different traces */
  readonly perPrompt: number;
  /** shares of the whole data set */
  readonly giveUpShare: number;
  readonly nonReasoningShare: number;
  /** where it is set, so many completions are taken at random, good or bad: the control */
  readonly randomTraces?: number;
}

export const defaultCuration: CurationSettings = {
  plan: planOf({ countdown: { 3: 400, 5: 400 }, programs: { 2: 500, 3: 100 }, units: { 0: 1000 } }),
  samples: 8,
  maxNewTokens: defaultCap,
  perPrompt: 3,
  giveUpShare: 0.07,
  nonReasoningShare: 0.25,
};

export interface CuratedSet {
  readonly traces: Trace[];
  /** what each filter took out */
  readonly counts: Counts;
  /** tokens sampled */
  readonly tokens: number;
}

/** Samples completions of Dev2, filters them, and mixes them with documents that need no reasoning. */
export async function curatedTraces(
  dev2: Model,
  seed: number,
  settings: CurationSettings = defaultCuration,
): Promise<CuratedSet> {
  const { plan, samples, maxNewTokens, perPrompt, giveUpShare, nonReasoningShare } = settings;
  const { randomTraces } = settings;
  const curated = randomTraces === undefined;
  const sampler = samplerFor(dev2.config);
  try {
    const options = { seed, plan, samples, maxNewTokens, ...(curated ? cleanOnes : allOnes) };
    const limit = { perPrompt: curated ? perPrompt : samples };
    const collected = await collectTraces(dev2, sampler, { ...options, ...limit });
    const random = createRandom(seed, 'curation');
    const reasoning = shuffle(collected.traces, random).slice(0, randomTraces);
    const whole = reasoning.length / (1 - giveUpShare - nonReasoningShare);
    const giveUps = shuffle(collected.giveUps, random).slice(0, Math.round(whole * giveUpShare));
    const others = nonReasoning(Math.round(whole * nonReasoningShare), random);
    const traces = [...reasoning, ...(curated ? giveUps : []), ...others];
    return { traces, counts: collected.counts, tokens: collected.tokens };
  } finally {
    sampler.dispose();
  }
}

/** Share of the non-reasoning documents that answer general prompts; the others are facts. */
const generalShare = 0.9;

/** Documents that were written by people of all kinds, in place of what the paper takes from DeepSeek-V3's data. */
function nonReasoning(count: number, random: Random): Trace[] {
  return Array.from({ length: count }, (_, i): Trace => {
    const language = languageInTurn(i);
    const completion: number[] = [];
    if (i >= count * generalShare) {
      writeFacts(completion, 0.35, random);
      completion.push(tokenIds.eos);
      return { kind: 'facts', task: 'facts', level: 0, language, prompt: '', completion: decode(completion) }; // prettier-ignore
    }
    const problem = generateGeneral(1, random, 'train');
    writeGeneral({ ids: completion, language, random }, problem, generalHabits);
    const prompt = decode(generalPrompt(problem, language));
    return { kind: 'general', task: 'general', level: 1, language, prompt, completion: decode(completion) }; // prettier-ignore
  });
}

/** Traces and tokens of each kind. */
export type MakeUp = Record<string, { traces: number; tokens: number }>;

/** How a data set is made up: traces and tokens of each kind. */
export function makeUp(traces: readonly Trace[]): MakeUp {
  const kinds = [...new Set(traces.map(({ kind }) => kind))];
  return Object.fromEntries(
    kinds.map((kind) => {
      const own = traces.filter((trace) => trace.kind === kind);
      const tokens = own.reduce((sum, { completion }) => sum + completion.split(' ').length, 0);
      return [kind, { traces: own.length, tokens }];
    }),
  );
}
