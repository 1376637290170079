/** Thinking for longer than a model wants to: where it would end its train of thought, `wait` is written instead. */
import type { Model } from '../model/parameters';
import type { Rollout, Sampler, SamplingOptions } from '../sampling/sampler';
import { decode } from '../tokenizer/tokenizer';
import { tokenIds, wordIds, type Language } from '../tokenizer/vocabulary';

export interface WaitOptions extends SamplingOptions {
  /** how often the end of a train of thought becomes a `wait`; 0: never */
  readonly waits: number;
  /** the language of the `wait` */
  readonly language: Language;
}

/**
 * Samples a group of completions of one prompt, of `maxNewTokens` at most. The first `waits` times that a train of thought
 * ends, `wait` takes the place of `</think>`, and the model goes on from there (budget forcing, Muennighoff et al. 2025,
 * arXiv:2501.19393). A token that was written for it counts as certain: its log-probability and its entropy are 0.
 */
export async function sampleWithWaits(
  { parameters }: Model,
  sampler: Sampler,
  prompt: readonly number[],
  { waits, language, ...sampling }: WaitOptions,
): Promise<Rollout[]> {
  const { maxNewTokens, step = 0, firstSample = 0 } = sampling;
  const [group] = await sampler.sample(parameters, [prompt], sampling);
  const longer = async (rollout: Rollout, sample: number): Promise<Rollout> => {
    let now = rollout;
    for (let wait = 1; wait <= waits; wait++) {
      const end = now.completionIds.indexOf(tokenIds.endThink);
      if (end < 0 || end >= maxNewTokens - 1) break;
      const start = withWait(now, end, wordIds[language].wait);
      const rest = { groupSize: 1, maxNewTokens: maxNewTokens - end - 1, step: step + wait };
      const [[added]] = (await sampler.sample(parameters, [[...prompt, ...start.completionIds]], {
        ...sampling,
        ...rest,
        firstSample: firstSample + sample,
      })) as [[Rollout]];
      now = joined(start, added);
    }
    return now;
  };
  const rollouts: Rollout[] = [];
  for (const [sample, rollout] of group!.entries()) rollouts.push(await longer(rollout, sample));
  return rollouts;
}

/** What of a completion is drawn from the model, or written for it. */
type Drawn = Pick<Rollout, 'completionIds' | 'logprobs' | 'entropies'>;

/** The completion up to the end of its train of thought, with a `wait` in the place of that. */
const withWait = (
  { completionIds, logprobs, entropies }: Rollout,
  end: number,
  wait: number,
): Drawn => ({
  completionIds: [...completionIds.slice(0, end), wait],
  logprobs: [...logprobs.slice(0, end), 0],
  entropies: [...entropies.slice(0, end), 0],
});

function joined(start: Drawn, { promptIds, finishReason, ...rest }: Rollout): Rollout {
  const completionIds = [...start.completionIds, ...rest.completionIds];
  const entropies = [...start.entropies, ...rest.entropies];
  return {
    promptIds: promptIds.slice(0, promptIds.length - start.completionIds.length),
    completionIds,
    text: decode(completionIds),
    logprobs: [...start.logprobs, ...rest.logprobs],
    entropies,
    entropy: entropies.reduce((sum, entropy) => sum + entropy, 0) / entropies.length,
    finishReason,
  };
}
