/** Answers to general prompts, seen with the eyes of the simulated annotator. */
import type { Model, Parameters } from '../model/parameters';
import { preferenceProbability, utility } from '../rewards/annotator';
import type { Rollout, Sampler } from '../sampling/sampler';
import { languageConsistency } from '../tasks/diagnose';
import { mannerOf, type GeneralProblem } from '../tasks/general';
import { promptIds, verify } from '../tasks/index';
import { vocabulary } from '../tokenizer/vocabulary';
import { heldOutProblems } from './evaluate';
import { meanInterval, type Interval } from './metrics';

export interface GeneralEvaluation {
  /** held-out prompts, and completions of each */
  readonly n: number;
  readonly samples: number;
  /** mean liking, with its 95 % interval over prompts */
  readonly utility: number;
  readonly utilityInterval: Interval;
  readonly formatRate: number;
  readonly languageConsistency: number;
  /** answers that state facts, all of them true */
  readonly rightFacts: number;
  readonly greets: number;
  readonly thanks: number;
  readonly meanLength: number;
}

export interface EvaluatedGeneral {
  readonly evaluation: GeneralEvaluation;
  readonly rollouts: Rollout[][];
  /** liking of each completion */
  readonly utilities: number[][];
}

export async function evaluateGeneral(
  parameters: Parameters,
  sampler: Sampler,
  n: number,
  { samples = 8, seed = 0, maxNewTokens = 60 } = {},
): Promise<EvaluatedGeneral> {
  const { problems, languages } = heldOutProblems('general', 1, n);
  const prompts = problems.map((problem, i) => promptIds(problem, languages[i]!));
  const rollouts = await sampler.sample(parameters, prompts, {
    groupSize: samples,
    maxNewTokens,
    seed,
  });
  const judged = rollouts.map((group, i) =>
    group.map(({ text, completionIds }) => {
      const problem = problems[i]! as GeneralProblem;
      const { facts, rightFacts, greets, thanks } = mannerOf(problem, text);
      return {
        utility: utility(problem, text, languages[i]!),
        format: verify(problem, text).format,
        language: languageConsistency(text, languages[i]!),
        right: facts > 0 && rightFacts === facts,
        greets,
        thanks,
        length: completionIds.length,
      };
    }),
  );
  const mean = (value: (one: (typeof judged)[0][0]) => number): number =>
    meanInterval(judged.flat().map(value)).mean;
  const utilities = judged.map((group) => group.map((one) => one.utility));
  const liking = meanInterval(utilities.map((group) => meanInterval(group).mean));
  const evaluation = {
    n,
    samples,
    utility: liking.mean,
    utilityInterval: liking.interval,
    formatRate: mean((one) => Number(one.format)),
    languageConsistency: mean((one) => one.language),
    rightFacts: mean((one) => Number(one.right)),
    greets: mean((one) => Number(one.greets)),
    thanks: mean((one) => Number(one.thanks)),
    meanLength: mean((one) => one.length),
  };
  return { evaluation, rollouts, utilities };
}

/** The same for a model that knows the words of general prompts; empty for one that was never told of them, or is asked none. */
export async function generalOf(
  { config, parameters }: Model,
  sampler: Sampler,
  n: number,
  seed: number,
): Promise<{ general?: GeneralEvaluation }> {
  if (n === 0 || config.vocabSize < vocabulary.length) return {};
  return { general: (await evaluateGeneral(parameters, sampler, n, { seed })).evaluation };
}

/** How often the annotator prefers an answer of the first model to one of the second, over the same prompts. */
export function preferred(
  first: readonly (readonly number[])[],
  second: readonly (readonly number[])[],
): { mean: number; interval: Interval } {
  const perPrompt = first.map((group, i) => {
    const pairs = group.flatMap((a) => second[i]!.map((b) => preferenceProbability(a, b)));
    return meanInterval(pairs).mean;
  });
  return meanInterval(perPrompt);
}
