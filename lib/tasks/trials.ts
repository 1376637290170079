/**
 * Worked answers to the tasks that are solved by trying: countdown and programs. Three styles, as people write them:
 *   direct   the answer alone
 *   short    one attempt, often with its verdict, and then that answer, even where the verdict was `no`
 *   search   attempts, each with a verdict, until one is right or patience ends
 * Many of these answers are wrong on purpose: the base model learns from them that both ways exist, and
 * reinforcement learning has to find out which one pays.
 */
import { pickWeighted, type Random } from '../core/random';
import { tokenIds, wordIds, type Language } from '../tokenizer/vocabulary';

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
  writeAttempt(ids: number[], candidate: Candidate, language: Language): boolean;
  writeAnswer(ids: number[], candidate: Candidate): void;
}

/** Writes `yes` or `no`: whether a value is the wanted one, or a coin toss for a careless author. */
export function writeVerdict(
  ids: number[],
  right: boolean,
  language: Language,
  noise: number,
  random: Random,
): boolean {
  const verdict = noise > 0 && random.next() < noise ? random.next() < 0.5 : right;
  ids.push(verdict ? wordIds[language].yes : wordIds[language].no);
  return verdict;
}

/** Writes a completion to the problem in one of the three styles. */
export function writeTrial<Candidate>(
  ids: number[],
  trial: Trial<Candidate>,
  level: number,
  language: Language,
  settings: TrialSettings,
  habits: WritingHabits,
  random: Random,
): void {
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
      trial.writeAttempt(ids, candidate, language);
      if (random.next() >= settings.verdictShare) ids.pop();
      if (tags) ids.push(tokenIds.endThink);
      break;
    }
    default:
      ids.push(tokenIds.think);
      candidate = writeSearch(
        ids,
        trial,
        language,
        {
          ...habits,
          solutionShare: solutionShare.search[language],
          maxAttempts: settings.maxAttempts[level - 1]!,
        },
        random,
      ).candidate;
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
export function writeSearch<Candidate>(
  ids: number[],
  trial: Trial<Candidate>,
  language: Language,
  settings: SearchSettings,
  random: Random,
): { candidate: Candidate; solved: boolean } {
  const { solutionShare, maxAttempts, patience, languageSwitch } = settings;
  let candidate = trial.propose(solutionShare);
  const tried: number[] = [];
  for (;;) {
    tried.push(trial.key(candidate));
    const solved = trial.writeAttempt(ids, candidate, language);
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
