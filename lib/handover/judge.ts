/** Completions that another program sends to be judged: what it sends is looked at before a verifier sees it. */
import { isObject, isText } from '../core/fields';
import { parsedJson } from '../core/jsonLines';
import { defaultRewardWeights, rewardOf, type RewardBreakdown } from '../rewards/reward';
import { isKnown, verify, type Verdict } from '../tasks/index';
import { judgeAnswer } from '../tasks/answers/judge';
import { languages } from '../tokenizer/vocabulary';
import type { GroundTruth } from './groundTruth';

/** What is sent: the `ground_truth` of a row, as JSON or read, and a completion. */
export interface Sent {
  readonly ground_truth?: unknown;
  readonly completion?: unknown;
}

/** What comes back. */
export interface Judged {
  /** of the reward */
  readonly total: number;
  readonly reward: RewardBreakdown;
  readonly verdict: Verdict;
}

/** The fault of what was sent, in a few words; null where there is none. */
export function faultOfSent({ ground_truth: given, completion }: Sent): string | null {
  if (!isText(completion)) return 'completion is no text';
  const truth = readTruth(given);
  if (truth === null) return 'ground_truth is no problem: send it as the data has it';
  const { task, language } = truth;
  if (!isText(task) || (!isKnown(task) && !isText(truth.answer))) return `task ${String(task)} is not known, and there is no answer`; // prettier-ignore
  if (language !== undefined && !languages.includes(language))
    return `language ${String(language)} is not known: use ${languages.join(' or ')}`;
  return null;
}

const readTruth = (given: unknown): GroundTruth | null => {
  const value = isText(given) ? parsedJson(given as string) : given;
  return isObject(value) ? (value as GroundTruth) : null;
};

/** Judges what has no fault. Throws an error for a problem that lacks what its task needs. */
export function judge({ ground_truth: given, completion: said }: Sent): Judged {
  const problem = readTruth(given)!;
  const { task, language = 'en', answer = '' } = problem;
  const completion = said as string;
  const verdict = isKnown(task) ? verify(problem, completion) : judgeAnswer(answer, completion);
  const judged = { verdict, accuracy: verdict.correct ? 1 : 0, completion, language };
  const reward = rewardOf(judged, defaultRewardWeights);
  return { total: reward.total, reward, verdict };
}
