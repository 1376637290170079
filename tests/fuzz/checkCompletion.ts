/** What a task, its diagnosis and its rewards have to say of any completion at all, and what they must not say. */
import { isDeepStrictEqual } from 'node:util';
import { utility } from '../../lib/rewards/annotator';
import { flippedReward, halfSightedReward } from '../../lib/rewards/messy';
import { punishingLength } from '../../lib/rewards/overlong';
import { reward, visibleReward } from '../../lib/rewards/reward';
import { firstFault, isHonestGiveUp, tidy } from '../../lib/tasks/curate';
import { diagnose, findings, languageConsistency } from '../../lib/tasks/diagnose';
import { isGeneral, mannerOf } from '../../lib/tasks/general';
import { verify, type OwnProblems } from '../../lib/tasks/index';
import { splitTokens } from '../../lib/tokenizer/tokenizer';
import type { Language } from '../../lib/tokenizer/vocabulary';
import { rulesOf } from '../tasks-oracle';

export type AnyProblem = OwnProblems[keyof OwnProblems];

const rewards = [reward, visibleReward, halfSightedReward, flippedReward(0.3), punishingLength(80)];
const isShare = (value: number): boolean => value >= 0 && value <= 1;

/** Returns whether the verdict is `correct`. Throws where anything is said of the completion that is not so. */
export function checkCompletion(
  problem: AnyProblem,
  completion: string,
  language: Language,
): boolean {
  const claim = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(what);
  };
  const verdict = verify(problem, completion);
  const { correct, visibleCorrect, format, finished } = verdict;
  const rules = rulesOf(problem, completion);
  for (const key of ['correct', 'visibleCorrect', 'format', 'finished'] as const)
    claim(verdict[key] === rules[key], `${key} is ${verdict[key]}, by the rules ${rules[key]}`);
  claim(!correct || verdict.canonicalAnswer !== null, 'a right answer without a canonical one');

  const { length } = splitTokens(completion);
  const { mode: _mode, waits, ...counts } = diagnose(problem, completion);
  for (const { hits, total } of [...Object.values(counts), { hits: waits, total: length }])
    claim(isShare(hits / Math.max(1, total)) && total <= length, 'a count is out of range');
  const places = Object.values(findings(problem, completion)).flat();
  claim(places.every(({ at }) => at >= 0 && at < length), 'a finding is out of the text'); // prettier-ignore
  claim(isShare(languageConsistency(completion, language)), 'a share of words is no share');

  const fault = firstFault(problem, completion, language);
  claim(fault !== null || (correct && format), `no fault in a completion that is not right`);
  claim(!(correct && isHonestGiveUp(problem, completion, language)), 'a right answer gives up');
  const clean = tidy(completion, language);
  const after = verify(problem, clean);
  claim(isDeepStrictEqual([after.correct, after.answer], [correct, verdict.answer]) || !correct, 'tidied up, a right answer is another one'); // prettier-ignore
  claim(fault !== null || firstFault(problem, clean, language) === null, 'a fault after tidying');
  claim(!isGeneral(problem) || isShare(mannerOf(problem, completion).rightFacts / Math.max(1, length)), 'more facts than words'); // prettier-ignore

  for (const [i, rewardOf] of rewards.entries()) {
    const { accuracy, total, ...parts } = rewardOf(problem, completion, language);
    claim([accuracy, parts.format, parts.language].every(isShare), 'a reward is out of range');
    claim(total >= -1 && total <= 1.1 + 1e-9, `a total of ${total}`);
    if (i === 0) claim(accuracy === Number(correct) && parts.format === Number(format), 'a reward differs from its verdict'); // prettier-ignore
    if (i === 1)
      claim(accuracy === Number(visibleCorrect), 'a reward differs from what is visible');
  }
  claim(Number.isFinite(utility(problem, completion, language)), 'no finite liking');
  claim(finished || fault === 'not finished', `not finished, and its fault is ${fault}`);
  return correct;
}
