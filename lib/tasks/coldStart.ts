/**
 * Exemplary completions, as an expert would write them for the cold start: think tags, one language, right facts and
 * verdicts, no attempt twice.
 */
import type { Random } from '../core/random';
import { decode } from '../tokenizer/tokenizer';
import { tokenIds, unitIds, valueId, wordIds, type Language } from '../tokenizer/vocabulary';
import { countdownTrial } from './countdown';
import { verify, type VerifiableProblem } from './index';
import { programsTrial } from './programs';
import { writeSearch, type Trial } from './trials';
import { writeWorking } from './units';

const solutionShare = 0.35;
const fitShare = 0.85;
const countdownAttempts = 7;
const programsAttempts = [3, 5, 3];

/**
 * An exemplary completion as text. It ends solved, or with `solved = false` it gives up in good order: the last
 * attempt is called wrong and answered all the same. A model that never saw anyone give up searches on until it is
 * cut off. (A guess may solve the problem even then; units are always solved.)
 */
export function coldStartCompletion(
  problem: VerifiableProblem,
  language: Language,
  random: Random,
  solved = true,
): string {
  for (;;) {
    const completion = drawCompletion(problem, language, random, solved);
    // A program can fit both examples and still leave the allowed values on a hidden input; an expert sees that.
    if (!solved || verify(problem, completion).correct) return completion;
  }
}

function drawCompletion(
  problem: VerifiableProblem,
  language: Language,
  random: Random,
  solved: boolean,
): string {
  const ids: number[] = [tokenIds.think];
  if (problem.task === 'units') {
    const { value, unit } = writeWorking(ids, problem, language, 'none', random);
    ids.push(tokenIds.endThink, tokenIds.answer, valueId(value), unitIds[unit]);
  } else if (problem.task === 'countdown') {
    const trial = countdownTrial(problem, 0, random);
    writeExemplarySearch(ids, trial, language, countdownAttempts, solved, random);
  } else {
    const trial = programsTrial(problem, fitShare, 0, random);
    const attempts = programsAttempts[problem.level - 1]!;
    writeExemplarySearch(ids, trial, language, attempts, solved, random);
  }
  ids.push(tokenIds.endAnswer, tokenIds.eos);
  return decode(ids);
}

function writeExemplarySearch<Candidate>(
  ids: number[],
  trial: Trial<Candidate>,
  language: Language,
  attempts: number,
  solved: boolean,
  random: Random,
): void {
  const search = writeSearch(
    ids,
    trial,
    language,
    {
      solutionShare: solved ? solutionShare : 0,
      maxAttempts: solved ? attempts - 1 : attempts,
      patience: 1,
      languageSwitch: 0,
    },
    random,
  );
  let { candidate } = search;
  if (solved && !search.solved) {
    ids.push(wordIds[language].wait);
    candidate = trial.propose(1);
    trial.writeAttempt(ids, candidate, language);
  }
  ids.push(tokenIds.endThink, tokenIds.answer);
  trial.writeAnswer(ids, candidate);
}
