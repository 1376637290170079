/** Problems as rows that any trainer can be asked with. */
import { createRandom } from '../core/random';
import { problemsOf, type EvaluationSpec } from '../evaluation/evaluate';
import { languageFor, promptText, type Problem } from '../tasks/index';
import { problemsOfPlan, type PlanEntry } from '../tasks/plan';
import type { Language } from '../tokenizer/vocabulary';
import { groundTruth } from './groundTruth';

/** A problem that a model is asked. */
export interface AskedRow {
  readonly task: string;
  readonly level: number;
  readonly language: Language;
  /** what the user says; the chat template of the checkpoint puts the marks around it */
  readonly question: string;
  /** the problem, as JSON, for the rewards in Python */
  readonly groundTruth: string;
}

const askedRow = (problem: Problem, language: Language): AskedRow => ({
  ...{ task: problem.task, level: problem.level, language },
  question: promptText(problem, language),
  groundTruth: JSON.stringify(groundTruth(problem, language)),
});

/** The training problems of so many steps, in the order of the steps; the problems of a step follow the plan. */
export function trainingRows(plan: readonly PlanEntry[], steps: number, seed: number): AskedRow[] {
  const random = createRandom(seed, 'handover');
  return Array.from({ length: steps }, () => problemsOfPlan(plan, random))
    .flat()
    .map((problem, i) => askedRow(problem, languageFor(problem, i)));
}

/** Held-out problems, the same that the workbook measures with: so many of each task and level. */
export const heldOutRows = (evaluated: readonly EvaluationSpec[], problems: number): AskedRow[] =>
  evaluated.flatMap((spec) => {
    const set = problemsOf(spec, problems);
    return set.problems.map((problem, i) => askedRow(problem, set.languages[i]!));
  });
