/** Preferences: two answers to one prompt and which of them somebody liked better, one JSON object a line. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { isNumber, isText, maybe, oneOf } from '../core/fields';
import { plainName, readTextFile, writeFileAtomic } from '../core/files';
import { jsonLines, parseJsonLines } from '../core/jsonLines';
import { createRandom, shuffle } from '../core/random';
import { mean } from '../core/statistics';
import type { Model } from '../model/parameters';
import { preferenceProbability, utility } from '../rewards/annotator';
import { defaultCap } from '../sampling/cap';
import { promptIds, promptText, type Problem } from '../tasks/index';
import { planOf, problemsOfPlan } from '../tasks/plan';
import { encode } from '../tokenizer/tokenizer';
import { languageInTurn, languages, type Language } from '../tokenizer/vocabulary';
import type { Pair } from '../training/rewardModel';
import { samplerFor, shortPath, type Place } from './places';
import type { SamplingSettings } from './settings';

/** A line of a preference file. */
export interface Preference {
  readonly task: string;
  readonly language: string;
  /** without `<bos>` */
  readonly prompt: string;
  readonly a: string;
  readonly b: string;
  /** 1 for `a`, 0 for `b`, .5 for a tie */
  readonly label: number;
  /** `simulated`, or whoever it was */
  readonly by: string;
  /** of the sampling that made the answers */
  readonly seed: number;
  /** when a person said so, ISO 8601 */
  readonly when?: string;
  /** how often the simulated annotator would say `a`: known only of simulated ones */
  readonly probability?: number;
}

/** Every two completions of a prompt make a pair. */
export type PreferenceSettings = SamplingSettings;

/** Mostly general prompts. The reasoning ones are for the demonstration of what a reward model alone leads to. */
export const defaultPreferences: PreferenceSettings = {
  plan: planOf({
    general: { 1: 2500 },
    countdown: { 3: 300 },
    programs: { 2: 200 },
    units: { 0: 200 },
  }),
  samples: 4,
  maxNewTokens: defaultCap,
};

/** Two different answers of a model to one prompt, not yet judged. */
export interface Candidates {
  readonly problem: Problem;
  readonly language: Language;
  readonly a: string;
  readonly b: string;
}

/** Pairs of completions of training prompts; pairs of equal texts are left out. */
export async function samplePairs(
  { config, parameters }: Model,
  seed: number,
  { plan, samples, maxNewTokens }: PreferenceSettings,
): Promise<Candidates[]> {
  const random = createRandom(seed, 'preferences');
  const problems = problemsOfPlan(plan, random);
  const sampler = samplerFor(config);
  try {
    const prompts = problems.map((problem, i) => promptIds(problem, languageInTurn(i)));
    const groups = await sampler.sample(parameters, prompts, {
      groupSize: samples,
      maxNewTokens,
      seed,
    });
    const pairs = groups.flatMap((group, i) =>
      Array.from({ length: Math.floor(samples / 2) }, (_, k): Candidates => {
        const [a, b] = [group[2 * k]!.text, group[2 * k + 1]!.text];
        return { problem: problems[i]!, language: languageInTurn(i), a, b };
      }),
    );
    return shuffle(
      pairs.filter(({ a, b }) => a !== b),
      random,
    );
  } finally {
    sampler.dispose();
  }
}

/** Labels each pair as the simulated annotator does. */
export function annotate(pairs: readonly Candidates[], seed: number): Preference[] {
  const random = createRandom(seed, 'annotator');
  return pairs.map(({ problem, language, a, b }): Preference => {
    const liking = (text: string): number => utility(problem, text, language);
    const probability = preferenceProbability(liking(a), liking(b));
    const label = Number(random.next() < probability);
    const prompt = promptText(problem, language);
    return {
      task: problem.task,
      language,
      prompt,
      a,
      b,
      label,
      by: 'simulated',
      seed,
      probability,
    };
  });
}

/**
 * Balanced: as many pairs whose longer answer was chosen as pairs whose shorter one was, so that length alone
 * predicts nothing (DeepSeek-R1, section 3.1), and the chosen answer as often first as second.
 */
export function balance(preferences: readonly Preference[], seed: number): Preference[] {
  const random = createRandom(seed, 'balance');
  const lengthOf = (text: string): number => text.split(' ').length;
  const sign = ({ a, b, label }: Preference): number =>
    Math.sign((lengthOf(a) - lengthOf(b)) * (label - 0.5));
  const tasks = [...new Set(preferences.map(({ task }) => task))];
  const kept = tasks.flatMap((task) => {
    const own = shuffle(
      preferences.filter((p) => p.task === task),
      random,
    );
    const [longer, shorter, rest] = [1, -1, 0].map((s) => own.filter((p) => sign(p) === s));
    const n = Math.min(longer!.length, shorter!.length);
    return [...longer!.slice(0, n), ...shorter!.slice(0, n), ...rest!];
  });
  return shuffle(kept, random).map((preference, i) => {
    const chosenFirst = preference.label > 0.5;
    return chosenFirst === (i % 2 === 0) ? preference : swap(preference);
  });
}

function swap(p: Preference): Preference {
  const { a, b, label, probability } = p;
  const turned = { ...p, a: b, b: a, label: 1 - label };
  return probability === undefined ? turned : { ...turned, probability: 1 - probability };
}

/** The best accuracy that any model can reach on these simulated labels: the annotator's own consistency. */
export function bayesCeiling(preferences: readonly Preference[]): number {
  return mean(preferences.map(({ probability: p = 1 }) => Math.max(p, 1 - p)));
}

/** Returns a preference as the token ids that the reward model reads. */
export function pairOf({ prompt, a, b, label }: Preference): Pair {
  return { a: encode(`<bos> ${prompt} ${a}`), b: encode(`<bos> ${prompt} ${b}`), label };
}

/** Throws a UserError where all labels are of one kind, which teaches nothing. */
export function refuseOneLabel(preferences: readonly Preference[], where: string): void {
  const labels = new Set(preferences.map(({ label }) => label));
  if (labels.size < 2)
    throw new UserError(
      `${where} has only one kind of label (${[...labels].join() || 'none'}): label more pairs, both ways`,
    );
}

export const preferenceFile = (place: Place, name: string): string =>
  path.join(place, 'preferences', `${plainName(name)}.jsonl`);

export function writePreferences(file: string, preferences: readonly Preference[]): void {
  writeFileAtomic(file, jsonLines(preferences));
}

const fields = {
  task: isText,
  language: oneOf(...languages),
  prompt: isText,
  a: isText,
  b: isText,
  label: oneOf(0, 0.5, 1),
  by: isText,
  seed: isNumber,
  when: maybe(isText),
  probability: maybe(isNumber),
};

/** Reads a preference file. A missing file and a line that is no preference are UserErrors that name it. */
export function readPreferences(file: string): Preference[] {
  const where = shortPath(file);
  if (!fs.existsSync(file))
    throw new UserError(`no preferences at ${where}: label some pairs first`);
  return parseJsonLines<Preference>(readTextFile(file), {
    where,
    what: 'preference',
    fields,
    check: pairOf,
    fix: 'mend or remove that line',
  });
}
