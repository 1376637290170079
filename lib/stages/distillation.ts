/**
 * Distillation (DeepSeek-R1, v1 sections 2.4 and 4.1): a small base model imitates R1's verified traces, without any
 * reinforcement learning; and what it is compared with: the same student learning by itself with more compute, the
 * corpus's own short answers, fewer traces, and the teacher's whole distributions.
 */
import { UserError } from '../core/errors';
import { writeFileAtomic } from '../core/files';
import { createRandom, shuffle } from '../core/random';
import type { Model } from '../model/parameters';
import { noSearchCorpus, writeCompletion } from '../tasks/corpus';
import { generate, promptText, verify } from '../tasks/index';
import { decode, encode } from '../tokenizer/tokenizer';
import { taskVocabularySize, type Language } from '../tokenizer/vocabulary';
import { Run } from '../runs/run';
import { collectTraces, filters, type Counts, type FilterName } from './collect';
import { datasheet } from './datasheet';
import { runFolder, samplerFor } from './places';
import { makeUp } from './rejectionSampling';
import { studentRLSettings, studentSettings, type PlanEntry, type SftSettings, type RLSettings } from './settings'; // prettier-ignore
import { trainSft } from './sft';
import { nameOf, type Job, type Outcome, type Stage } from '../recipe/stage';
import { readTraces, traceFile, writeTraces, type Trace } from './traces';
import { versions } from './versions';
import { trainRL } from './rl';

export interface DistillationSettings {
  readonly plan: readonly PlanEntry[];
  readonly samples: number;
  /** of each prompt at most so many different traces */
  readonly perPrompt: number;
  readonly filter: FilterName;
  /** traces in all, at most */
  readonly traces: number;
}

export const defaultDistillation: DistillationSettings = {
  plan: [
    { task: 'countdown', level: 3, prompts: 1300 },
    { task: 'countdown', level: 5, prompts: 1800 },
    { task: 'programs', level: 2, prompts: 1200 },
    { task: 'programs', level: 3, prompts: 300 },
    { task: 'units', level: 0, prompts: 800 },
  ],
  samples: 8,
  perPrompt: 3,
  filter: 'clean',
  traces: 10_000,
};

export interface DistillationSet {
  readonly traces: Trace[];
  /** what each filter took out */
  readonly counts: Counts;
  /** traces without a fault that the smaller vocabulary of a base cannot spell */
  readonly unspeakable: number;
  /** tokens sampled */
  readonly tokens: number;
}

