/** The figure of the length of R1-Zero's completions, which nobody rewards, and of what a cap on it does. */
import { thousands } from '../../core/format';
import { curvePanel, type CurvePoint, type Turn } from './curvePanel';
import { beside, type Panel, type PaperFigure } from './frame';
import { meanRows, metricCurve, sourceOf, type InBothSizes, type RecordedRun } from './ours';
import type { Published, PublishedRow } from './published';
import { written } from '../written';

/** Two kinds of runs that differ in their cap on the length: it is raised on the way, or it stays. */
export interface CapRuns {
  readonly raised: readonly RecordedRun[];
  readonly kept: readonly RecordedRun[];
}

/**
 * Draws the length beside DeepSeek-R1, v1 Figure 3 and v2 Figure 1b. Without `caps` the plot of the raised cap is left
 * out.
 */
export function lengthFigure(
  published: Published<'fig_r1zero_length_v1' | 'fig_r1zero_length_v2_smooth' | 'hyperparameters'>,
  { base, small }: InBothSizes<readonly RecordedRun[]>,
  caps: CapRuns | null,
): PaperFigure {
  const v2 = everyThird(published.fig_r1zero_length_v2_smooth).map((row): CurvePoint => ({
    series: 'v2',
    x: row.step,
    value: row.smoothed_tokens,
  }));
  const v1 = published.fig_r1zero_length_v1.map((row): CurvePoint => ({
    series: 'v1',
    x: row.step,
    value: row.smoothed_line_tokens,
    low: row.raw_band_low_within_pm3px,
    high: row.raw_band_high_within_pm3px,
  }));
  const weights = (runs: readonly RecordedRun[]): string =>
    `${thousands(runs[0]!.weights)} weights`;
  const cap = Number(base[0]!.info.config.maxNewTokens);
  return beside(
    {
      title: 'Completions grow without anybody asking',
      caption: `Mean tokens of a completion while R1-Zero trains. The paper’s cap doubles where the curve of v2 jumps. Ours is ${cap} tokens in the recipe, and our curves rise at once and flatten where theirs go on.${caps ? ' In the last plot a lower cap is raised in the middle of the run.' : ''}`,
    },
    [
      curvePanel(
        {
          title: 'Published: length, smoothed',
          source: 'DeepSeek-R1, v1 Figure 3 (band: range of its raw curve) and v2 Figure 1b',
          turns: [publishedTurn(published.hyperparameters)],
        },
        [...v2, ...v1],
      ),
    ],
    [
      curvePanel(
        {
          title: 'Ours: length, mean of five steps',
          source: `${sourceOf(base)}; ${sourceOf(small)}`,
        },
        [...lengths(base, weights(base)), ...lengths(small, weights(small))],
      ),
    ],
    ...(caps ? [[capPanel(caps)]] : []),
  );
}

const lengths = (runs: readonly RecordedRun[], series: string): CurvePoint[] =>
  metricCurve(meanRows(runs.map(({ metrics }) => metrics)), 'completion/length', series);

const turnOf = (x: number, first: number, then: number): Turn => ({
  x,
  label: `cap ${written(first)} to ${written(then)}`,
});

/**
 * Reads the step at which the paper's cap is raised out of the name of its setting, `max output length after step
 * 8.2k`.
 */
function publishedTurn(settings: readonly PublishedRow<'hyperparameters'>[]): Turn {
  const cap = (when: string): PublishedRow<'hyperparameters'> =>
    settings.find(({ setting }) => setting.startsWith(`max output length ${when} step`))!;
  const [, thousandSteps] = /([\d.]+)k$/.exec(cap('after').setting)!;
  return turnOf(
    1000 * Number(thousandSteps),
    Number(cap('before').value),
    Number(cap('after').value),
  );
}

function capPanel({ raised, kept }: CapRuns): Panel {
  const { maxNewTokens, late } = raised[0]!.info.config as {
    maxNewTokens: number;
    late: { from: number; maxNewTokens: number };
  };
  return curvePanel(
    {
      title: 'Ours: a cap that is raised',
      source: sourceOf(raised),
      turns: [turnOf(late.from, maxNewTokens, late.maxNewTokens)],
    },
    [...lengths(raised, 'raised'), ...lengths(kept, 'kept')],
  );
}

const everyThird = <T>(rows: readonly T[]): T[] => rows.filter((_, i) => i % 3 === 0);
