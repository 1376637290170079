/** What the recorded runs compare, as charts and tables: for the notebooks and for data/figures. */
import { UserError } from '../core/errors';
import { comparison } from '../plots/comparison';
import type { Chart } from '../plots/theme';
import { armLines, armRows, type ArmLine, type Arms } from './arms';
import { recorded } from '../stages/places';

interface RecordedComparison {
  readonly title: string;
  /** of the model; `small` unless it says otherwise */
  readonly size?: string;
  readonly arms: Arms;
}

const students: Arms = {
  base: 'base',
  'short answers': 'short-answers',
  'RL alone': 'student-rl',
  distilled: 'distilled',
  'soft labels': 'distilled-soft',
  'distilled, then RL': 'distilled-rl',
};

export const recordedComparisons = {
  stages: {
    title: 'The stages of the recipe',
    arms: {
      base: 'base',
      'R1-Zero': 'r1-zero',
      Dev1: 'dev1',
      Dev2: 'dev2',
      Dev3: 'dev3',
      R1: 'r1',
    },
  },
  ladder: {
    title: 'A ladder of losses, sixty steps each',
    arms: {
      'this workbook': 'ladder-workbook',
      GRPO: 'ladder-grpo',
      'Dr. GRPO': 'ladder-dr-grpo',
      DAPO: 'ladder-dapo',
      RLOO: 'ladder-rloo',
      'REINFORCE++': 'ladder-reinforce',
    },
  },
  ppo: {
    title: 'GRPO and PPO at equal samples, sixty steps each',
    arms: {
      GRPO: 'ladder-workbook',
      'PPO, lambda 1': 'ppo-lambda-1',
      'PPO, lambda .95': 'ppo-lambda-95',
    },
  },
  imitation: {
    title: 'Imitation and trial and error, on as many completions',
    arms: {
      'imitate all': 'sft-all',
      'imitate the right ones': 'sft-right',
      GRPO: 'ladder-workbook',
    },
  },
  messy: {
    title: 'Verdicts that err, sixty steps each',
    arms: {
      'no error': 'ladder-workbook',
      '10 % flipped': 'flipped-10',
      '25 % flipped': 'flipped-25',
      '40 % flipped': 'flipped-40',
      'sees half': 'half-sighted',
    },
  },
  unequal: {
    title: 'Languages of unequal skill, sixty steps each',
    arms: { 'free to mix': 'unequal-free', 'one language': 'unequal-one-language' },
  },
  'students-tiny': { title: 'A student of 27 thousand weights', size: 'tiny', arms: students },
  'students-mini': { title: 'A student of 56 thousand weights', size: 'mini', arms: students },
  'students-small': { title: 'A student of 88 thousand weights', size: 'small', arms: students },
} as const satisfies Record<string, RecordedComparison>;

export type ComparisonName = keyof typeof recordedComparisons;

/** What is recorded of a comparison. */
export function comparisonLines(name: ComparisonName): ArmLine[] {
  const { size = 'small', arms }: RecordedComparison = recordedComparisons[name];
  return armLines(recorded, size, arms);
}

/** The chart of a comparison of which at least two arms are recorded; otherwise a UserError. */
export function comparisonChart(name: ComparisonName): Chart {
  const { title, size = 'small' }: RecordedComparison = recordedComparisons[name];
  const lines = comparisonLines(name);
  if (new Set(lines.map(({ arm }) => arm)).size < 2)
    throw new UserError(`nothing to compare in ${name}: record its stages with npm run recipe`);
  const seeds = [...new Set(lines.map(({ evaluations }) => evaluations.length))].sort();
  const n = Math.max(...lines.map(({ evaluations }) => evaluations[0]!.n));
  const subtitle = `${size}; ${seeds.join(' or ')} ${seeds.at(-1) === 1 ? 'seed' : 'seeds'}, up to ${n} held-out problems each; 95 % intervals`;
  return comparison({ title, subtitle }, armRows(lines));
}
