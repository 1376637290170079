/**
 * Distillation (DeepSeek-R1, v1 sections 2.4 and 4.1): a small base model imitates R1's verified traces, without any
 * reinforcement learning; and what it is compared with: the same student learning by itself with more compute, the
 * corpus's own short answers, fewer traces, and the teacher's whole distributions.
 */
import { UserError } from '../core/errors';
import { writeFileAtomic } from '../core/files';
import { createRandom, shuffle } from '../core/random';
import { recordedShape } from '../model/config';
import type { Model } from '../model/parameters';
import type { Run, RunInfo } from '../runs/run';
import { defaultCap } from '../sampling/cap';
import { noSearchCorpus, writeCompletion } from '../tasks/corpus';
import { generate, promptText, verify } from '../tasks/index';
import { planOf } from '../tasks/plan';
import { decode, encode } from '../tokenizer/tokenizer';
import { taskVocabularySize, type Language } from '../tokenizer/vocabulary';
import { collectTraces, filters, type Counts, type FilterName } from './collect';
import { datasheet } from './datasheet';
import { openRun, type RunOf } from './loop/openRun';
import { samplerFor, stageName, type Place } from './places';
import { makeUp, type MakeUp } from './rejectionSampling';
import type { SamplingSettings } from './settings';
import { traceFile, writeTraces, type Trace } from './traces';

export interface DistillationSettings extends SamplingSettings {
  /** of each prompt at most so many different traces */
  readonly perPrompt: number;
  readonly filter: FilterName;
  /** traces in all, at most */
  readonly traces: number;
}

export const defaultDistillation: DistillationSettings = {
  plan: planOf({
    countdown: { 3: 1300, 5: 1800 },
    programs: { 2: 1200, 3: 300 },
    units: { 0: 800 },
  }),
  samples: 8,
  maxNewTokens: defaultCap,
  perPrompt: 3,
  filter: 'clean',
  traces: 10_000,
};

interface DistillationSet {
  readonly traces: Trace[];
  /** what each filter took out */
  readonly counts: Counts;
  /** traces without a fault that the smaller vocabulary of a base cannot spell */
  readonly unspeakable: number;
  /** tokens sampled */
  readonly tokens: number;
}

/** Traces of R1 on training problems, only those without a fault, in the words that a base knows. */
async function distillationTraces(
  teacher: Model,
  seed: number,
  settings: DistillationSettings,
): Promise<DistillationSet> {
  const sampler = samplerFor(teacher.config);
  try {
    const options = { ...settings, ...filters[settings.filter], seed };
    const { traces, counts, tokens } = await collectTraces(teacher, sampler, options);
    const spoken = traces.filter(({ completion }) =>
      encode(completion).every((id) => id < taskVocabularySize),
    );
    const mixed = shuffle(spoken, createRandom(seed, 'distillation'));
    const unspeakable = traces.length - spoken.length;
    return { traces: mixed.slice(0, settings.traces), counts, unspeakable, tokens };
  } finally {
    sampler.dispose();
  }
}

export interface DistillationOptions extends RunOf {
  /** the model that writes the traces, and its name for the record */
  readonly teacher: Model;
  readonly fromName: string;
  readonly place: Place;
  readonly settings: DistillationSettings;
}

/**
 * Makes the teacher's data set: a file of traces, its datasheet beside it, and a run. Throws a UserError where no trace of
 * the teacher is without a fault.
 */
export async function makeDistillationData(options: DistillationOptions): Promise<RunInfo> {
  const { teacher, fromName, settings } = options;
  const about = { from: fromName, model: recordedShape(teacher.config), ...settings };
  return openRun(options, about, ({ run }) => makeIn(run, options));
}

async function makeIn(run: Run, options: DistillationOptions): Promise<RunInfo> {
  const { teacher, fromName, place, stage, size, seed, settings } = options;
  const set = await distillationTraces(teacher, seed, settings);
  const { traces, counts, unspeakable, tokens } = set;
  if (traces.length === 0)
    throw new UserError(`${fromName} gave no trace to learn from: train it longer`);
  const file = traceFile(place, stageName(size, stage, seed));
  writeTraces(file, traces);
  const shares = makeUpByTask(traces);
  writeFileAtomic(file.replace(/jsonl$/, 'md'), datasheet(fromName, traces, counts, shares));
  run.tokens = tokens;
  return run.finish(0, { counts, unspeakable, makeUp: shares });
}

/** How a data set is made up: traces and tokens of each task and level. */
export const makeUpByTask = (traces: readonly Trace[]): MakeUp =>
  makeUp(traces.map((trace) => ({ ...trace, kind: `${trace.task} ${trace.level}` })));

/** Problems like those of the data set, answered as the corpus does without searching, and rightly. */
export function shortAnswers(traces: readonly Trace[], seed: number): Trace[] {
  const random = createRandom(seed, 'short answers');
  return traces.map(({ task, level, language }) => {
    const problem = generate(task, level, random, 'train');
    const prompt = promptText(problem, language as Language);
    for (;;) {
      const ids: number[] = [];
      writeCompletion({ ids, language: language as Language, random }, problem, noSearchCorpus);
      const completion = decode(ids);
      if (verify(problem, completion).correct)
        return { kind: 'short answer', task, level, language, prompt, completion };
    }
  });
}
