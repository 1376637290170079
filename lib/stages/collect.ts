/** Rejection sampling: many completions of training problems, of which only those without a fault are kept. */
import { progress } from '../core/progress';
import { createRandom } from '../core/random';
import type { Model } from '../model/parameters';
import type { Sampler } from '../sampling/sampler';
import { faults, firstFault, isHonestGiveUp, tidy, type Fault } from '../tasks/curate';
import { generate, promptIds, promptText, verify, type Problem } from '../tasks/index';
import { languages, type Language } from '../tokenizer/vocabulary';
import type { PlanEntry } from './settings';
import type { Trace } from './traces';

export interface CollectOptions {
  readonly seed: number;
  /** prompts of each task and level */
  readonly plan: readonly PlanEntry[];
  /** completions of each prompt */
  readonly samples: number;
  /** of each prompt at most so many different ones are kept */
  readonly perPrompt: number;
  readonly maxNewTokens: number;
  /** tidy every completion up before it is judged */
  readonly tidied: boolean;
  /** what keeps a completion out; null lets it in */
  readonly faultOf: (problem: Problem, completion: string, language: Language) => Fault | null;
}

/** Tidied up, and without a fault in the answer or on the way to it. */
export const cleanOnes = { tidied: true, faultOf: firstFault } as const;

/** As they come, the right ones: filtering as an advantage of 0 or 1. */
export const rightOnes: Pick<CollectOptions, 'tidied' | 'faultOf'> = {
  tidied: false,
  faultOf: (problem, completion) => (verify(problem, completion).correct ? null : 'wrong answer'),
};

/** As they come, all of them. */
export const allOnes: Pick<CollectOptions, 'tidied' | 'faultOf'> = {
  tidied: false,
  faultOf: () => null,
};

/** The three by name, for settings. */
export const filters = { clean: cleanOnes, right: rightOnes, all: allOnes };
export type FilterName = keyof typeof filters;

/** How many completions came in, how many each filter took out, how many were kept. */
export interface Counts {
  readonly sampled: number;
  readonly removed: Readonly<Record<Fault | 'duplicate', number>>;
  readonly kept: number;
}

export interface Collection {
  readonly traces: Trace[];
  /** honest ones among the wrong answers, at most one of each prompt */
  readonly giveUps: Trace[];
  readonly counts: Counts;
  /** tokens sampled, those of removed completions too */
  readonly tokens: number;
}

/** Prompts of one call of the sampler. */
const chunk = 64;

/** Samples and filters. The same options and weights give the same traces. */
export async function collectTraces(
  { parameters }: Model,
  sampler: Sampler,
  options: CollectOptions,
): Promise<Collection> {
  const { seed, plan, samples, perPrompt, maxNewTokens, tidied, faultOf } = options;
  const random = createRandom(seed, 'traces');
  const problems = plan.flatMap(({ task, level, prompts }) =>
    Array.from({ length: prompts }, () => generate(task, level, random, 'train')),
  );
  const languageAt = (i: number): Language => languages[i % languages.length]!;
  const removed = Object.fromEntries([...faults, 'duplicate'].map((f) => [f, 0])) as Record<
    Fault | 'duplicate',
    number
  >;
  const traces: Trace[] = [];
  const giveUps: Trace[] = [];
  let tokens = 0;
  const bar = progress('sampling traces', problems.length);
  for (let from = 0; from < problems.length; from += chunk) {
    const part = problems.slice(from, from + chunk);
    const prompts = part.map((problem, i) => promptIds(problem, languageAt(from + i)));
    const settings = { groupSize: samples, maxNewTokens, seed, step: from };
    const groups = await sampler.sample(parameters, prompts, settings);
    groups.forEach((group, i) => {
      const [problem, language] = [part[i]!, languageAt(from + i)];
      const kept = new Set<string>();
      const { task, level } = problem;
      const about = { task, level, language, prompt: promptText(problem, language) };
      let givenUp: string | null = null;
      for (const { text, completionIds } of group) {
        tokens += completionIds.length;
        const completion = tidied ? tidy(text, language) : text;
        const fault = faultOf(problem, completion, language);
        if (fault) removed[fault]++;
        if (fault === 'wrong answer' && isHonestGiveUp(problem, completion, language))
          givenUp ??= completion;
        if (fault) continue;
        if (kept.has(completion) || kept.size === perPrompt) removed.duplicate++;
        else kept.add(completion);
      }
      for (const completion of kept) traces.push({ kind: 'reasoning', ...about, completion });
      if (givenUp !== null) giveUps.push({ kind: 'give-up', ...about, completion: givenUp });
    });
    bar.update(from + part.length, `${traces.length} kept`);
  }
  bar.end();
  const counts = { sampled: problems.length * samples, removed, kept: traces.length };
  return { traces, giveUps, counts, tokens };
}
