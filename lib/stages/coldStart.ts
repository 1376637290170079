/**
 * The cold start (DeepSeek-R1, section 3; v1, section 2.3.1): a few hundred of R1-Zero's own right answers, brought
 * into a clean form, teach the **base** to reason readably before any reinforcement learning. The result is Dev1.
 */
import { createRandom } from '../core/random';
import type { Model } from '../model/parameters';
import { coldStartCompletion } from '../tasks/coldStart';
import { generate, promptText, taskNamed } from '../tasks/index';
import { languages } from '../tokenizer/vocabulary';
import { allOnes, cleanOnes, collectTraces, type Counts } from './collect';
import { samplerFor } from './places';
import type { PlanEntry } from './settings';
import type { Trace } from './traces';

export interface ColdStartSettings {
  readonly plan: readonly PlanEntry[];
  readonly samples: number;
  /** traces in all, those that give up included */
  readonly traces: number;
  /** share of traces, written by rule, that give up in good order: a model that never saw one searches without end */
  readonly giveUpShare: number;
  /** false takes R1-Zero's completions as they come: the control */
  readonly curated: boolean;
}

export const defaultColdStart: ColdStartSettings = {
  plan: [
    { task: 'countdown', level: 3, prompts: 80 },
    { task: 'countdown', level: 5, prompts: 80 },
    { task: 'programs', level: 2, prompts: 120 },
    { task: 'units', level: 0, prompts: 60 },
  ],
  samples: 8,
  traces: 400,
  giveUpShare: 0.1,
  curated: true,
};

/** The traces of the cold start from R1-Zero's rollouts: tidied, then only those without a fault, few of each prompt. */
export async function coldStartTraces(
  r1Zero: Model,
  seed: number,
  settings: ColdStartSettings = defaultColdStart,
): Promise<{ traces: Trace[]; counts: Counts; tokens: number }> {
  const { plan, samples, giveUpShare, curated } = settings;
  const sampler = samplerFor(r1Zero.config);
  try {
    const filter = curated ? cleanOnes : allOnes;
    const options = { seed, plan, samples, perPrompt: 2, maxNewTokens: 150, ...filter };
    const { traces, counts, tokens } = await collectTraces(r1Zero, sampler, options);
    const random = createRandom(seed, 'cold start');
    const searches = plan.filter(({ task }) => isSearched(task));
    const giveUps = searches.length > 0 ? Math.round(settings.traces * giveUpShare) : 0;
    // evenly over the prompts, so that each task keeps its share
    const wanted = Math.min(traces.length, settings.traces - giveUps);
    const chosen = Array.from(
      { length: wanted },
      (_, i) => traces[Math.floor((i * traces.length) / wanted)]!,
    );
    const given = Array.from({ length: giveUps }, (_, i): Trace => {
      const { task, level } = searches[i % searches.length]!;
      const language = languages[i % languages.length]!;
      const problem = generate(task, level, random, 'train');
      const prompt = promptText(problem, language);
      const completion = coldStartCompletion(problem, language, random, false);
      return { kind: 'give-up', task, level: problem.level, language, prompt, completion };
    });
    return { traces: [...chosen, ...given], counts, tokens };
  } finally {
    sampler.dispose();
  }
}

/** Whether an expert solves a task by trying, so that he may have to give up. */
function isSearched(task: string): boolean {
  const { wantedValue, writeExemplary } = taskNamed(task);
  return wantedValue !== undefined && writeExemplary !== undefined;
}
