/** A batch of rollouts: how it is sampled and rewarded, and which numbers and records describe it. */
import type { Row } from '../core/csv';
import { BadStep } from '../core/errors';
import { createRandom } from '../core/random';
import { deviation, mean } from '../core/statistics';
import type { Parameters } from '../model/parameters';
import {
  addPreference,
  reward,
  type RewardBreakdown,
  type RewardFunction,
  type RewardWeights,
} from '../rewards/reward';
import type { RolloutRecord } from '../runs/run';
import type { Rollout, Sampler } from '../sampling/sampler';
import {
  isInWords,
  languageFor,
  promptIds,
  promptText,
  taskNamed,
  type Problem,
} from '../tasks/index';
import { problemsOfPlan, type PlanEntry } from '../tasks/plan';
import { diagnose, languageConsistency } from '../tasks/diagnose';
import type { Language } from '../tokenizer/vocabulary';

/** A rollout with its problem and reward. */
export interface ScoredRollout {
  readonly problem: Problem;
  readonly language: Language;
  readonly rollout: Rollout;
  readonly reward: RewardBreakdown;
}

/** A problem, and the language it is asked in. */
export type Question = Pick<ScoredRollout, 'problem' | 'language'>;

/** A model that judges completions, and the tasks whose completions it judges. */
export interface Judge {
  /** one number for each rollout */
  scores(rollouts: readonly Rollout[]): number[];
  readonly tasks: readonly string[];
}

export interface GroupOptions {
  readonly groupSize: number;
  /** tokens of a completion at most */
  readonly maxNewTokens: number;
  readonly temperature?: number;
  readonly rewards: RewardWeights;
  readonly seed: number;
  readonly step: number;
  /** default: `reward` of lib/rewards/reward.ts */
  readonly rewardFn?: RewardFunction;
  readonly judge?: Judge;
}

export interface RolloutOptions extends GroupOptions {
  readonly plan: readonly PlanEntry[];
}

/** Samples a group for each training problem of a step, in turn in both languages, and rewards every completion. */
export async function sampleStep(
  parameters: Parameters,
  sampler: Sampler,
  options: RolloutOptions,
): Promise<ScoredRollout[][]> {
  const { plan, seed, step } = options;
  const random = createRandom(seed, 'problems', step);
  const questions = problemsOfPlan(plan, random).map((problem, i) => ({
    problem,
    language: languageFor(problem, i),
  }));
  return sampleGroups(parameters, sampler, questions, options);
}

/** Samples a group for each question and rewards every completion. Throws a BadStep for a reward that is no number. */
export async function sampleGroups(
  parameters: Parameters,
  sampler: Sampler,
  questions: readonly Question[],
  options: GroupOptions,
): Promise<ScoredRollout[][]> {
  const { groupSize, maxNewTokens, temperature, rewards, seed, step, rewardFn = reward } = options;
  const prompts = questions.map(({ problem, language }) =>
    promptIds(problem, language, sampler.tokenizer),
  );
  const sampling = { groupSize, maxNewTokens, temperature, seed, step };
  const groups = await sampler.sample(parameters, prompts, sampling);
  const scored = groups.map((group, i) => {
    const { problem, language } = questions[i]!;
    return group.map((rollout): ScoredRollout => ({
      problem,
      language,
      rollout,
      reward: rewardFn(problem, rollout.text, language, rewards),
    }));
  });
  refuseBadRewards(scored, step);
  if (!options.judge) return scored;
  const withScores = judged(scored, options.judge, rewards);
  refuseBadRewards(withScores, step);
  return withScores;
}

/** The largest size of a reward: larger ones do not fit into the 32-bit numbers of the loss. */
const mostReward = 1e6;

