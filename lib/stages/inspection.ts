/** What the rollout inspector looks at: whole groups of a few problems, token by token, at several steps of a run. */
import { problemsOf } from '../evaluation/evaluate';
import type { Parameters } from '../model/parameters';
import type { InspectionRecord, Run, TraceMarks } from '../runs/run';
import type { Sampler } from '../sampling/sampler';
import { findings } from '../tasks/diagnose';
import { languageFor, type Problem } from '../tasks/index';
import type { TextTokenizer } from '../tokenizer/textTokenizer';
import { groupAdvantages } from '../training/variants';
import {
  rolloutRecord,
  sampleGroups,
  type GroupOptions,
  type Question,
  type ScoredRollout,
} from './rollouts';
import type { RLSettings } from './settings';

/**
 * The random numbers' step: no step of a training has it, so that the training draws what it would have drawn. It is
 * the same whenever the run is inspected, so that a completion differs from the earlier ones by the weights alone.
 */
const ownStep = -1;

/** A policy that is being trained, and the run that records it. */
export interface Inspected {
  readonly run: Run;
  readonly parameters: Parameters;
  readonly sampler: Sampler;
}

/** Keeps the inspected groups in the run, where its settings ask for them at this step. */
export async function inspect(
  { run, parameters, sampler }: Inspected,
  step: number,
  options: RLSettings & Omit<GroupOptions, 'step'>,
): Promise<void> {
  const { inspect: asked, steps } = options;
  if (!asked || (step % asked.everySteps > 0 && step < steps)) return;
  const questions = inspectedQuestions(options.evaluated, asked.problems);
  const groups = await sampleGroups(parameters, sampler, questions, { ...options, step: ownStep });
  const { tokenizer } = sampler;
  for (const [problem, group] of groups.entries())
    run.inspection.push(...records(group, { problem, step, tokenizer }));
}

/** Held-out problems of the evaluated levels in turn, the same as the evaluations begin with. */
function inspectedQuestions(evaluated: RLSettings['evaluated'], n: number): Question[] {
  const rounds = Math.ceil(n / evaluated.length);
  const sets = evaluated.map((spec) => problemsOf(spec, rounds));
  return Array.from({ length: n }, (_, i) => {
    const { problems, language } = sets[i % sets.length]!;
    const problem = problems[Math.floor(i / sets.length)]!;
    return { problem, language: language ?? languageFor(problem, i) };
  });
}

function records(
  group: readonly ScoredRollout[],
  { problem, step, tokenizer }: { problem: number; step: number; tokenizer?: TextTokenizer },
): InspectionRecord[] {
  const advantages = groupAdvantages(group.map(({ reward }) => reward.total));
  return group.map((one, sample) => {
    const { split: _, reward, ...record } = rolloutRecord(one, step, 'held-out');
    const parts = Object.entries(reward).map(([part, value]) => [part, toThousandths(value)]);
    return {
      ...record,
      reward: Object.fromEntries(parts) as typeof reward,
      problem,
      sample,
      ...(tokenizer && { tokens: piecesOf(one.rollout.completionIds, tokenizer) }),
      logprobs: one.rollout.logprobs.map(toThousandths),
      entropies: one.rollout.entropies.map(toThousandths),
      advantage: toThousandths(advantages[sample]!),
      marks: marksOf(one.problem, one.rollout.text),
    };
  });
}

/** The text that each token completes. What half a character leaves over at the end is part of the last one. */
function piecesOf(ids: readonly number[], tokenizer: TextTokenizer): string[] {
  const stream = tokenizer.stream();
  const pieces = ids.map((id) => stream.push(id));
  pieces.push((pieces.pop() ?? '') + stream.end());
  return pieces;
}

/** A number as the inspector shows it. */
export const toThousandths = (value: number): number => Math.round(value * 1000) / 1000;

/** Where a completion tries, judges and errs. */
export function marksOf(problem: Problem, completion: string): TraceMarks {
  const { attempts, verdicts, calculations } = findings(problem, completion);
  const places = (found: readonly { at: number }[]): number[] => found.map(({ at }) => at);
  const wrong = (found: typeof attempts): number[] => places(found.filter(({ right }) => !right));
  return {
    attempts: places(attempts),
    repeats: wrong(attempts),
    verdicts: places(verdicts),
    wrongVerdicts: wrong(verdicts),
    wrongCalculations: wrong(calculations),
  };
}
