/**
 * Distillation (DeepSeek-R1, v1 sections 2.4 and 4.1): students imitate R1's verified traces, without any reinforcement
 * learning; and what they are compared with: the same student learning by itself with more computation, the corpus's own
 * short answers, fewer traces, and the teacher's whole distributions.
 */
import type { Model } from '../model/parameters';
import {
  defaultDistillation,
  makeDistillationData,
  makeUpByTask,
  shortAnswers,
  type DistillationSettings,
} from '../stages/distillation';
import { trainRL } from '../stages/rl';
import { imitationSettings, settingsFrom, studentRLSettings } from '../stages/settings';
import type { RLSettings, SftSettings } from '../stages/settings';
import { trainSft } from '../stages/sft';
import { readTraces, traceFile, type Trace } from '../stages/traces';
import { rlLayers, sftLayers } from './layers';
import type { Job, Outcome, Stage } from './stage';

/** The teacher's data set, with its datasheet. */
const data: Stage<string, { run: DistillationSettings }> = {
  kind: 'data',
  needs: ['r1'],
  settings: ({ preset }) => ({
    run: settingsFrom({ defaults: defaultDistillation, preset: preset.distillation }),
  }),
  make: async ({ models, ...job }, { run }) => ({
    info: await makeDistillationData({ ...job, teacher: models[0]!, settings: run }),
  }),
};

/** What a student makes of the teacher's data set before it imitates it. */
type Change = (traces: readonly Trace[], seed: number) => readonly Trace[];

const asItIs: Change = (traces) => traces;

/** A student: its own base, trained on the teacher's data set or on what `change` makes of it. */
const imitating = (
  change = asItIs,
  own: Partial<SftSettings> = {},
): Stage<string, { run: SftSettings }> => ({
  kind: 'SFT',
  needs: ['base'],
  ofTeacher: ['distillation-data'],
  ofStudents: true,
  anyBase: true,
  settings: (asked) => ({
    run: sftLayers(asked, { ...imitationSettings, ...own }, asked.preset.distilled),
  }),
  make: (job, { run }) => imitate(job, change, run),
});

/** The student learns from the teacher's distributions over the same traces. */
const softLabels: Stage<string, { run: SftSettings }> = {
  ...imitating(),
  ofTeacher: ['r1', 'distillation-data'],
  make: (job, { run }) => imitate(job, asItIs, run, job.models[1]),
};

/** Imitates for as many steps as the whole data set takes in `run.epochs`, also where `change` leaves fewer traces. */
function imitate(
  { models, names, ...job }: Job,
  change: Change,
  run: SftSettings,
  softLabels?: Model,
): Outcome {
  const dataSet = names.at(-1)!;
  const whole = readTraces(traceFile(job.place, dataSet));
  const traces = change(whole, job.seed);
  const epochs = Math.max(1, Math.round((run.epochs * whole.length) / traces.length));
  const about = { dataSet, makeUp: makeUpByTask(traces) };
  const from = models[0]!;
  return trainSft({ ...job, from, traces, about, softLabels, settings: { ...run, epochs } });
}

/** A student that learns by itself, or goes on by itself. */
const alone = (
  from: 'base' | 'distilled',
  own: Partial<RLSettings> = {},
): Stage<string, { run: RLSettings }> => ({
  kind: 'RL',
  needs: [from],
  ofStudents: true,
  anyBase: true,
  settings: (asked) => {
    const { size, studentRL } = asked.preset;
    return { run: rlLayers(asked, { ...studentRLSettings(size), ...own }, studentRL) };
  },
  make: ({ models, ...job }, { run }) => trainRL({ ...job, from: models[0]!, settings: run }),
});

const few = (count: number): ReturnType<typeof imitating> =>
  imitating((traces) => traces.slice(0, count));

/** Both arms get five trials on `tiny`, seed 0; the settings keep the best of each. */
const imitationTrials = [1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2];
const rlTrials = [1.5e-4, 4e-4, 1e-3, 2.5e-3, 7e-5];

const imitationTrial = (n: number): ReturnType<typeof imitating> =>
  imitating(asItIs, { learningRate: imitationTrials[n - 1] });
const rlTrial = (n: number): ReturnType<typeof alone> =>
  alone('base', { steps: 300, learningRate: rlTrials[n - 1] });

/** The data that students learn from, and what becomes of students. */
export const students = {
  'distillation-data': data,
  distilled: imitating(),
  'student-rl': alone('base'),
} as const satisfies Record<string, Stage>;

/** Students with one thing changed. */
export const studentArms = {
  'short-answers': imitating(shortAnswers),
  'distilled-rl': alone('distilled', { steps: 60 }),
  'distilled-soft': softLabels,
  'distilled-300': few(300),
  'distilled-1000': few(1000),
  'distilled-3000': few(3000),
  'distilled-trial-1': imitationTrial(1),
  'distilled-trial-2': imitationTrial(2),
  'distilled-trial-3': imitationTrial(3),
  'distilled-trial-4': imitationTrial(4),
  'distilled-trial-5': imitationTrial(5),
  'student-rl-trial-1': rlTrial(1),
  'student-rl-trial-2': rlTrial(2),
  'student-rl-trial-3': rlTrial(3),
  'student-rl-trial-4': rlTrial(4),
  'student-rl-trial-5': rlTrial(5),
} as const satisfies Record<string, Stage>;
