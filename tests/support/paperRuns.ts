/** Made-up runs for the figures of the paper: smooth curves that no training ever made. */
import type { Row } from '../../lib/core/csv';
import type { TestTime } from '../../lib/evaluation/testTime';
import type { RecordedRun } from '../../lib/plots/paper/ours';
import type { TestTimeOfRun } from '../../lib/plots/paper/testTime';
import type { RolloutRecord } from '../../lib/runs/run';

const sets = [
  { task: 'countdown', level: 3 },
  { task: 'countdown', level: 5 },
  { task: 'programs', level: 2 },
  { task: 'units', level: 0 },
];

/** Rises from 0.1 towards a ceiling that falls from set to set; `boost` tells runs apart. */
const rising = (step: number, set: number, boost: number): number =>
  0.1 + ((0.8 - 0.15 * set + boost) * step) / (step + 20);

const measured = (step: number, set: number, boost: number): Row => {
  const passAt1 = rising(step, set, boost);
  const row: Row = { ...sets[set]!, step, n: 100, samples: 8, passAt1, passAtK: passAt1 + 0.1 };
  Object.assign(row, { consAtK: passAt1 + 0.05, meanLength: 20 + step / 2, waits: step / 30 });
  Object.assign(row, { formatRate: 0.9, languageConsistency: 0.98 });
  for (const key of ['passAt1', 'consAtK']) {
    row[`${key}/low`] = passAt1 - 0.05;
    row[`${key}/high`] = passAt1 + 0.06;
  }
  return row;
};

const perStep = (step: number, boost: number): Row => ({
  step,
  'completion/length': 25 + step / 2,
  'reward/accuracy': rising(step, 0, boost),
  'reward/preference': step / 10 - 3,
  'countdown/accuracy': rising(step, 1, boost),
  'programs/accuracy': rising(step, 2, boost),
  'countdown/waits': step / 20,
  'countdown/languageConsistency': 0.97 + boost / 10,
});

const searching = '<think> try 2 + 3 = 5 -> 6 no wait try 2 * 3 = 6 -> 6 yes </think> <answer> 2 * 3 </answer> <eos>'; // prettier-ignore
const direct = '<answer> 2 + 3 </answer> <eos>';

const rollouts = (steps: readonly number[]): RolloutRecord[] =>
  steps.flatMap((step) =>
    (['train', 'held-out'] as const).map((split) => ({
      step,
      split,
      task: step % 20 === 0 ? 'countdown' : 'units',
      level: 3,
      language: 'en',
      prompt: split === 'train' ? `make ${step} : 2 3` : 'make 6 : 2 3 _ _',
      completion: step > 10 ? searching : direct,
      reward: {},
      correct: step > 10,
    })),
  );

/** A run with everything that a figure may ask of one. */
export function paperRun(name: string, boost = 0): RecordedRun {
  const steps = Array.from({ length: 51 }, (_, step) => step);
  const evaluations = [0, 25, 50].flatMap((step) => sets.map((_, i) => measured(step, i, boost)));
  const closing = evaluations.slice(-sets.length).map((row) => ({
    ...row,
    passAt1Interval: [row['passAt1/low'], row['passAt1/high']],
  }));
  const config = {
    model: { contextLength: 176 },
    plan: sets.map((set) => ({ ...set, prompts: 8 })),
    late: { from: 30, maxNewTokens: 300 },
    grpo: { klCoef: 0, clipEpsilonLow: 0.2, clipEpsilonHigh: 0.2, updatesPerBatch: 2 },
    rewards: { accuracy: 1, format: 0.1, language: 0.3 },
    ...{ steps: 50, groupSize: 16, maxNewTokens: 150, learningRate: 1e-4 },
    ...{ epochs: 4, traces: 400, tracesPerStep: 16, pairs: 300, pairsPerStep: 64 },
  };
  const result = {
    evaluations: closing,
    general: { utility: 1.5 },
    counts: { removed: { 'wrong answer': 60, duplicate: 20 }, kept: 20 },
    makeUp: { reasoning: { traces: 20 }, 'give-up': { traces: 2 }, general: { traces: 7 } },
  };
  return {
    name,
    weights: 88_000,
    info: {
      ...{ stage: 'made-up', size: 'small', seed: 0, config, versions: {}, commit: 'none' },
      ...{ finished: true, steps: 50, seconds: 60, tokens: 1e6, result },
    },
    metrics: steps.map((step) => perStep(step, boost)),
    evaluations,
    rollouts: rollouts(steps.filter((step) => step % 10 === 0)),
  };
}

/** A stage with three seeds. */
export const paperSeeds = (stage: string, boost = 0): RecordedRun[] =>
  [0, 0.02, -0.02].map((more, seed) => paperRun(`${stage}-s${seed}`, boost + more));

/** Votes on a hundred problems, the harder ones with longer completions. */
function votesOf(model: string, level: number, skill: number): TestTime & { model: string } {
  const votes = [1, 2, 4, 8].map((k) => {
    const [passAtK, consAtK] = [1 - (1 - skill) ** k, skill + (0.3 * k) / (k + 2)];
    const around = (value: number): [number, number] => [value - 0.03, Math.min(1, value + 0.03)];
    return { k, passAtK, consAtK, passInterval: around(passAtK), consInterval: around(consAtK) };
  });
  const right = Array.from({ length: 100 }, (_, i) => Math.min(8, Math.floor((i * skill) / 5)));
  const lengths = right.map((r, i) => 100 - 8 * r + (i % 7));
  return { model, task: 'countdown', level, n: 100, samples: 8, votes, right, lengths };
}

export const paperVotes: TestTimeOfRun = {
  name: 'small-test-time-s0',
  lines: ['base', 'r1-zero', 'r1'].flatMap((model, i) => [
    votesOf(model, 3, 0.2 + 0.2 * i),
    votesOf(model, 5, 0.1 + 0.15 * i),
  ]),
};
