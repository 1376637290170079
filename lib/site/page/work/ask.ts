/** Asks a model, and says what is known of its answers: as the inspector has them, with their verdict. */
import type { Model } from '../../../model/parameters';
import type { Sampler } from '../../../sampling/sampler';
import { reward } from '../../../rewards/reward';
import { marksOf, toThousandths } from '../../../stages/inspection';
import { samplerFor } from '../../../stages/places';
import { promptIds, verify, type Problem, type Verdict } from '../../../tasks/index';
import type { Language } from '../../../tokenizer/vocabulary';
import { groupAdvantages } from '../../../training/variants';
import type { InspectedSample } from '../../../workbook/inspectorData';
import { sampleWithWaits } from '../../../evaluation/forcedWait';
import { defaultCap } from '../../../sampling/cap';

/** A problem as it is put to a model. */
export interface Asked {
  readonly problem: Problem;
  readonly language: Language;
  readonly samples: number;
  readonly temperature: number;
  readonly seed: number;
  /** how many answers of a series went before: the next ones are others */
  readonly before: number;
  /** how often the end of a train of thought becomes a `wait` */
  readonly waits: number;
}

/** An answer as the page shows it. */
export interface Answer extends InspectedSample {
  readonly verdict: Verdict;
}

const samplers = new WeakMap<Model, Sampler>();

/** Samples answers to a problem. The same model, question and seed give the same answers. */
export async function ask(model: Model, asked: Asked): Promise<Answer[]> {
  const { problem, language, samples, temperature, seed, before, waits } = asked;
  const sampler = samplers.get(model) ?? samplerFor(model.config);
  samplers.set(model, sampler);
  const sampling = {
    ...{ groupSize: samples, maxNewTokens: defaultCap, temperature, seed, firstSample: before },
  };
  const prompt = promptIds(problem, language);
  const group = await sampleWithWaits(model, sampler, prompt, { ...sampling, language, waits });
  const rewards = group.map(({ text }) => reward(problem, text, language));
  const advantages = groupAdvantages(rewards.map(({ total }) => total));
  return group.map(({ text, logprobs, entropies }, i): Answer => {
    const verdict = verify(problem, text);
    return {
      ...{ tokens: text.split(' '), isSpaced: true, verdict },
      ...{ logprobs: logprobs.map(toThousandths), entropies: entropies.map(toThousandths) },
      ...{
        advantage: toThousandths(advantages[i]!),
        reward: { ...rewards[i]! },
        correct: verdict.correct,
      },
      marks: marksOf(problem, text),
    };
  });
}