/** Traces of R1 on training problems, only those without a fault, in the words that a base knows. */
export async function distillationTraces(
  teacher: Model,
  seed: number,
  settings: DistillationSettings = defaultDistillation,
): Promise<DistillationSet> {
  const sampler = samplerFor(teacher.config);
  try {
    const options = { ...settings, ...filters[settings.filter], seed, maxNewTokens: 150 };
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

/** The teacher's data set, with its datasheet. */
const data: Stage = {
  needs: ['r1'],
  makesModel: false,
  make: async (job) => {
    const { preset, size, seed, stage, place, fromName, models } = job;
    const settings = { ...defaultDistillation, ...preset.distillation };
    const { run } = Run.open(
      runFolder(place, nameOf(job)),
      {
        stage,
        size,
        seed,
        config: { from: fromName, model: models[0]!.config, ...settings },
        versions: await versions(),
      },
      job.startedAt,
    );
    const { traces, counts, unspeakable, tokens } = await distillationTraces(
      models[0]!,
      seed,
      settings,
    );
    if (traces.length === 0)
      throw new UserError(`${fromName} gave no trace to learn from: train it longer`);
    const file = traceFile(place, nameOf(job));
    writeTraces(file, traces);
    const about = { counts, unspeakable, makeUp: byTask(traces) };
    writeFileAtomic(
      file.replace(/jsonl$/, 'md'),
      datasheet(fromName, traces, counts, about.makeUp),
    );
    run.tokens = tokens;
    return { info: run.finish(0, about) };
  },
};

/** How the data set is made up, by task and level. */
const byTask = (traces: readonly Trace[]): ReturnType<typeof makeUp> =>
  makeUp(traces.map((trace) => ({ ...trace, kind: `${trace.task} ${trace.level}` })));

/** A student: its own base, trained on the teacher's data set or on what `change` makes of it. */
const imitating = (
  change: (traces: readonly Trace[], seed: number) => readonly Trace[] = (traces) => traces,
  settings: Partial<SftSettings> = {},
): Stage => ({
  needs: ['base'],
  ofTeacher: ['distillation-data'],
  anyBase: true,
  make: (job) => imitate(job, change, settings),
});

async function imitate(
  { preset, models, names, ...job }: Job,
  change: (traces: readonly Trace[], seed: number) => readonly Trace[],
  changed: Partial<SftSettings>,
  softLabels?: Model,
): Outcome {
  const dataSet = names.at(-1)!;
  const whole = readTraces(traceFile(job.place, dataSet));
  const traces = change(whole, job.seed);
  const settings = { ...studentSettings(job.size), ...changed, ...preset.distilled };
  // as many steps whatever the number of traces
  const epochs = Math.max(1, Math.round((settings.epochs * whole.length) / traces.length));
  const about = { dataSet, makeUp: byTask(traces) };
  const from = models[0]!;
  return trainSft({ ...job, from, traces, about, softLabels, settings: { ...settings, epochs } });
}

/** The teacher's distributions on the same traces. */
const softLabels: Stage = {
  needs: ['base'],
  ofTeacher: ['r1', 'distillation-data'],
  anyBase: true,
  make: (job) => imitate(job, (traces) => traces, {}, job.models[1]),
};

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

/** A student that learns by itself, or goes on by itself. */
const alone = (from: 'base' | 'distilled', settings: Partial<RLSettings> = {}): Stage => ({
  needs: [from],
  anyBase: true,
  make: ({ preset, models, ...job }) => {
    const all = {
      ...preset.rl,
      ...studentRLSettings(job.size),
      ...settings,
      ...preset.studentRL,
    };
    return trainRL({ ...job, from: models[0]!, settings: all });
  },
});

const few = (count: number): Stage => imitating((traces) => traces.slice(0, count));

/** Both arms get five trials on `tiny`, seed 0; the settings keep the best of each. */
const imitationTrials: readonly Partial<SftSettings>[] = [
  { learningRate: 1e-3 },
  { learningRate: 2e-3 },
  { learningRate: 4e-3 },
  { learningRate: 8e-3 },
  { learningRate: 1.6e-2 },
];
const rlTrials: readonly Partial<RLSettings>[] = [
  { learningRate: 1.5e-4 },
  { learningRate: 4e-4 },
  { learningRate: 1e-3 },
  { learningRate: 2.5e-3 },
  { learningRate: 7e-5 },
];

/** What becomes of students, and of the data they learn from. */
export const distillation = {
  'distillation-data': data,
  distilled: imitating(),
  'student-rl': alone('base'),
} as const satisfies Record<string, Stage>;

export const distillationArms = {
  'short-answers': imitating(shortAnswers),
  'distilled-rl': alone('distilled', { steps: 60 }),
  'distilled-soft': softLabels,
  'distilled-300': few(300),
  'distilled-1000': few(1000),
  'distilled-3000': few(3000),
  'distilled-trial-1': imitating(undefined, imitationTrials[0]),
  'distilled-trial-2': imitating(undefined, imitationTrials[1]),
  'distilled-trial-3': imitating(undefined, imitationTrials[2]),
  'distilled-trial-4': imitating(undefined, imitationTrials[3]),
  'distilled-trial-5': imitating(undefined, imitationTrials[4]),
  'student-rl-trial-1': alone('base', { steps: 300, ...rlTrials[0] }),
  'student-rl-trial-2': alone('base', { steps: 300, ...rlTrials[1] }),
  'student-rl-trial-3': alone('base', { steps: 300, ...rlTrials[2] }),
  'student-rl-trial-4': alone('base', { steps: 300, ...rlTrials[3] }),
  'student-rl-trial-5': alone('base', { steps: 300, ...rlTrials[4] }),
} as const satisfies Record<string, Stage>;
