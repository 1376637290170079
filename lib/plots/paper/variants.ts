/** Figures of other losses: those that came after GRPO, and PPO before it. */
import { distinct } from '../theme';
import { dots } from './bars';
import { curvePanel, type CurvePoint } from './curvePanel';
import { beside, type PaperFigure } from './frame';
import { meanRows, metricCurve, setsByArm, type Arms } from './ours';
import type { Published } from './published';
import { inWords } from './textTable';

const axis = { format: '.0%' } as const;

/** Draws changes to the loss of GRPO beside DAPO, Table 1, and MiniMax-M1, Figure 2. */
export function ladderFigure(
  published: Published<'dapo_table01_progressive' | 'minimax_m1_fig02_cispo_dapo_grpo'>,
  ours: Arms,
): PaperFigure {
  return beside(
    {
      title: 'A ladder of losses',
      caption:
        'What changes to GRPO do. DAPO’s rungs add up, each with all those above it; ours do not: each is a loss of its own, for sixty steps. The papers train Qwen2.5-32B and measure AIME 2024.',
    },
    [
      dots(
        { title: 'Published: DAPO, AIME 2024', source: 'DAPO, Table 1 (avg@32)', ...axis },
        published.dapo_table01_progressive.map(({ model, aime24_avg32 }) => ({
          category: model.replace('DeepSeek-', ''),
          series: 'AIME 2024',
          value: aime24_avg32 / 100,
        })),
      ),
      curvePanel(
        {
          title: 'Published: over the steps, AIME 2024',
          source: 'MiniMax-M1, Figure 2, digitised',
          ...axis,
        },
        published.minimax_m1_fig02_cispo_dapo_grpo.map(({ method, step, aime_avg32_pct }) => ({
          series: method,
          x: step,
          value: aime_avg32_pct / 100,
        })),
      ),
    ],
    [
      dots(
        { title: 'Ours: pass@1', source: 'small, held-out problems, 95 % intervals', ...axis },
        setsByArm(ours),
      ),
      curvePanel(
        {
          title: 'Ours: over the steps, training problems',
          source: seedsOf(ours),
          ...axis,
        },
        trainingAccuracy(ours),
      ),
    ],
  );
}

/** Draws PPO and GRPO beside what DeepSeek-R1, v2, says of its Figure 4. */
export function ppoFigure(published: Published<'v2_fig04_ppo_vs_grpo'>, ours: Arms): PaperFigure {
  return beside(
    {
      title: 'PPO and GRPO',
      caption:
        'PPO learns a value for every token beside its policy, GRPO compares the completions of a group. At equal samples, lambda decides how much PPO trusts its values. Of the paper’s figure only what the text says of it is known.',
    },
    [
      inWords(
        { title: 'Published: in words alone', source: 'DeepSeek-R1, v2 section A.3 and Figure 4' },
        published.v2_fig04_ppo_vs_grpo,
      ),
    ],
    [
      curvePanel(
        {
          title: 'Ours: right answers on training problems',
          source: seedsOf(ours),
          ...axis,
        },
        trainingAccuracy(ours),
      ),
    ],
  );
}

/** Says how many seeds the arms have: one number where all have as many, and else one for each arm. */
function seedsOf(arms: Arms): string {
  const seeds = Object.entries(arms).map(([arm, runs]) => `${arm} (${runs.length})`);
  const counts = distinct(Object.values(arms).map((runs) => runs.length));
  const text = counts.length > 1 ? seeds.join(', ') : String(counts[0]);
  return `small, mean of five steps; seeds: ${text}`;
}

const trainingAccuracy = (arms: Arms): CurvePoint[] =>
  Object.entries(arms).flatMap(([arm, runs]) =>
    metricCurve(meanRows(runs.map(({ metrics }) => metrics)), 'reward/accuracy', arm),
  );
