/**
 * Exemplary completions, as an expert would write them for the cold start: think tags, one language, right facts and
 * verdicts, no attempt twice.
 */
import { UserError } from '../core/errors';
import type { Random } from '../core/random';
import { decode } from '../tokenizer/tokenizer';
import type { Language } from '../tokenizer/vocabulary';
import { inVocabulary, taskOf, verify, type Problem } from './index';

/**
 * An exemplary completion as text. It ends solved, or with `solved = false` it gives up in good order: the last
 * attempt is called wrong and answered all the same. A model that never saw anyone give up searches on until it is
 * cut off. A guess may solve the problem even then, and units are always solved. Throws a UserError for a task that
 * does not say how an expert writes.
 */
export function coldStartCompletion(
  problem: Problem,
  language: Language,
  random: Random,
  solved = true,
): string {
  const task = inVocabulary(taskOf(problem));
  if (!task.writeExemplary)
    throw new UserError(`no expert writes of ${task.name}: give the task a writeExemplary`);
  for (;;) {
    const ids: number[] = [];
    task.writeExemplary({ ids, language, random }, problem, solved);
    const completion = decode(ids);
    // A program can fit both examples and still leave the allowed values on a hidden input; an expert sees that.
    if (!solved || verify(problem, completion).correct) return completion;
  }
}
