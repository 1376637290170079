/** Language models in notebooks: one is brought in where it is not there, asked, and trained under a live chart. */
import * as path from 'node:path';
import { disposeMerged } from '../model/lora';
import type { Model } from '../model/parameters';
import { wordsChart } from '../plots/wordsChart';
import { courseNamed } from '../recipe/language/data';
import type { RewardFunction } from '../rewards/reward';
import type { RolloutRecord } from '../runs/run';
import { bringIn } from '../stages/language/bringIn';
import { loadAdapted, loadLanguageModel } from '../stages/language/models';
import { languageRLSettings } from '../stages/language/settings';
import { recorded, shortPath, stageName } from '../stages/places';
import { trainRL } from '../stages/rl';
import type { Judge } from '../stages/rollouts';
import { settingsFrom, type RLSettings } from '../stages/settings';
import type { TextTokenizer } from '../tokenizer/textTokenizer';
import type { Steering } from '../stages/loop/steering';
import type { Workbook } from './openWorkbook';
import { runDrawn, type DrawnRun } from './stageRun';

/** A language model by its name. */
export interface LanguageModel {
  readonly name: string;
  readonly model: Model & { readonly tokenizer: TextTokenizer };
}

/**
 * Opens a language model; where it is not there, it is brought in first. In smoke mode it is one of random weights, which
 * needs no download.
 */
export async function languageModel(
  { mode, place }: Workbook,
  name = 'smollm2',
): Promise<LanguageModel> {
  const asked = mode === 'smoke' ? 'random' : name;
  const at = mode === 'smoke' ? { place } : {};
  const { name: found, folder, isNew } = await bringIn(asked, at);
  if (isNew) console.log(`${found} is now in ${shortPath(folder)}`);
  const model = loadLanguageModel(found, at.place);
  return { name: found, model: { ...model, tokenizer: model.tokenizer! } };
}

/** What smoke mode does less of. */
const smoke: Partial<RLSettings> = {
  steps: 2,
  groupSize: 4,
  maxNewTokens: 8,
  finalProblems: 2,
  evaluationProblems: 2,
};

/** What live mode does less of than the recorded runs. */
const live: Partial<RLSettings> = { finalProblems: 64 };

export interface RunLanguageOptions {
  /** default `r1-zero` */
  readonly stage?: string;
  /** what it is asked: a course, or a task in words; default `words` */
  readonly data?: string;
  readonly title?: string;
  readonly settings?: Partial<RLSettings>;
  readonly rewardFn?: RewardFunction;
  readonly judge?: Judge;
  readonly steering?: Steering;
  /** prints a sentence of each step */
  readonly sentences?: boolean;
}

/** Where the runs of a language model on some data are. */
export const onData = <Book extends Pick<Workbook, 'mode' | 'place'>>(
  book: Book,
  data: string,
) => ({
  ...book,
  place: path.join(book.place, 'tasks', data),
  recordedPlace: path.join(recorded, 'tasks', data),
  data,
});

/** Reinforcement learning of a language model by adapters: now with live curves, or what is there. */
export async function runLanguage(
  book: Workbook,
  from: LanguageModel,
  options: RunLanguageOptions = {},
): Promise<DrawnRun> {
  const { stage = 'r1-zero', data = 'words', title = 'R1-Zero', sentences = false } = options;
  const { mode, seed } = book;
  // in replay the model is the one that the recorded run was made with
  const size = from.name;
  const name = stageName(size, stage, seed);
  const places = onData(book, data);
  const { plan, rl } = courseNamed(data);
  const settings = settingsFrom({
    defaults: languageRLSettings({ plan, ...rl }),
    preset: mode === 'smoke' ? smoke : mode === 'live' ? live : {},
    caller: options.settings,
  });
  const { rewardFn, judge, steering } = options;
  const job = {
    size,
    seed,
    stage,
    place: places.place,
    from: from.model,
    fromName: size,
    settings,
  };
  const subtitle = `${name}: rollouts on training problems, mean of five steps`;
  return runDrawn(places, name, {
    draw: (rows, steps) => wordsChart({ title, subtitle }, rows, steps),
    train: (onStep) => trainRL({ ...job, rewardFn, judge, steering, onStep }),
    free: (model) => disposeMerged(model.parameters, from.model.parameters),
    ...(sentences && { read: printSentences }),
  });
}

/** Prints the first rollout that is kept of each step: `step 3  right  A cat sits by the candle.` */
function printSentences(kept: readonly RolloutRecord[]): void {
  const steps = new Set(kept.map(({ step }) => step));
  for (const step of steps) {
    const { completion, correct } = kept.find((one) => one.step === step)!;
    const text = completion
      .replace(/<eos>$/, '')
      .replace(/\s+/g, ' ')
      .trim();
    console.log(`step ${String(step).padStart(3)}  ${correct ? 'right' : 'wrong'}  ${text}`);
  }
}

/** The model that a run has left: the start model with the run's adapters in it. */
export const adaptedModel = (book: Workbook, { folder, name }: DrawnRun): Model =>
  loadAdapted(name, path.resolve(folder, '../..'), book.mode === 'smoke' ? book.place : undefined);
