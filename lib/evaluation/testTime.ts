/** What more computation at test time buys: more samples of each problem, or a longer train of thought. */
import type { Parameters } from '../model/parameters';
import { defaultCap } from '../sampling/cap';
import type { Rollout, Sampler } from '../sampling/sampler';
import { promptIds, verify } from '../tasks/index';
import { decode } from '../tokenizer/tokenizer';
import { tokenIds } from '../tokenizer/vocabulary';
import type { ProblemSet } from './evaluate';
import { shareInterval, type Interval } from './metrics';
import { voteCurve, votesOf, type Vote, type VotePoint } from './votes';

export interface TestTime {
  readonly task: string;
  readonly level: number;
  /** problems, and completions of each */
  readonly n: number;
  readonly samples: number;
  /** k = 1, 2, 4, … up to the number of samples */
  readonly votes: readonly VotePoint[];
  /** right completions of each problem */
  readonly right: readonly number[];
  /** mean completion tokens of each problem */
  readonly lengths: readonly number[];
}

/** Problems sampled at once: with many samples of each, some thousand rows. */
const problemsAtOnce = 32;

export interface TestTimeOptions {
  /** completions of each problem, a power of two; default 64 */
  samples?: number;
  /** default `defaultCap` */
  maxNewTokens?: number;
  seed?: number;
  /** gets the share done */
  onProgress?: (share: number) => void;
}

/** Samples every problem many times (DeepSeek-R1, appendix; Chen et al. 2021 for pass@k). */
export async function measureTestTime(
  parameters: Parameters,
  sampler: Sampler,
  { problems, languages, task, level }: ProblemSet,
  { samples = 64, maxNewTokens = defaultCap, seed = 0, onProgress }: TestTimeOptions = {},
): Promise<TestTime> {
  const prompts = problems.map((problem, i) => promptIds(problem, languages[i]!));
  const votes: Vote[][] = [];
  const lengths: number[] = [];
  for (let firstPrompt = 0; firstPrompt < prompts.length; firstPrompt += problemsAtOnce) {
    const part = prompts.slice(firstPrompt, firstPrompt + problemsAtOnce);
    const sampling = { groupSize: samples, maxNewTokens, seed, firstPrompt };
    const groups = await sampler.sample(parameters, part, sampling);
    votes.push(...votesOf(problems.slice(firstPrompt), groups));
    lengths.push(...groups.map(meanLength));
    onProgress?.(votes.length / prompts.length);
  }
  const right = votes.map((own) => own.filter(({ correct }) => correct).length);
  return { task, level, n: problems.length, samples, votes: voteCurve(votes), right, lengths };
}

const meanLength = (group: readonly Rollout[]): number =>
  Math.round((10 * group.reduce((sum, r) => sum + r.completionIds.length, 0)) / group.length) / 10;

/** Accuracy where a train of thought may have so many tokens. */
export interface BudgetPoint {
  readonly budget: number;
  readonly passAt1: number;
  readonly interval: Interval;
  /** completion tokens, those of the answer included */
  readonly meanLength: number;
  /** share of completions that were made to answer */
  readonly forced: number;
}

/** Room for `</think> <answer>`, an answer of five numbers, `</answer> <eos>`. */
const answerTokens = 14;

export interface BudgetOptions {
  /** the most tokens before the answer has to begin */
  readonly budget: number;
  /** completions per problem; default 8 */
  readonly samples?: number;
  readonly seed?: number;
}

/**
 * Measures accuracy under a limit on thinking: a completion that has not begun its answer at `budget` tokens gets
 * `</think> <answer>` written for it and must answer (budget forcing, Muennighoff et al. 2025, arXiv:2501.19393).
 */
export async function measureBudget(
  parameters: Parameters,
  sampler: Sampler,
  { problems, languages }: ProblemSet,
  { budget, samples = 8, seed = 0 }: BudgetOptions,
): Promise<BudgetPoint> {
  const prompts = problems.map((problem, i) => promptIds(problem, languages[i]!));
  const limit = { groupSize: samples, maxNewTokens: budget, seed };
  const groups = await sampler.sample(parameters, prompts, limit);
  const begun = groups.flatMap((group, i) =>
    group.map((rollout) => ({ ...withAnswerBegun(rollout), problem: i, rollout })),
  );
  const cut = begun.filter(({ rollout }) => rollout.finishReason === 'length');
  const rest = await sampler.sample(
    parameters,
    cut.map(({ promptIds: ids, completionIds }) => [...ids, ...completionIds]),
    { groupSize: 1, maxNewTokens: answerTokens, seed, step: 1 },
  );
  cut.forEach((one, i) => one.completionIds.push(...rest[i]![0]!.completionIds));
  const counts = problems.map(() => ({ hits: 0, total: samples }));
  for (const { problem, completionIds } of begun)
    if (verify(problems[problem]!, decode(completionIds)).correct) counts[problem]!.hits++;
  const { mean, interval } = shareInterval(counts)!;
  const tokens = begun.reduce((sum, { completionIds }) => sum + completionIds.length, 0);
  const forced = begun.filter((one) => one.forced).length / begun.length;
  return { budget, passAt1: mean, interval, meanLength: tokens / begun.length, forced };
}

/** A cut completion as far as the beginning of its answer; others as they are. */
function withAnswerBegun({ promptIds: ids, completionIds, finishReason }: Rollout): {
  promptIds: readonly number[];
  completionIds: number[];
  forced: boolean;
} {
  const forced = finishReason === 'length' && !completionIds.includes(tokenIds.answer);
  const thinking = forced && !completionIds.includes(tokenIds.endThink);
  const added = forced ? [...(thinking ? [tokenIds.endThink] : []), tokenIds.answer] : [];
  return { promptIds: ids, completionIds: [...completionIds, ...added], forced };
}
