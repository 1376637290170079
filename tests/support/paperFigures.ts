/** Every figure of the paper, drawn with the published numbers and made-up runs. */
import { hackingFigure, languageFigure } from '../../lib/plots/paper/ablations';
import { benchmarkFigure, stageFigure } from '../../lib/plots/paper/benchmarks';
import { costFigure } from '../../lib/plots/paper/costs';
import { rlDataFigure, sftDataFigure } from '../../lib/plots/paper/data';
import { distillationOrRLFigure, distilledFigure } from '../../lib/plots/paper/distillation';
import type { PaperFigure } from '../../lib/plots/paper/frame';
import { lengthFigure } from '../../lib/plots/paper/length';
import { publishedNames, readPublished } from '../../lib/plots/paper/published';
import { ahaFigure, reflectionFigure } from '../../lib/plots/paper/reflection';
import { settingsFigure } from '../../lib/plots/paper/settings';
import { majorityFigure, tokensFigure, votesFigure } from '../../lib/plots/paper/testTime';
import { ladderFigure, ppoFigure } from '../../lib/plots/paper/variants';
import { accuracyFigure, levelsFigure } from '../../lib/plots/paper/zero';
import type { FigureName } from '../../lib/reports/paperFigures';
import { paperRun, paperSeeds, paperVotes } from './paperRuns';

const published = readPublished(publishedNames);
const one = (name: string, boost?: number) => [paperRun(name, boost)];
const zero = { base: one('base-r1-zero-s0', 0.1), small: paperSeeds('small-r1-zero') };
const stages = (size: string) => ({
  'R1-Zero': paperSeeds(`${size}-r1-zero`),
  'R1-Dev1': paperSeeds(`${size}-dev1`, -0.05),
  R1: paperSeeds(`${size}-r1`, 0.05),
});

export const drawn: Readonly<Record<FigureName, PaperFigure>> = {
  accuracy: accuracyFigure(published, zero),
  length: lengthFigure(published, zero, {
    raised: [paperRun('small-cap-raised-s0')],
    kept: [paperRun('small-cap-kept-s0')],
  }),
  levels: levelsFigure(published, zero),
  reflection: reflectionFigure(published, {
    search: zero.small,
    noSearch: paperRun('small-r1-zero-no-search-s0'),
  }),
  aha: ahaFigure(published, paperRun('small-r1-zero-s0')),
  benchmarks: benchmarkFigure(published, {
    base: { r1: one('base-r1-s0', 0.1), zero: zero.base },
    small: { r1: paperSeeds('small-r1', 0.05), zero: zero.small },
  }),
  stages: stageFigure(published, { base: stages('base'), small: stages('small') }),
  'language-consistency': languageFigure(published, {
    rewarded: paperRun('small-dev2-s0', 0.1),
    free: paperRun('small-dev2-no-language-s0'),
  }),
  'reward-hacking': hackingFigure(published, paperSeeds('small-hacked-reward-model', 0.1)),
  'rl-data': rlDataFigure(published, paperRun('base-r1-zero-s0')),
  'sft-data': sftDataFigure(published, {
    run: paperRun('small-dev3-s0'),
    traces: [
      { task: 'countdown', completion: '<answer> 2 * 3 </answer> <eos>' },
      { task: 'general', completion: 'say 4 <eos>' },
    ],
  }),
  settings: settingsFigure(published, {
    zero: paperRun('small-r1-zero-s0'),
    dev1: paperRun('small-dev1-s0'),
    dev2: paperRun('small-dev2-s0'),
    dev3: paperRun('small-dev3-s0'),
    rewardModel: paperRun('small-reward-model-s0'),
    r1: paperRun('small-r1-s0'),
  }),
  costs: costFigure(published, [
    { name: 'small-base-s0', kind: 'pre-training', seconds: 100 },
    { name: 'small-r1-zero-s0', kind: 'RL', seconds: 150 },
    { name: 'small-dev1-s0', kind: 'data and SFT', seconds: 50 },
    { name: 'small-r1-s0', kind: 'RL', seconds: 100 },
  ]),
  distilled: distilledFigure(published, {
    'base, the teacher': one('base-r1-s0', 0.1),
    small: paperSeeds('small-distilled', 0.05),
    mini: one('mini-distilled-s0'),
    tiny: one('tiny-distilled-s0', -0.1),
  }),
  'distillation-or-rl': distillationOrRLFigure(
    published,
    Object.fromEntries(
      ['small', 'mini', 'tiny'].map((size, i) => [
        size,
        {
          base: one(`${size}-base-s0`, -0.4 - i / 20),
          'RL alone': one(`${size}-student-rl-s0`, -0.1 - i / 10),
          distilled: one(`${size}-distilled-s0`, 0.1 - i / 10),
        },
      ]),
    ),
  ),
  tokens: tokensFigure(published, paperVotes),
  votes: votesFigure(published, paperVotes),
  majority: majorityFigure(published, paperVotes),
  ladder: ladderFigure(published, {
    'this workbook': paperSeeds('small-ladder-workbook', 0.05),
    GRPO: one('small-ladder-grpo-s0'),
    'Dr. GRPO': one('small-ladder-dr-grpo-s0', 0.02),
    DAPO: one('small-ladder-dapo-s0', -0.02),
  }),
  ppo: ppoFigure(published, {
    GRPO: paperSeeds('small-ladder-workbook', 0.05),
    'PPO, lambda 1': one('small-ppo-lambda-1-s0'),
    'PPO, lambda .95': one('small-ppo-lambda-95-s0', -0.1),
  }),
};
