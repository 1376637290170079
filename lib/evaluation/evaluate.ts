import { progress } from '../core/progress';
import { createRandom } from '../core/random';
import type { Parameters } from '../model/parameters';
import { defaultCap } from '../sampling/cap';
import type { Rollout, Sampler } from '../sampling/sampler';
import { generate, languageFor, promptIds, type Problem } from '../tasks/index';
import type { Language } from '../tokenizer/vocabulary';
import { score, type Evaluation } from './score';
import { setName } from './setName';

/** Held-out problems with the language each is asked in. */
export interface ProblemSet {
  readonly task: string;
  readonly level: number;
  readonly problems: readonly Problem[];
  readonly languages: readonly Language[];
  /** where all are asked in one */
  readonly language?: Language;
}

/** What to evaluate: a task, one of its levels, and perhaps one language instead of both in turn. */
export interface EvaluationSpec {
  readonly task: string;
  readonly level: number;
  readonly language?: Language;
}

/**
 * `n` held-out problems of one level, asked in turn in both languages. The same seed gives the same problems, and a
 * smaller set is the beginning of a larger one.
 */
export function heldOutProblems(task: string, level: number, n: number, seed = 5): ProblemSet {
  const random = createRandom(seed, 'held-out', task, level);
  const problems = Array.from({ length: n }, () => generate(task, level, random, 'held-out'));
  return { task, level, problems, languages: problems.map(languageFor) };
}

/** The same as a specification says. */
export function problemsOf({ task, level, language }: EvaluationSpec, n: number): ProblemSet {
  const set = heldOutProblems(task, level, n);
  return language ? { ...set, language, languages: set.languages.map(() => language) } : set;
}

export interface EvaluateOptions {
  /** completions per problem, default 8 */
  samples?: number;
  /** default `defaultCap` */
  maxNewTokens?: number;
  /** default 1 */
  temperature?: number;
  /** of the sampling; default 0 */
  seed?: number;
  /** gets the share done, 0 to 1; by default a progress line shows it when it takes longer than two seconds */
  onProgress?: (share: number) => void;
}

/** Problems sampled between two reports of progress. */
const problemsAtOnce = 128;

export interface Evaluated {
  readonly evaluation: Evaluation;
  /** the completions of each problem */
  readonly rollouts: Rollout[][];
}

/** Samples completions of held-out problems and scores them. */
export async function evaluate(
  parameters: Parameters,
  sampler: Sampler,
  { problems, languages, task, level, language }: ProblemSet,
  options: EvaluateOptions = {},
): Promise<Evaluated> {
  const { samples = 8, maxNewTokens = defaultCap, temperature = 1, seed = 0 } = options;
  const prompts = problems.map((problem, i) =>
    promptIds(problem, languages[i]!, sampler.tokenizer),
  );
  const bar = progress(`evaluating ${setName({ task, level })}`, 1, { quietSeconds: 2 });
  const report = options.onProgress ?? ((share: number) => bar.update(share));
  const rollouts: Rollout[][] = [];
  for (let firstPrompt = 0; firstPrompt < prompts.length; firstPrompt += problemsAtOnce) {
    const part = prompts.slice(firstPrompt, firstPrompt + problemsAtOnce);
    const sampling = { groupSize: samples, maxNewTokens, temperature, seed, firstPrompt };
    rollouts.push(...(await sampler.sample(parameters, part, sampling)));
    report(rollouts.length / prompts.length);
  }
  bar.end();
  const texts = rollouts.map((group) => group.map(({ text }) => text));
  const asked = language ? { language } : {};
  const lengths = rollouts.map((group) => group.map((r) => r.completionIds.length));
  const scored = score(problems, texts, languages, lengths);
  return { evaluation: { ...scored, level, ...asked }, rollouts };
}

/** The same for several sets of problems, one after another. */
export async function evaluateEach(
  parameters: Parameters,
  sampler: Sampler,
  sets: readonly ProblemSet[],
  options: EvaluateOptions = {},
): Promise<Evaluated[]> {
  const all: Evaluated[] = [];
  for (const set of sets) all.push(await evaluate(parameters, sampler, set, options));
  return all;
}
