/** Rejection sampling: many completions of training problems, of which only those without a fault are kept. */
import { progress } from '../core/progress';
import { createRandom } from '../core/random';
import type { Model } from '../model/parameters';
import type { Rollout, Sampler } from '../sampling/sampler';
import { faults, firstFault, isHonestGiveUp, tidy, type Fault } from '../tasks/curate';
import { languageFor, promptIds, promptText, verify, type Problem } from '../tasks/index';
import { problemsOfPlan } from '../tasks/plan';
import type { Language } from '../tokenizer/vocabulary';
import type { SamplingSettings } from './settings';
import type { Trace } from './traces';

export interface CollectOptions extends SamplingSettings {
  readonly seed: number;
  /** of each prompt at most so many different ones are kept */
  readonly perPrompt: number;
  /** tidy every completion up before it is judged */
  readonly tidied: boolean;
  /** what keeps a completion out; null lets it in */
  readonly faultOf: (problem: Problem, completion: string, language: Language) => Fault | null;
}

/** Completions that are tidied up, and then have no fault in the answer or on the way to it. */
export const cleanOnes = { tidied: true, faultOf: firstFault } as const;

/** The right ones as they come. Imitating them is like reinforcement with an advantage of 0 or 1. */
export const rightOnes: Pick<CollectOptions, 'tidied' | 'faultOf'> = {
  tidied: false,
  faultOf: (problem, completion) => (verify(problem, completion).correct ? null : 'wrong answer'),
};

/** All completions as they come. */
export const allOnes: Pick<CollectOptions, 'tidied' | 'faultOf'> = {
  tidied: false,
  faultOf: () => null,
};

/** The filters by the names that settings have for them. */
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

/**
 * Samples completions of training problems, the languages in turn, and filters them. Equal options and weights give equal
 * traces. Throws a UserError for a plan with an unknown task or level.
 */
export async function collectTraces(
  { parameters }: Model,
  sampler: Sampler,
  options: CollectOptions,
): Promise<Collection> {
  const { seed, plan, samples, maxNewTokens } = options;
  const problems = problemsOfPlan(plan, createRandom(seed, 'traces'));
  const removed = Object.fromEntries([...faults, 'duplicate'].map((f) => [f, 0])) as Removed;
  const traces: Trace[] = [];
  const giveUps: Trace[] = [];
  let tokens = 0;
  const bar = progress('sampling traces', problems.length);
  for (let from = 0; from < problems.length; from += chunk) {
    const questions = problems
      .slice(from, from + chunk)
      .map((problem, i) => ({ problem, language: languageFor(problem, from + i) }));
    const prompts = questions.map(({ problem, language }) =>
      promptIds(problem, language, sampler.tokenizer),
    );
    const settings = { groupSize: samples, maxNewTokens, seed, step: from };
    const groups = await sampler.sample(parameters, prompts, settings);
    for (const [i, group] of groups.entries()) {
      const own = filtered(questions[i]!, group, options, removed);
      traces.push(...own.traces);
      giveUps.push(...own.giveUps);
      tokens += group.reduce((sum, { completionIds }) => sum + completionIds.length, 0);
    }
    bar.update(from + questions.length, `${traces.length} kept`);
  }
  bar.end();
  const counts = { sampled: problems.length * samples, removed, kept: traces.length };
  return { traces, giveUps, counts, tokens };
}

/** How many completions each filter has taken out so far. */
type Removed = Record<Fault | 'duplicate', number>;

/** Filters the completions of one prompt, and counts in `removed` what it takes out. */
function filtered(
  { problem, language }: { problem: Problem; language: Language },
  group: readonly Rollout[],
  { perPrompt, tidied, faultOf }: CollectOptions,
  removed: Removed,
): Pick<Collection, 'traces' | 'giveUps'> {
  const kept = new Set<string>();
  let givenUp: string | null = null;
  for (const { text } of group) {
    const completion = tidied ? tidy(text, language) : text;
    const fault = faultOf(problem, completion, language);
    if (fault) removed[fault]++;
    if (fault === 'wrong answer' && isHonestGiveUp(problem, completion, language))
      givenUp ??= completion;
    if (fault) continue;
    if (kept.has(completion) || kept.size === perPrompt) removed.duplicate++;
    else kept.add(completion);
  }
  const { task, level } = problem;
  const about = { task, level, language, prompt: promptText(problem, language) };
  return {
    traces: [...kept].map((completion) => ({ kind: 'reasoning', ...about, completion })),
    giveUps: givenUp === null ? [] : [{ kind: 'give-up', ...about, completion: givenUp }],
  };
}
