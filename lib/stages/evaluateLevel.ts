import type { Cell, Row } from '../core/csv';
import { evaluate, type ProblemSet } from '../evaluation/evaluate';
import type { Evaluation } from '../evaluation/score';
import { setName } from '../evaluation/setName';
import type { Parameters } from '../model/parameters';
import { reward, type RewardWeights } from '../rewards/reward';
import type { Run } from '../runs/run';
import type { Sampler } from '../sampling/sampler';
import { rolloutRecord } from './rollouts';
import type { HeldOutSettings } from './settings';

/** Held-out problems of each level whose completions are kept at every evaluation, to be read one under the other. */
const watchedProblems = 4;

/** One evaluation on held-out problems, with its row and a few of its completions kept in the run. */
export async function evaluateLevel(
  run: Run,
  parameters: Parameters,
  sampler: Sampler,
  at: {
    set: ProblemSet;
    step: number;
    seed: number;
    settings: Pick<HeldOutSettings, 'maxNewTokens' | 'evaluationSamples'> & {
      readonly rewards: RewardWeights;
    };
    report: (note: string) => void;
  },
): Promise<Evaluation> {
  const { set, step, seed, report } = at;
  const { maxNewTokens, evaluationSamples: samples, rewards } = at.settings;
  const { evaluation, rollouts } = await evaluate(parameters, sampler, set, {
    samples,
    maxNewTokens,
    seed,
    onProgress: (share) => report(`evaluating ${setName(set)} ${Math.round(100 * share)} %`),
  });
  run.evaluations.push(evaluationRow(step, evaluation));
  set.problems.slice(0, watchedProblems).forEach((problem, i) => {
    const language = set.languages[i]!;
    const rollout = rollouts[i]![0]!;
    const parts = reward(problem, rollout.text, language, rewards);
    const scored = { problem, language, rollout, reward: parts };
    run.rollouts.push(rolloutRecord(scored, step, 'held-out'));
  });
  return evaluation;
}

/** An evaluation as a row of `evaluations.csv`: each measure, and the ends of its 95 % interval. */
export function evaluationRow(step: number, evaluation: Evaluation): Row {
  const row: Row = { step };
  for (const [key, value] of Object.entries(evaluation) as [string, unknown][])
    if (value === null || typeof value !== 'object') row[key] = value as Cell;
  for (const [mode, share] of Object.entries(evaluation.modeShares)) row[`mode/${mode}`] = share;
  for (const [key, interval] of Object.entries(evaluation.intervals)) {
    row[`${key}/low`] = interval?.[0] ?? null;
    row[`${key}/high`] = interval?.[1] ?? null;
  }
  return row;
}