/** Throws a BadStep for the first part of a reward that is no number, or one that is too large to learn from. */
export function refuseBadRewards(groups: readonly ScoredRollout[][], step: number): void {
  const isFine = (value: unknown): boolean =>
    typeof value === 'number' && Math.abs(value) <= mostReward; // false for NaN
  const partsOf = ({ reward }: ScoredRollout): [string, unknown][] =>
    Object.entries<unknown>(Object.assign({ total: undefined }, reward));
  for (const one of groups.flat())
    for (const [part, value] of partsOf(one)) {
      if (isFine(value)) continue;
      const text = `${promptText(one.problem, one.language)} ${one.rollout.text}`.slice(0, 80);
      const evidence = groups.map((group) =>
        group.map((other) => ({
          ...{ step, problem: other.problem, language: other.language },
          completion: other.rollout.text,
          reward: Object.fromEntries(partsOf(other).map(([name, was]) => [name, String(was)])),
        })),
      );
      throw new BadStep(
        `the ${part} of the reward of "${text}" is ${String(value)}: return a number of at most ${mostReward}`,
        JSON.stringify(evidence, null, 1) + '\n',
      );
    }
}

/** Adds the judge's score to the rewards of the rollouts whose tasks it judges. */
function judged(
  groups: readonly ScoredRollout[][],
  judge: Judge,
  weights: RewardWeights,
): ScoredRollout[][] {
  const isJudged = ({ problem }: ScoredRollout): boolean => judge.tasks.includes(problem.task);
  const scores = judge.scores(
    groups
      .flat()
      .filter(isJudged)
      .map(({ rollout }) => rollout),
  );
  return groups.map((group) =>
    group.map((one) =>
      isJudged(one) ? { ...one, reward: addPreference(one.reward, scores.shift()!, weights) } : one,
    ),
  );
}

/** Returns the columns of `metrics.csv` that describe a batch of rollouts: over all of it, and for each task. */
export function rolloutMetrics(groups: readonly (readonly ScoredRollout[])[]): Row {
  const all = groups.flat();
  const totals = all.map(({ reward }) => reward.total);
  const lengths = (scored: readonly ScoredRollout[]): number[] =>
    scored.map(({ rollout }) => rollout.completionIds.length);
  const tokens = lengths(all).reduce((sum, n) => sum + n, 0);
  const entropySum = all.reduce(
    (sum, { rollout: r }) => sum + r.entropy * r.completionIds.length,
    0,
  );
  const row: Row = {
    'reward/mean': mean(totals),
    'reward/std': deviation(totals),
    'reward/accuracy': mean(all.map(({ reward }) => reward.accuracy)),
    'reward/format': mean(all.map(({ reward }) => reward.format)),
    'completion/length': tokens / all.length,
    'completion/stopRate': mean(all.map(({ rollout }) => +(rollout.finishReason === 'stop'))),
    'policy/entropy': entropySum / tokens,
  };
  const scores = all.flatMap(({ reward }) => reward.preference ?? []);
  if (scores.length > 0) row['reward/preference'] = mean(scores);
  for (const task of new Set(all.map(({ problem }) => problem.task))) {
    const part = all.filter(({ problem }) => problem.task === task);
    const text = ({ rollout }: ScoredRollout): string => rollout.text;
    row[`${task}/accuracy`] = mean(part.map(({ reward }) => reward.accuracy));
    row[`${task}/length`] = mean(lengths(part));
    if (isInWords(taskNamed(task))) continue;
    row[`${task}/waits`] = mean(part.map((s) => diagnose(s.problem, text(s)).waits));
    row[`${task}/languageConsistency`] = mean(
      part.map((s) => languageConsistency(text(s), s.language)),
    );
  }
  return row;
}

/** Returns a rollout in the form in which `rollouts.jsonl` keeps it. */
export function rolloutRecord(
  { problem, language, rollout, reward }: ScoredRollout,
  step: number,
  split: RolloutRecord['split'],
): RolloutRecord {
  return {
    step,
    split,
    task: problem.task,
    level: problem.level,
    language,
    prompt: promptText(problem, language),
    completion: rollout.text,
    reward: { ...reward },
    correct: reward.accuracy === 1,
  };
}
