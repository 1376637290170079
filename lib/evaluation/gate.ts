import type { Model } from '../model/parameters';
import type { Sampler } from '../sampling/sampler';
import { inVocabulary, taskNamed } from '../tasks/index';
import { drillAccuracy } from './drillAccuracy';
import { evaluateEach, heldOutProblems, type EvaluateOptions } from './evaluate';
import type { Evaluation } from './score';
import { setName } from './setName';

/** A measured skill of a base model and what reinforcement learning needs of it. */
export interface GateCheck {
  readonly name: string;
  readonly value: number;
  readonly wanted: number;
  readonly passed: boolean;
}

export interface GateResult {
  readonly passed: boolean;
  readonly checks: readonly GateCheck[];
  /** on held-out problems: of countdown level 3, programs level 2 and units, or of every level of a reader's own task */
  readonly evaluations: readonly Evaluation[];
}

/**
 * The gate before reinforcement learning: does the base calculate well enough, and above all, does it know a right
 * result when it has one? RL makes a model search more; where its verdicts are weak, searching does not pay and RL
 * turns it off instead.
 */
export async function measureGate(
  model: Model,
  sampler: Sampler,
  { problems = 150, ...options }: EvaluateOptions & { problems?: number } = {},
): Promise<GateResult> {
  const sets = [
    heldOutProblems('countdown', 3, problems),
    heldOutProblems('programs', 2, problems),
    heldOutProblems('units', 0, problems),
  ];
  const evaluated = await evaluateEach(model.parameters, sampler, sets, options);
  const measured = evaluated.map(({ evaluation }) => evaluation);
  const [countdown, programs, units] = measured as [Evaluation, Evaluation, Evaluation];
  const arithmetic =
    measured.reduce((sum, e) => sum + (e.traceArithmetic ?? 0), 0) / measured.length;
  const checks = [
    check('trace arithmetic, mean of the three tasks', arithmetic, 0.94),
    check('verdict accuracy, countdown', countdown.verdictAccuracy, 0.95),
    check('verdict accuracy, programs', programs.verdictAccuracy, 0.95),
    check('drill accuracy', drillAccuracy(model), 0.95),
    check('pass@1, programs', programs.passAt1, 0.1),
    check('pass@1, units', units.passAt1, 0.35),
  ];
  return { passed: checks.every((c) => c.passed), checks, evaluations: measured };
}

/** pass@8 that a base needs on a reader's own task: without right answers now and then there is nothing to reinforce. */
const leastPassAt8 = 0.2;

/**
 * The gate of a base model for a reader's own task: some right answers among eight, and, where the task has verdicts in
 * its traces, verdicts that are right.
 */
export async function measureTaskGate(
  task: string,
  model: Model,
  sampler: Sampler,
  { problems = 150, ...options }: EvaluateOptions & { problems?: number } = {},
): Promise<GateResult> {
  const { levels, wantedValue } = inVocabulary(taskNamed(task));
  const sets = levels.map((level) => heldOutProblems(task, level, problems));
  const evaluated = await evaluateEach(model.parameters, sampler, sets, options);
  const evaluations = evaluated.map(({ evaluation }) => evaluation);
  const checks = evaluations.flatMap((evaluation) => [
    check(`pass@8, ${setName(evaluation)}`, evaluation.passAtK, leastPassAt8),
    ...(wantedValue
      ? [check(`verdict accuracy, ${setName(evaluation)}`, evaluation.verdictAccuracy, 0.95)]
      : []),
  ]);
  return { passed: checks.every(({ passed }) => passed), checks, evaluations };
}

/** A measured skill against what is wanted of it; what could not be measured counts as 0. */
function check(name: string, measured: number | null, wanted: number): GateCheck {
  const value = measured ?? 0;
  return { name, value, wanted, passed: value >= wanted };
}

/** The checks as lines of text. */
export function gateText({ checks }: GateResult): string {
  return checks
    .map(
      ({ name, value, wanted, passed }) =>
        `${passed ? 'passed' : 'FAILED'}  ${name}: ${value.toFixed(3)} (at least ${wanted})`,
    )
    .join('\n');
}
