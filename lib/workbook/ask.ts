import type { Model } from '../model/parameters';
import { defaultCap } from '../sampling/cap';
import type { Rollout } from '../sampling/sampler';
import { promptIds, promptText, verify, type Problem } from '../tasks/index';
import type { Language } from '../tokenizer/vocabulary';
import { samplerFor } from '../stages/places';

export interface AskOptions {
  language?: Language;
  samples?: number;
  temperature?: number;
  seed?: number;
  /** tokens of a completion at most; default `defaultCap` */
  maxNewTokens?: number;
}

/** Samples completions of one problem. */
export async function ask(
  { config, parameters }: Model,
  problem: Problem,
  {
    language = 'en',
    samples = 1,
    temperature = 1,
    seed = 0,
    maxNewTokens = defaultCap,
  }: AskOptions = {},
): Promise<Rollout[]> {
  const sampler = samplerFor(config);
  const prompt = promptIds(problem, language);
  const options = { groupSize: samples, maxNewTokens, temperature, seed };
  const [rollouts] = await sampler.sample(parameters, [prompt], options);
  sampler.dispose();
  return rollouts!;
}

/** The prompt and its completions as text, each with the verifier's verdict. */
export function conversation(
  problem: Problem,
  rollouts: readonly { readonly text: string }[],
  language: Language = 'en',
): string {
  const lines = rollouts.map(({ text }) => {
    const { correct } = verify(problem, text);
    return `${correct ? 'right' : 'wrong'} | ${text}`;
  });
  return [`prompt | ${promptText(problem, language)}`, ...lines].join('\n');
}
