/**
 * Worked answers to the tasks that are solved by trying: countdown and programs. Three styles, as people write them:
 *   direct   the answer alone
 *   short    one attempt, often with its verdict, and then that answer, even where the verdict was `no`
 *   search   attempts, each with a verdict, until one is right or patience ends
 * Many of these answers are wrong on purpose: the base model learns from them that both ways exist, and
 * reinforcement learning has to find out which one pays.
 */
import { pickWeighted } from '../core/random';
import { tokenIds, wordIds, type Language } from '../tokenizer/vocabulary';
import type { Pen } from './task';

export type Style = 'direct' | 'short' | 'search';

/** The writing habits of one task's documents; shares are probabilities, weights need no sum. */
export interface TrialSettings {
  readonly styles: Readonly<Record<Language, Readonly<Record<Style, number>>>>;
  /** how often a candidate is the known solution; otherwise it is a guess */
  readonly solutionShare: {
    readonly direct: number;
    readonly short: number;
    readonly search: Readonly<Record<Language, number>>;
  };
  /** share of the `short` answers that say whether the attempt is right */
  readonly verdictShare: number;
  /** attempts in one search at most, for level 1, 2, … */
  readonly maxAttempts: readonly number[];
}

/** The habits that all tasks share. */
export interface WritingHabits {
  /** share of the `short` answers without think tags */
  readonly missingTags: number;
  /** how often a search goes on after a `no` */
  readonly patience: number;
  /** share of the `wait`s at which a search goes on in the other language */
  readonly languageSwitch: number;
  /** share of the verdicts that are tossed with a coin instead of compared */
  readonly verdictNoise: number;
}

/** One problem as the trace writers see it. */
export interface Trial<Candidate> {
  /** the known solution with this probability, else a guess */
  propose(solutionShare: number): Candidate;
  /** the same number for the same candidate only */
  key(candidate: Candidate): number;
  /** writes `try …` with the verdict, and returns the verdict that was written */
  writeAttempt(pen: Pen, candidate: Candidate): boolean;
  writeAnswer(ids: number[], candidate: Candidate): void;
}

/** Writes `yes` or `no`: whether a value is the wanted one, or a coin toss for a careless author. */
export function writeVerdict(
  { ids, language, random }: Pen,
  right: boolean,
  noise: number,
): boolean {
  const verdict = noise > 0 && random.next() < noise ? random.next() < 0.5 : right;
  ids.push(verdict ? wordIds[language].yes : wordIds[language].no);
  return verdict;
}

/** Who writes a completion: how people write of a problem of this level. */
export interface TrialAuthor {
  readonly level: number;
  readonly settings: TrialSettings;
  readonly habits: WritingHabits;
}

/** Writes a completion to the problem in one of the three styles. */
export function writeTrial<Candidate>(
  pen: Pen,
  trial: Trial<Candidate>,
  { level, settings, habits }: TrialAuthor,
): void {
  const { ids, language, random } = pen;
  const { direct, short, search } = settings.styles[language];
  const { solutionShare } = settings;
  let candidate: Candidate;
  switch (pickWeighted([direct, short, search], random)) {
    case 0:
      candidate = trial.propose(solutionShare.direct);
      break;
    case 1: {
      candidate = trial.propose(solutionShare.short);
      const tags = random.next() >= habits.missingTags;
      if (tags) ids.push(tokenIds.think);
      trial.writeAttempt(pen, candidate);
      if (random.next() >= settings.verdictShare) ids.pop();
      if (tags) ids.push(tokenIds.endThink);
      break;
    }
    default:
      ids.push(tokenIds.think);
      candidate = writeSearch(pen, trial, {
        ...habits,
        solutionShare: solutionShare.search[language],
        maxAttempts: settings.maxAttempts[level - 1]!,
      }).candidate;
      ids.push(tokenIds.endThink);
  }
  ids.push(tokenIds.answer);
  trial.writeAnswer(ids, candidate);
  ids.push(tokenIds.endAnswer, tokenIds.eos);
}

export interface SearchSettings {
  readonly solutionShare: number;
  readonly maxAttempts: number;
  readonly patience: number;
  readonly languageSwitch: number;
}

/** Attempts without repetition until one is called right or the author gives up; returns the last one. */
function writeSearch<Candidate>(
  pen: Pen,
  trial: Trial<Candidate>,
  settings: SearchSettings,
): { candidate: Candidate; solved: boolean } {
  const { ids, random } = pen;
  let { language } = pen;
  const { solutionShare, maxAttempts, patience, languageSwitch } = settings;
  let candidate = trial.propose(solutionShare);
  const tried: number[] = [];
  for (;;) {
    tried.push(trial.key(candidate));
    const solved = trial.writeAttempt({ ...pen, language }, candidate);
    if (solved || tried.length >= maxAttempts || random.next() >= patience) {
      return { candidate, solved };
    }
    const next = proposeNew(trial, solutionShare, tried);
    if (next === null) return { candidate, solved };
    if (random.next() < languageSwitch) language = language === 'en' ? 'zh' : 'en';
    ids.push(wordIds[language].wait);
    candidate = next;
  }
}

/** A candidate that was not tried yet; null when none turns up, as with `1 1`, where few chains exist. */
function proposeNew<Candidate>(
  trial: Trial<Candidate>,
  solutionShare: number,
  tried: readonly number[],
): Candidate | null {
  for (let draw = 0; draw < 12; draw++) {
    const candidate = trial.propose(solutionShare);
    if (!tried.includes(trial.key(candidate))) return candidate;
  }
  return null;
}

/** How often an expert's candidate is the known solution. */
const exemplarySolutionShare = 0.35;

/**
 * Writes a search as an expert does: in one language, with right verdicts, without repetition, in think tags and up to
 * the answer. It ends solved; with `solved` false it tries `attempts` guesses, calls the last one wrong, and answers
 * with it all the same.
 */
export function writeExemplarySearch<Candidate>(
  pen: Pen,
  trial: Trial<Candidate>,
  attempts: number,
  solved: boolean,
): void {
  const { ids, language } = pen;
  ids.push(tokenIds.think);
  const search = writeSearch(pen, trial, {
    solutionShare: solved ? exemplarySolutionShare : 0,
    maxAttempts: solved ? attempts - 1 : attempts,
    patience: 1,
    languageSwitch: 0,
  });
  let { candidate } = search;
  if (solved && !search.solved) {
    ids.push(wordIds[language].wait);
    candidate = trial.propose(1);
    trial.writeAttempt(pen, candidate);
  }
  ids.push(tokenIds.endThink, tokenIds.answer);
  trial.writeAnswer(ids, candidate);
  ids.push(tokenIds.endAnswer, tokenIds.eos);
}
