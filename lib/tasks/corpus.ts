/**
 * The corpus that stands in for the internet: problems with answers of all qualities, facts, and drills. It is
 * never stored; the same seed writes the same documents.
 */
import { UserError } from '../core/errors';
import { pick, pickWeighted, type Random } from '../core/random';
import { tokenIds, type Language } from '../tokenizer/vocabulary';
import { writeCountdown } from './countdown';
import { writeDrill } from './drill';
import { writeFacts } from './facts';
import {
  generate,
  inVocabulary,
  promptIds,
  taskNamed,
  taskOf,
  type OwnProblems,
  type Problem,
} from './index';
import { writePrograms, type ProgramsSettings } from './programs';
import type { Pen } from './task';
import type { TrialSettings, WritingHabits } from './trials';
import { writeUnits, type UnitsSettings } from './units';

/** Everything that shapes the documents. Shares of sources, levels and styles are weights and need no sum. */
export interface Corpus {
  /** `facts`, `drill`, and tasks by their names */
  readonly sources: Readonly<Record<string, number>>;
  readonly chineseShare: number;
  /** of a task: the weights of its levels 1, 2, …; a task that is missing here draws all its levels alike */
  readonly levels: Readonly<Record<string, readonly number[]>>;
  readonly countdown: TrialSettings;
  readonly programs: ProgramsSettings;
  readonly units: UnitsSettings;
  readonly habits: WritingHabits;
  /** share of the sums in the facts that have a large second number */
  readonly largeFactsShare: number;
}

/** One document: the prompt with `<bos>`, then the completion. Facts and drills have `<bos>` alone as prompt. */
export interface CorpusDocument {
  readonly source: string;
  readonly ids: number[];
  readonly promptLength: number;
}

/** The corpus of the base model. Searching is in it, but rare: about every eighth English answer is a search. */
export const defaultCorpus: Corpus = {
  sources: { countdown: 0.37, programs: 0.33, units: 0.15, facts: 0.06, drill: 0.09 },
  chineseShare: 0.4,
  levels: { countdown: [0.1, 0.1, 0.6, 0.1, 0.1], programs: [0.15, 0.75, 0.1], units: [] },
  countdown: {
    styles: {
      en: { direct: 0.45, short: 0.42, search: 0.13 },
      zh: { direct: 0.3, short: 0.35, search: 0.35 },
    },
    solutionShare: { direct: 0.5, short: 0.35, search: { en: 0.2, zh: 0.2 } },
    verdictShare: 0.75,
    maxAttempts: [9, 9, 9, 7, 7],
  },
  programs: {
    styles: {
      en: { direct: 0.42, short: 0.42, search: 0.13 },
      zh: { direct: 0.27, short: 0.35, search: 0.35 },
    },
    solutionShare: { direct: 0.35, short: 0.35, search: { en: 0.2, zh: 0.2 } },
    verdictShare: 0.75,
    maxAttempts: [4, 5, 4],
    tableShare: 0.03,
    fitShare: 0.75,
  },
  units: {
    styles: { direct: 0.4, worked: 0.5, secondThoughts: 0.1 },
    rightShare: { direct: 0.45, worked: 0.6 },
    // Wrong units are rare: with as many as of the others, small models learn late, or never, to copy the right one.
    slips: { start: 0.45, sign: 0.45, unit: 0.1 },
  },
  habits: { missingTags: 0.3, patience: 0.75, languageSwitch: 0.1, verdictNoise: 0 },
  largeFactsShare: 0.35,
};

/** The same corpus without one search in it: no second attempt and no `wait`. Its share goes to the other styles. */
export const noSearchCorpus: Corpus = {
  ...defaultCorpus,
  countdown: { ...defaultCorpus.countdown, styles: withoutSearch(defaultCorpus.countdown) },
  programs: { ...defaultCorpus.programs, styles: withoutSearch(defaultCorpus.programs) },
  units: {
    ...defaultCorpus.units,
    styles: { ...defaultCorpus.units.styles, secondThoughts: 0 },
  },
};

