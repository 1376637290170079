/** Figures of what a policy becomes when its reward changes. */
import { thousands } from '../../core/format';
import { curvePanel, type CurvePoint } from './curvePanel';
import { beside, type PaperFigure } from './frame';
import { metricCurve, type RecordedRun } from './ours';
import type { Published } from './published';

/** Draws reward hacking beside DeepSeek-R1, v2 Figure 6: the score of a reward model, and what it stands for. */
export function hackingFigure(
  published: Published<'v2_fig06_reward_hacking'>,
  seeds: readonly RecordedRun[],
): PaperFigure {
  const series = (wanted: string, name: string): CurvePoint[] =>
    published.v2_fig06_reward_hacking
      .filter((row) => row.series.startsWith(wanted))
      .map(({ step, value }) => ({ series: name, x: step, value }));
  const from = 'DeepSeek-R1, v2 Figure 6, digitised';
  const each = (key: string): CurvePoint[] =>
    seeds.flatMap(({ metrics, info }) => metricCurve(metrics, key, `seed ${info.seed}`));
  const source = `${seeds[0]!.info.stage}, ${thousands(seeds[0]!.weights)} weights; mean of five steps`;
  return beside(
    {
      title: 'A reward model is gamed: its score goes up, what it stands for goes down',
      caption:
        'Reinforcement learning against a reward model: the score that it gives, and the right answers that it stands for. In the paper these give way slowly; ours is the only reward that there is, nothing holds the policy back, and it is there to be hacked. The scales of the scores have nothing to do with each other.',
    },
    [
      curvePanel(
        {
          title: 'Published: score of the helpfulness model',
          source: from,
          format: '.1f',
          isFitted: true,
        },
        series('helpful_RM', 'score'),
      ),
      curvePanel(
        { title: 'Published: Codeforces', source: from, format: '.0%' },
        series('codeforces', 'score of the benchmark'),
      ),
    ],
    [
      curvePanel(
        { title: 'Ours: score of the reward model', source, format: '.1f', isFitted: true },
        each('reward/preference'),
      ),
      curvePanel(
        { title: 'Ours: right answers, all tasks', source, format: '.0%' },
        each('reward/accuracy'),
      ),
    ],
  );
}

/** Two runs of reinforcement learning that differ in the reward for one language: one has it, one has not. */
export interface LanguageRuns {
  readonly rewarded: RecordedRun;
  readonly free: RecordedRun;
}

/** Draws the effect of a reward for one language beside DeepSeek-R1, v2 Figure 7. */
export function languageFigure(
  published: Published<'v2_fig07_language_consistency_ablation'>,
  { rewarded, free }: LanguageRuns,
): PaperFigure {
  const theirs = (column: 'lang_consistency' | 'aime' | 'livecodebench'): CurvePoint[] =>
    arms.flatMap(([series, arm]) =>
      published.v2_fig07_language_consistency_ablation.flatMap((row) => {
        const value = row[`${column}_${arm}_LC`];
        return value === null ? [] : [{ series, x: row.step, value }];
      }),
    );
  const ours = (key: string): CurvePoint[] => [
    ...metricCurve(rewarded.metrics, key, arms[0][0]),
    ...metricCurve(free.metrics, key, arms[1][0]),
  ];
  const from = 'DeepSeek-R1, v2 Figure 7, digitised';
  const source = `${rewarded.name} and ${free.name}; mean of five steps`;
  const panel = (title: string, points: CurvePoint[], where: string, more = {}) =>
    curvePanel({ title, source: where, format: '.0%', ...more }, points);
  return beside(
    {
      title: 'A price on mixing languages',
      caption:
        'The same reinforcement learning with and without a reward for staying in the language of the question. The paper shows it on R1-Distill-Qwen-7B. Ours continues from Dev1, which has learned from traces in one language and keeps to it for the length of the run, so that the reward has little left to do. One run an arm on both sides.',
    },
    [
      panel('Published: words in the language asked', theirs('lang_consistency'), from, high),
      panel('Published: AIME', theirs('aime'), from),
      panel('Published: LiveCodeBench', theirs('livecodebench'), from),
    ],
    [
      panel(
        'Ours: words in the language asked',
        ours('countdown/languageConsistency'),
        source,
        high,
      ),
      panel('Ours: countdown', ours('countdown/accuracy'), source),
      panel('Ours: programs', ours('programs/accuracy'), source),
    ],
  );
}

/** The ends of the axis for a share that stays high. */
const high = { domain: [0.8, 1] as const };

const arms = [
  ['language rewarded', 'with'],
  ['not rewarded', 'without'],
] as const;
