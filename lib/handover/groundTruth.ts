/** What a reward outside of the workbook has to know. */
import type { Problem } from '../tasks/index';
import { sumsAnswer, type SumsProblem } from '../tasks/sums/sums';
import type { Language } from '../tokenizer/vocabulary';

/** A problem as the rewards in Python read it. */
export interface GroundTruth extends Problem {
  /** that the problem is asked in */
  readonly language: Language;
  /** the right answer, of problems in words that have one */
  readonly answer?: string;
}

/** Returns all that is said of a problem, the language it is asked in, and of a word problem its right answer. */
export const groundTruth = (problem: Problem, language: Language): GroundTruth => ({
  ...problem,
  language,
  ...(problem.task === 'sums' && { answer: String(sumsAnswer(problem as SumsProblem)) }),
});