/**
 * The same corpus by careless authors: no drill, and every verdict is a coin toss. (If only every second one is, a
 * model learns to be right in three of four, and reinforcement learning sharpens that to nine of ten.)
 */
export const weakVerdictCorpus: Corpus = {
  ...defaultCorpus,
  sources: { ...defaultCorpus.sources, drill: 0 },
  habits: { ...defaultCorpus.habits, verdictNoise: 1 },
};

/** The same corpus, but the Chinese authors guess much better than the English ones when they search. */
export const unequalCorpus: Corpus = {
  ...defaultCorpus,
  countdown: withGuessing(defaultCorpus.countdown),
  programs: { ...defaultCorpus.programs, ...withGuessing(defaultCorpus.programs) },
};

function withGuessing(settings: TrialSettings): TrialSettings {
  const search = { en: 0.1, zh: 0.35 };
  return { ...settings, solutionShare: { ...settings.solutionShare, search } };
}

function withoutSearch({ styles }: TrialSettings): TrialSettings['styles'] {
  return { en: { ...styles.en, search: 0 }, zh: { ...styles.zh, search: 0 } };
}

/** One random document. Its problem is never a held-out one. */
export function corpusDocument(corpus: Corpus, random: Random): CorpusDocument {
  const names = Object.keys(corpus.sources);
  const source = names[pickWeighted(Object.values(corpus.sources), random)]!;
  const language: Language = random.next() < corpus.chineseShare ? 'zh' : 'en';
  const ids: number[] = [tokenIds.bos];
  const promptLength = writeDocument({ ids, language, random }, source, corpus);
  return { source, ids, promptLength };
}

/** Writes the rest of a document and returns the length of its prompt. */
function writeDocument(pen: Pen, source: string, corpus: Corpus): number {
  const { ids, language, random } = pen;
  if (source === 'facts' || source === 'drill') {
    if (source === 'facts') writeFacts(ids, corpus.largeFactsShare, random);
    else writeDrill(ids, language, random);
    ids.push(tokenIds.eos);
    return 1;
  }
  const problem = generate(source, drawLevel(source, corpus, random), random, 'train');
  const promptLength = ids.push(...promptIds(problem, language).slice(1)); // <bos> is there
  writeCompletion(pen, problem, corpus);
  return promptLength;
}

/** A level of a task. Units has no weights: its level 0 stands for a mixture of both. */
function drawLevel(task: string, corpus: Corpus, random: Random): number {
  const weights = corpus.levels[task];
  if (!weights) return pick(taskNamed(task).levels, random);
  return weights.length > 0 ? 1 + pickWeighted(weights, random) : 0;
}

/**
 * Writes a completion as the corpus has them, right or wrong, in one of its styles. Throws a UserError for a task that
 * does not say how people write of it.
 */
export function writeCompletion(pen: Pen, problem: Problem, corpus: Corpus): void {
  const { habits } = corpus;
  const own = problem as OwnProblems[keyof OwnProblems];
  switch (own.task) {
    case 'countdown':
      return writeCountdown(pen, own, corpus.countdown, habits);
    case 'programs':
      return writePrograms(pen, own, corpus.programs, habits);
    case 'units':
      return writeUnits(pen, own, corpus.units, habits);
  }
  const task = inVocabulary(taskOf(problem));
  if (!task.writeCompletion)
    throw new UserError(`no corpus of ${task.name}: give the task a writeCompletion`);
  task.writeCompletion(pen, problem);
}

/** The corpus of one task alone, with the facts and the drill that every base model needs for its verdicts. */
export const corpusOf = (task: string): Corpus => ({
  ...defaultCorpus,
  sources: { [task]: 0.8, facts: 0.08, drill: 0.12 },
});
