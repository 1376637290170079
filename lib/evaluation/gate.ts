import type { Model } from '../model/parameters';
import type { Sampler } from '../sampling/sampler';
import { drillAccuracy } from './drillAccuracy';
import { evaluateEach, heldOutProblems, type EvaluateOptions } from './evaluate';
import type { Evaluation } from './score';

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
  /** countdown level 3, programs level 2 and units, on held-out problems */
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
  const check = (name: string, value: number | null, wanted: number): GateCheck => ({
    name,
    value: value ?? 0,
    wanted,
    passed: (value ?? 0) >= wanted,
  });
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

/** The checks as lines of text. */
export function gateText({ checks }: GateResult): string {
  return checks
    .map(
      ({ name, value, wanted, passed }) =>
        `${passed ? 'passed' : 'FAILED'}  ${name}: ${value.toFixed(3)} (at least ${wanted})`,
    )
    .join('\n');
}
