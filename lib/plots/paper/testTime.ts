/** Figures of test-time compute: longer reasoning on harder problems, and votes. */
import { mean } from '../../core/statistics';
import { setName } from '../../evaluation/setName';
import type { TestTime } from '../../evaluation/testTime';
import { distinct } from '../theme';
import { curvePanel, type CurvePoint } from './curvePanel';
import { beside, type PaperFigure } from './frame';
import type { Published } from './published';

/** The measurements of one run: those of several models, each on several sets of problems. */
export interface TestTimeOfRun {
  readonly name: string;
  readonly lines: readonly (TestTime & { readonly model: string })[];
}

/** Draws the length of reasoning over the difficulty of the problem beside DeepSeek-R1, v2 Figure 18. */
export function tokensFigure(
  published: Published<'v2_fig18_tokens_vs_pass1'>,
  { name, lines }: TestTimeOfRun,
): PaperFigure {
  const rows = published.v2_fig18_tokens_vs_pass1;
  const curve = rows.filter(({ kind }) => kind === 'spline_mean');
  const band = rows.filter(({ kind }) => kind === 'std_band');
  // The band was read off at other places than the curve, so each of its ends gets the nearest point of the curve.
  const points = band.map((row): CurvePoint => {
    const x = row.pass_at_1_of_problem;
    const distance = (other: typeof row): number => Math.abs(other.pass_at_1_of_problem - x);
    const nearest = curve.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    const [low, high] = [row.tokens_mean_or_low, row.tokens_high];
    return { series: 'R1', x, value: nearest.tokens_mean_or_low, low, high };
  });
  const r1 = lines.filter(({ model }) => model === 'r1');
  const x = 'pass@1 of the problem';
  return beside(
    {
      title: 'The harder a problem, the longer the reasoning',
      caption:
        'Tokens of R1’s completions against how often it solves the problem; bands are one standard deviation. Published: problems of competitions, a smoothed curve. Ours: problems of two levels, put together by tenths of their pass@1.',
    },
    [
      curvePanel(
        {
          title: 'Published: competitions of 2024',
          source: 'DeepSeek-R1, v2 Figure 18, digitised',
          x,
        },
        points,
      ),
    ],
    [curvePanel({ title: 'Ours: R1', source: name, x }, r1.flatMap(byDifficulty))],
  );
}

/** Returns the mean tokens of the problems in each tenth of pass@1, with their standard deviation. */
function byDifficulty(line: TestTime): CurvePoint[] {
  const { samples, right, lengths } = line;
  const tenth = (i: number): number => Math.min(9, Math.floor((10 * right[i]!) / samples));
  const places = lengths.map((_, i) => i);
  return distinct(places.map(tenth))
    .sort((a, b) => a - b)
    .map((of) => {
      const own = places.filter((i) => tenth(i) === of);
      const value = mean(own.map((i) => lengths[i]!));
      const deviation = Math.sqrt(mean(own.map((i) => (lengths[i]! - value) ** 2)));
      const x = mean(own.map((i) => right[i]! / samples));
      return { series: setName(line), x, value, low: value - deviation, high: value + deviation };
    });
}

