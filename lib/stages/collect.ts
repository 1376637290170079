/** Rejection sampling: many completions of training problems, of which only those without a fault are kept. */
import { progress } from '../core/progress';
import { createRandom } from '../core/random';
import type { Model } from '../model/parameters';
import type { Sampler } from '../sampling/sampler';
import { faults, firstFault, tidy, type Fault } from '../tasks/curate';
import { generate, promptIds, promptText } from '../tasks/index';
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
  /** tidy every completion up and keep those without a fault; false keeps every one, as a control */
  readonly curated: boolean;
}

/** How many completions came in, how many each filter took out, how many were kept. */
export interface Counts {
  readonly sampled: number;
  readonly removed: Readonly<Record<Fault | 'duplicate', number>>;
  readonly kept: number;
}

export interface Collection {
  readonly traces: Trace[];
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
  const { seed, plan, samples, perPrompt, maxNewTokens, curated } = options;
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
      for (const { text, completionIds } of group) {
        tokens += completionIds.length;
        const completion = curated ? tidy(text, language) : text;
        const fault = curated ? firstFault(problem, completion, language) : null;
        if (fault) removed[fault]++;
        else if (kept.has(completion) || kept.size === perPrompt) removed.duplicate++;
        else kept.add(completion);
      }
      const { task, level } = problem;
      const prompt = promptText(problem, language);
      for (const completion of kept)
        traces.push({ kind: 'reasoning', task, level, language, prompt, completion });
    });
    bar.update(from + part.length, `${traces.length} kept`);
  }
  bar.end();
  const counts = { sampled: problems.length * samples, removed, kept: traces.length };
  return { traces, counts, tokens };
}
