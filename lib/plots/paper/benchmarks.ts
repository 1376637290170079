/** Figures of the finished models on benchmarks, and of what each stage adds. */
import { mean } from '../../core/statistics';
import { setName } from '../../evaluation/setName';
import type { Evaluation } from '../../evaluation/score';
import { bars, type Bar } from './bars';
import { beside, type PaperFigure } from './frame';
import { heat, type Cell } from './heat';
import {
  accuracyBars,
  armBars,
  closingOf,
  modelOf,
  openingOf,
  type Arms,
  type InBothSizes,
  type RecordedRun,
} from './ours';
import type { Published } from './published';

/** The runs of R1, and those of R1-Zero, whose first evaluation is that of the base model. */
export interface Finished {
  readonly r1: readonly RecordedRun[];
  readonly zero: readonly RecordedRun[];
}

/** Draws the benchmarks of the finished model beside DeepSeek-R1, v1 Figure 1. */
export function benchmarkFigure(
  published: Published<'v1_fig01_benchmark_bars'>,
  { base, small }: InBothSizes<Finished>,
): PaperFigure {
  const axis = { format: '.0%', domain: [0, 1] } as const;
  return beside(
    {
      title: 'The finished model on its benchmarks',
      caption:
        'Right answers of R1 and of what it is compared with. The paper measures knowledge, mathematics and programming that people find hard; our four sets are arithmetic puzzles, unit conversions and rules of two operations. What can be compared is what the recipe adds to its base model.',
    },
    [
      bars(
        {
          title: 'Published',
          source: 'DeepSeek-R1, v1 Figure 1 (the labels of its bars)',
          ...axis,
        },
        published.v1_fig01_benchmark_bars.map(({ benchmark, model, value_pct }) => ({
          category: benchmark,
          series: model,
          value: value_pct / 100,
        })),
      ),
    ],
    [
      bars(
        {
          title: 'Ours, base: pass@1, held out',
          source: `${modelOf(base.r1)}, 95 % intervals`,
          ...axis,
        },
        barsOf(base),
      ),
      bars(
        {
          title: 'Ours, small: pass@1, held out',
          source: `${modelOf(small.r1)}, 95 % intervals`,
          ...axis,
        },
        barsOf(small),
      ),
    ],
  );
}

const barsOf = ({ r1, zero }: Finished): Bar[] => [
  ...armBars({ R1: r1, 'R1-Zero': zero }),
  ...accuracyBars('base', zero.map(openingOf)),
];

const stages = ['R1-Zero', 'R1-Dev1', 'R1-Dev2', 'R1-Dev3', 'R1'] as const;

/** The name of a model in a narrow column: `Dev1` for `R1-Dev1`. */
const short = (model: string): string => model.replace('R1-Dev', 'Dev');

/**
 * Draws what every stage adds beside DeepSeek-R1, v2 Table 3. The arms are our stages, by the names that the paper has
 * for them.
 */
export function stageFigure(
  published: Published<'v2_table03_stages'>,
  { base, small }: InBothSizes<Arms>,
): PaperFigure {
  const ours = (title: string, runs: Arms) =>
    heat({ title, source: modelOf(Object.values(runs)[0]!) }, cellsOf(runs));
  return beside(
    {
      title: 'What every stage adds',
      caption:
        'The higher a number within its row, the deeper its blue. Published: percent, but for the Codeforces rating. Ours: percent of held-out problems and of words; tokens of a completion; liking is the simulated annotator’s, of answers to general prompts, which only the last two stages know.',
    },
    [
      heat(
        { title: 'Published', source: 'DeepSeek-R1, v2 Table 3 = Nature, Table 2' },
        published.v2_table03_stages.flatMap((row) =>
          stages.map((stage): Cell => ({
            row: row.metric === 'Rating' ? `${row.benchmark}, rating` : row.benchmark,
            column: short(stage),
            value: row[stage],
          })),
        ),
      ),
    ],
    [ours('Ours, base', base), ours('Ours, small', small)],
  );
}

/** Returns a row of cells for each set of problems, and rows for format, language, length and liking. */
function cellsOf(runs: Arms): Cell[] {
  const percent = (name: string, value: (e: Evaluation) => number) => ({
    name,
    value: (run: RecordedRun) => 100 * mean(closingOf(run).map(value)),
  });
  const like = closingOf(Object.values(runs)[0]![0]!);
  const ofSet = like
    .map((e) => ({ set: setName(e), votes: e.samples }))
    .flatMap(({ set, votes }) =>
      (['passAt1', 'consAtK'] as const).map((key) => ({
        name: `${set}, ${key === 'passAt1' ? 'pass@1' : `cons@${votes}`}`,
        value: (run: RecordedRun) => 100 * closingOf(run).find((e) => setName(e) === set)![key],
      })),
    );
  const rows = [
    ...ofSet,
    percent('format', (e) => e.formatRate),
    percent('one language', (e) => e.languageConsistency),
    { name: 'tokens', value: (run: RecordedRun) => mean(closingOf(run).map((e) => e.meanLength)) },
    { name: 'liking', value: likingOf },
  ];
  return rows.flatMap(({ name, value }) =>
    Object.entries(runs).flatMap(([stage, own]) => {
      const measured = mean(own.map(value));
      return Number.isNaN(measured) ? [] : [{ row: name, column: short(stage), value: measured }];
    }),
  );
}

/** Returns the mean utility of a run's answers to general prompts, or NaN for a stage that was asked none. */
const likingOf = ({ info }: RecordedRun): number =>
  (info.result?.general as { utility: number } | undefined)?.utility ?? NaN;