/** Draws votes and pass@k beside the numbers of DeepSeek-R1, v2 section E.4. */
export function votesFigure(
  published: Published<'v2_sec_e4_test_time_scaling'>,
  ours: TestTimeOfRun,
): PaperFigure {
  const items = published.v2_sec_e4_test_time_scaling;
  const of = (item: string): number => items.find((row) => row.item === item)!.value / 100;
  const most = Math.max(...items.map(({ item }) => Number(/pass@(\d+)$/.exec(item)?.[1] ?? 1)));
  const two = (series: string, first: string, last: string): CurvePoint[] => [
    { series, x: 1, value: of(first) },
    { series, x: most, value: of(last) },
  ];
  const source = 'DeepSeek-R1, v2 section E.4: first and last points alone';
  const shares = { x: 'samples of a problem', format: '.0%', domain: [0, 1], isLog: true } as const;
  const panel = (set: string) =>
    curvePanel(
      { title: `Ours: ${set}`, source: ours.name, ...shares },
      votesOn(set, { r1: 'R1', base: 'base' }, ours),
    );
  return beside(
    {
      title: 'Votes help a model that is right more often than any one mistake',
      caption:
        'Right answers of a majority of k samples, and problems that at least one of k samples solves. The paper gives the two ends of a curve on AIME 2024, so the lines between them are straight; ours are measured at every power of two.',
    },
    [
      curvePanel({ title: 'Published: AIME 2024', source, ...shares }, [
        ...two('R1, majority', 'R1 AIME 2024 pass@1', 'R1 AIME 2024 majority vote'),
        ...two(
          'GPT-4o, majority',
          'GPT-4o AIME 2024 pass@1',
          `GPT-4o AIME 2024 majority of ${most}`,
        ),
        ...two('R1, any', 'R1 AIME 2024 pass@1', `R1 AIME 2024 pass@${most}`),
      ]),
    ],
    ...distinct(ours.lines.map(setName)).map((set) => [panel(set)]),
  );
}

/** The question to k samples: whether the majority of them is right, or whether any of them is. */
type Question = 'majority' | 'any';

const votePoints = ({ votes }: TestTime, model: string, question: Question): CurvePoint[] =>
  votes.map(({ k, consAtK, consInterval, passAtK, passInterval }) => {
    const isMajority = question === 'majority';
    const [low, high] = isMajority ? consInterval : passInterval;
    const value = isMajority ? consAtK : passAtK;
    return { series: `${model}, ${question}`, x: k, value, low, high };
  });

/** Returns the curves of both questions, and for each question those of `models` in turn, on one set of problems. */
const votesOn = (
  set: string,
  models: Readonly<Record<string, string>>,
  { lines }: TestTimeOfRun,
): CurvePoint[] =>
  (['majority', 'any'] as const).flatMap((question) =>
    Object.entries(models).flatMap(([model, label]) =>
      lines
        .filter((line) => line.model === model && setName(line) === set)
        .flatMap((line) => votePoints(line, label, question)),
    ),
  );

/** Draws votes and pass@k before and after reinforcement learning beside DeepSeekMath, Figure 7. */
export function majorityFigure(
  published: Published<'deepseekmath_fig07_passk_majk'>,
  ours: TestTimeOfRun,
): PaperFigure {
  const rows = published.deepseekmath_fig07_passk_majk;
  const shares = { x: 'samples of a problem', format: '.0%', isLog: true } as const;
  const theirs = (benchmark: string): CurvePoint[] =>
    rows
      .filter((row) => row.benchmark === benchmark)
      .map(({ metric, model, K, accuracy_pct }) => ({
        series: `${model === 'RL' ? 'after' : 'before'} RL, ${metric.startsWith('Maj') ? 'majority' : 'any'}`,
        x: K,
        value: accuracy_pct / 100,
      }));
  return beside(
    {
      title:
        'Reinforcement learning makes the right answer more frequent, not always more problems solvable',
      caption:
        'A majority of k samples and any of k samples, before and after reinforcement learning. In DeepSeekMath the votes of the trained model are better everywhere, while any-of-k meets or falls below its start as k grows; ours shows whether the same holds for R1-Zero and its base.',
    },
    distinct(rows.map(({ benchmark }) => benchmark)).map((benchmark) =>
      curvePanel(
        {
          title: `Published: ${benchmark}`,
          source: 'DeepSeekMath 7B, Figure 7, digitised',
          ...shares,
        },
        theirs(benchmark),
      ),
    ),
    distinct(ours.lines.map(setName)).map((set) =>
      curvePanel(
        { title: `Ours: ${set}`, source: ours.name, ...shares },
        votesOn(set, { base: 'before RL', 'r1-zero': 'after RL' }, ours),
      ),
    ),
  );
}
