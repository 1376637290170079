/** The figures and tables of the paper beside ours: which published numbers and which recorded runs each of them takes. */
import { UserError } from '../core/errors';
import { hackingFigure, languageFigure } from '../plots/paper/ablations';
import { benchmarkFigure, stageFigure } from '../plots/paper/benchmarks';
import { costFigure } from '../plots/paper/costs';
import { rlDataFigure, sftDataFigure } from '../plots/paper/data';
import { distillationOrRLFigure, distilledFigure } from '../plots/paper/distillation';
import type { PaperFigure } from '../plots/paper/frame';
import { lengthFigure } from '../plots/paper/length';
import type { Arms, InBothSizes } from '../plots/paper/ours';
import { readPublished, type Published, type PublishedName } from '../plots/paper/published';
import { ahaFigure, reflectionFigure } from '../plots/paper/reflection';
import { settingsFigure } from '../plots/paper/settings';
import { majorityFigure, tokensFigure, votesFigure, type TestTimeOfRun } from '../plots/paper/testTime'; // prettier-ignore
import { ladderFigure, ppoFigure } from '../plots/paper/variants';
import { accuracyFigure, levelsFigure } from '../plots/paper/zero';
import { costLines, type StageCost } from './cost';
import { chainStages } from '../recipe/graph';
import { recorded, stageName } from '../stages/places';
import { recordedComparisons } from './recordedComparisons';
import { isRecorded, NoRunError, recordedRun, recordedSeeds } from './recordedRuns';
import { testTimeLines } from '../stages/testTime';
import { readTraces, traceFile } from '../stages/traces';

export interface FigureSource {
  /** files of `data/paper` that it draws */
  readonly files: readonly PublishedName[];
  /** a recorded run that is missing is an error that says how to make it */
  draw(): PaperFigure;
}

const figure = <Name extends PublishedName>(
  files: readonly Name[],
  draw: (published: Published<Name>) => PaperFigure,
): FigureSource => ({ files, draw: () => draw(readPublished(files)) });

/** The figures by the names of their files. */
export const paperFigures = {
  accuracy: figure(['fig_r1zero_aime_vs_step', 'fig_r1zero_aime_reference_lines'], (published) =>
    accuracyFigure(
      published,
      inBothSizes((size) => recordedSeeds(size, 'r1-zero')),
    ),
  ),
  length: figure(
    ['fig_r1zero_length_v1', 'fig_r1zero_length_v2_smooth', 'hyperparameters'],
    (published) =>
      lengthFigure(
        published,
        inBothSizes((size) => recordedSeeds(size, 'r1-zero')),
        isRecorded('small', 'cap-raised') && isRecorded('small', 'cap-kept')
          ? {
              raised: recordedSeeds('small', 'cap-raised'),
              kept: recordedSeeds('small', 'cap-kept'),
            }
          : null,
      ),
  ),
  levels: figure(['v2_fig08_math_by_level'], (published) =>
    levelsFigure(
      published,
      inBothSizes((size) => recordedSeeds(size, 'r1-zero')),
    ),
  ),
  reflection: figure(['v2_fig09_reflective_words'], (published) =>
    reflectionFigure(published, {
      search: recordedSeeds('small', 'r1-zero'),
      noSearch: recordedRun('small', 'r1-zero-no-search'),
    }),
  ),
  aha: figure(['v1_table03_aha'], (published) =>
    ahaFigure(published, recordedRun('small', 'r1-zero')),
  ),
  benchmarks: figure(['v1_fig01_benchmark_bars'], (published) =>
    benchmarkFigure(
      published,
      inBothSizes((size) => ({
        r1: recordedSeeds(size, 'r1'),
        zero: recordedSeeds(size, 'r1-zero'),
      })),
    ),
  ),
  stages: figure(['v2_table03_stages'], (published) =>
    stageFigure(
      published,
      inBothSizes((size) =>
        arms(size, {
          'R1-Zero': 'r1-zero',
          'R1-Dev1': 'dev1',
          'R1-Dev2': 'dev2',
          'R1-Dev3': 'dev3',
          R1: 'r1',
        }),
      ),
    ),
  ),
  'language-consistency': figure(['v2_fig07_language_consistency_ablation'], (published) =>
    languageFigure(published, {
      rewarded: recordedRun('small', 'dev2'),
      free: recordedRun('small', 'dev2-no-language'),
    }),
  ),
  'reward-hacking': figure(['v2_fig06_reward_hacking'], (published) =>
    hackingFigure(published, recordedSeeds('small', 'hacked-reward-model')),
  ),
  'rl-data': figure(['v2_table04_rl_data'], (published) =>
    rlDataFigure(published, recordedRun('base', 'r1-zero')),
  ),
  'sft-data': figure(['v2_table05_sft_data'], (published) =>
    sftDataFigure(published, {
      run: recordedRun('small', 'dev3'),
      traces: readTraces(traceFile(recorded, stageName('small', 'dev3', 0))),
    }),
  ),
  settings: figure(['hyperparameters'], (published) =>
    settingsFigure(published, {
      zero: recordedRun('small', 'r1-zero'),
      dev1: recordedRun('small', 'dev1'),
      dev2: recordedRun('small', 'dev2'),
      dev3: recordedRun('small', 'dev3'),
      rewardModel: recordedRun('small', 'reward-model'),
      r1: recordedRun('small', 'r1'),
    }),
  ),
  costs: figure(['training_costs'], (published) => costFigure(published, chainCosts())),
  distilled: figure(['v1_table05_distilled'], (published) =>
    distilledFigure(published, {
      'base, the teacher': recordedSeeds('base', 'r1'),
      ...Object.fromEntries(
        recordedStudents('distilled').map((size) => [size, recordedSeeds(size, 'distilled')]),
      ),
    }),
  ),
  'distillation-or-rl': figure(['v1_table06_distill_vs_rl'], (published) =>
    distillationOrRLFigure(
      published,
      Object.fromEntries(
        recordedStudents('student-rl').map((size) => [
          size,
          arms(size, { base: 'base', 'RL alone': 'student-rl', distilled: 'distilled' }),
        ]),
      ),
    ),
  ),
  tokens: figure(['v2_fig18_tokens_vs_pass1'], (published) => tokensFigure(published, testTime())),
  votes: figure(['v2_sec_e4_test_time_scaling'], (published) => votesFigure(published, testTime())),
  majority: figure(['deepseekmath_fig07_passk_majk'], (published) =>
    majorityFigure(published, testTime()),
  ),
  ladder: figure(['dapo_table01_progressive', 'minimax_m1_fig02_cispo_dapo_grpo'], (published) =>
    ladderFigure(published, rungs()),
  ),
  ppo: figure(['v2_fig04_ppo_vs_grpo'], (published) =>
    ppoFigure(published, arms('small', recordedComparisons.ppo.arms)),
  ),
} as const satisfies Record<string, FigureSource>;

