/** Figures of small models that imitate R1, and of small models that do reinforcement learning of their own. */
import { thousands } from '../../core/format';
import { dots, type Bar } from './bars';
import { beside, type PaperFigure } from './frame';
import { armBars, setsByArm, type Arms } from './ours';
import type { Published } from './published';

const axis = { format: '.0%', domain: [0, 1] } as const;

const benchmarks = {
  'AIME 2024': 'aime2024_pass1',
  'MATH-500': 'math500_pass1',
  'GPQA Diamond': 'gpqa_diamond_pass1',
  LiveCodeBench: 'livecodebench_pass1',
} as const;

/**
 * Draws the distilled models beside DeepSeek-R1, v1 Table 5 (v2 Table 15). The arms are our students and their teacher.
 */
export function distilledFigure(
  published: Published<'v1_table05_distilled'>,
  ours: Arms,
): PaperFigure {
  const theirs = published.v1_table05_distilled.flatMap((row) =>
    Object.entries(benchmarks).map(([series, column]): Bar => ({
      category: row.model.replace('DeepSeek-R1-', ''),
      series,
      value: row[column] / 100,
    })),
  );
  return beside(
    {
      title: 'R1 distilled into small models',
      caption:
        'pass@1 of models that imitate verified traces of R1, without any reinforcement learning of their own. The paper’s students are Qwen and Llama models that were trained on much of what people have written; ours have read nothing but our corpus.',
    },
    [dots({ title: 'Published', source: 'DeepSeek-R1, v1 Table 5', ...axis }, theirs)],
    [
      dots(
        { title: 'Ours', source: 'sizes in weights; held-out problems, 95 % intervals', ...axis },
        setsByArm(withWeights(ours)),
      ),
    ],
  );
}

const withWeights = (arms: Arms): Arms =>
  Object.fromEntries(
    Object.entries(arms).map(([arm, runs]) => [`${arm}, ${thousands(runs[0]!.weights)}`, runs]),
  );

/**
 * Draws distillation against RL alone beside DeepSeek-R1, v1 Table 6 (v2 Table 16), in a plot for each size of the
 * student.
 */
export function distillationOrRLFigure(
  published: Published<'v1_table06_distill_vs_rl'>,
  ours: Readonly<Record<string, Arms>>,
): PaperFigure {
  const columns = { ...benchmarks, 'AIME 2024, cons@64': 'aime2024_cons64' } as const;
  const theirs = Object.entries(columns).flatMap(([category, column]) =>
    published.v1_table06_distill_vs_rl.map((row): Bar => ({
      category,
      series: row.model.includes('Distill')
        ? 'distilled'
        : row.model.includes('Zero')
          ? 'RL alone'
          : row.model,
      value: row[column] / 100,
    })),
  );
  const sizes = Object.entries(ours);
  const weights = sizes.map(([size, arms]) => {
    const [runs] = Object.values(arms);
    return `${size} ${thousands(runs![0]!.weights)}`;
  });
  return beside(
    {
      title: 'Imitate a strong teacher, or learn by yourself?',
      caption:
        'The same small model once imitates R1, once does its own reinforcement learning with several times the computation. The paper has one student, and a model of others beside it; ours the base that both arms start from.',
    },
    [dots({ title: 'Published: Qwen2.5-32B', source: 'DeepSeek-R1, v1 Table 6', ...axis }, theirs)],
    [
      dots(
        {
          title: 'Ours: pass@1, held out',
          source: `${weights.join(', ')} weights; 95 % intervals`,
          ...axis,
        },
        sizes.flatMap(([size, arms]) =>
          armBars(arms).map((bar) => ({ ...bar, category: `${size}: ${bar.category}` })),
        ),
      ),
    ],
  );
}
