/**
 * The cold start (DeepSeek-R1, section 3; v1, section 2.3.1): a few hundred of R1-Zero's own right answers, brought
 * into a clean form, teach the **base** to reason readably before any reinforcement learning. The result is Dev1.
 */
import { createRandom, type Random } from '../core/random';
import type { Model } from '../model/parameters';
import { defaultCap } from '../sampling/cap';
import { coldStartCompletion } from '../tasks/coldStart';
import { generate, inVocabulary, promptText, taskNamed } from '../tasks/index';
import { planOf } from '../tasks/plan';
import { languageInTurn } from '../tokenizer/vocabulary';
import { allOnes, cleanOnes, collectTraces, type Counts } from './collect';
import { samplerFor } from './places';
import type { SamplingSettings } from './settings';
import type { Trace } from './traces';

export interface ColdStartSettings extends SamplingSettings {
  /** traces in all, those that give up included */
  readonly traces: number;
  /** share of traces, written by rule, that give up in good order: a model that never saw one searches without end */
  readonly giveUpShare: number;
  /** false takes R1-Zero's completions as they come, and writes none that gives up: the control */
  readonly curated: boolean;
}

export const defaultColdStart: ColdStartSettings = {
  plan: planOf({ countdown: { 3: 80, 5: 80 }, programs: { 2: 120 }, units: { 0: 60 } }),
  samples: 8,
  maxNewTokens: defaultCap,
  traces: 400,
  giveUpShare: 0.1,
  curated: true,
};

/** Different traces of one prompt at most. */
const perPrompt = 2;

/** The traces of the cold start from R1-Zero's rollouts: tidied, then only those without a fault, few of each prompt. */
export async function coldStartTraces(
  r1Zero: Model,
  seed: number,
  settings: ColdStartSettings = defaultColdStart,
): Promise<{ traces: Trace[]; counts: Counts; tokens: number }> {
  const { plan, samples, maxNewTokens, curated } = settings;
  const sampler = samplerFor(r1Zero.config);
  try {
    const filter = curated ? cleanOnes : allOnes;
    const options = { seed, plan, samples, perPrompt, maxNewTokens, ...filter };
    const { traces, counts, tokens } = await collectTraces(r1Zero, sampler, options);
    const giveUps = curated ? writtenGiveUps(settings, createRandom(seed, 'cold start')) : [];
    const wanted = Math.min(traces.length, settings.traces - giveUps.length);
    return { traces: [...evenly(traces, wanted), ...giveUps], counts, tokens };
  } finally {
    sampler.dispose();
  }
}

/** Takes `wanted` traces at equal distances, so that each task keeps its share. */
const evenly = (traces: readonly Trace[], wanted: number): Trace[] =>
  Array.from({ length: wanted }, (_, i) => traces[Math.floor((i * traces.length) / wanted)]!);

/** Traces written by rule that search and give up in good order: the share of all that the settings ask for. */
function writtenGiveUps({ plan, traces, giveUpShare }: ColdStartSettings, random: Random): Trace[] {
  const searches = plan.filter(({ task }) => isSearched(task));
  const count = searches.length > 0 ? Math.round(traces * giveUpShare) : 0;
  return Array.from({ length: count }, (_, i): Trace => {
    const { task, level } = searches[i % searches.length]!;
    const language = languageInTurn(i);
    const problem = generate(task, level, random, 'train');
    const prompt = promptText(problem, language);
    const completion = coldStartCompletion(problem, language, random, false);
    return { kind: 'give-up', task, level: problem.level, language, prompt, completion };
  });
}

/** Whether an expert solves a task by trying, so that he may have to give up. */
function isSearched(task: string): boolean {
  const { wantedValue, writeExemplary } = inVocabulary(taskNamed(task));
  return wantedValue !== undefined && writeExemplary !== undefined;
}