export type FigureName = keyof typeof paperFigures;

export const figureNames = Object.keys(paperFigures) as FigureName[];

/** A figure by its name, for notebooks. */
export function paperFigure(name: FigureName): PaperFigure {
  const source = (paperFigures as Readonly<Record<string, FigureSource>>)[name];
  if (!source) throw new UserError(`unknown figure ${name}: use ${figureNames.join(', ')}`);
  return source.draw();
}

/** A figure; or, in words, which of its runs is not recorded yet, and how to record it. */
export function figureOrReason(name: FigureName): PaperFigure | string {
  try {
    return paperFigure(name);
  } catch (error) {
    if (!(error instanceof NoRunError)) throw error;
    return `${name} is left out: ${error.message}`;
  }
}

/** The students of which a stage is recorded; `tiny` always is. */
const recordedStudents = (stage: string): string[] =>
  ['small', 'mini'].filter((size) => isRecorded(size, stage)).concat('tiny');

const inBothSizes = <T>(of: (size: string) => T): InBothSizes<T> => ({
  base: of('base'),
  small: of('small'),
});

/** All seeds of each arm's stage. */
const arms = (size: string, stages: Readonly<Record<string, string>>): Arms =>
  Object.fromEntries(
    Object.entries(stages).map(([arm, stage]) => [arm, recordedSeeds(size, stage)]),
  );

/** GRPO as this workbook and as the paper has it, and every further rung that is recorded. */
function rungs(): Arms {
  const { 'this workbook': own, GRPO, ...further } = recordedComparisons.ladder.arms;
  const there = Object.entries(further).filter(([, stage]) => isRecorded('small', stage));
  return arms('small', { 'this workbook': own, GRPO, ...Object.fromEntries(there) });
}

/** From the base to R1. */
function chainCosts(): StageCost[] {
  const names = chainStages.map((stage) => recordedRun('small', stage).name);
  return costLines(recorded, names);
}

function testTime(): TestTimeOfRun {
  const { name, info } = recordedRun('base', 'test-time');
  return { name, lines: testTimeLines(info) };
}
