/** Figures of the words of doubt: how they come into a model's reasoning, and the first time that they help it. */
import { mean } from '../../core/statistics';
import { firstSelfCorrection, wordRate } from '../../evaluation/selfCorrection';
import { words, type Word } from '../../tokenizer/vocabulary';
import { distinct } from '../theme';
import { curvePanel, type CurvePoint } from './curvePanel';
import { beside, type PaperFigure } from './frame';
import { meanRows, metricCurve, sourceOf, type RecordedRun } from './ours';
import type { Published } from './published';
import { inWords, textTable } from './textTable';

export interface ReflectionRuns {
  readonly search: readonly RecordedRun[];
  /** the control, whose base has never read a search */
  readonly noSearch: RecordedRun;
}

/** Draws the words of reflection over the steps beside DeepSeek-R1, v2 Figure 9. */
export function reflectionFigure(
  published: Published<'v2_fig09_reflective_words'>,
  { search, noSearch }: ReflectionRuns,
): PaperFigure {
  const rows = published.v2_fig09_reflective_words;
  const from = 'DeepSeek-R1, v2 Figure 9, digitised';
  const all = rows.map(({ step, reflective_words_total: value }): CurvePoint => ({
    series: 'all words',
    x: step,
    value,
  }));
  const wait = rows.map(({ step, wait_count: value }): CurvePoint => ({
    series: 'wait',
    x: step,
    value,
  }));
  const waits = (runs: readonly RecordedRun[], series: string): CurvePoint[] =>
    metricCurve(meanRows(runs.map(({ metrics }) => metrics)), 'countdown/waits', series);
  return beside(
    {
      title: 'Words of doubt multiply, where the base knows them',
      caption:
        'The paper counts ten words, such as wait, however and mistake, in the answers of R1-Zero; our models have two, no and wait, counted in the completions that a run trains on, in both languages. Our base has read searches, and R1-Zero makes more of them; the control has read none, and does not invent them.',
    },
    [
      curvePanel({ title: 'Published: words of reflection, count', source: from }, all),
      curvePanel({ title: 'Published: wait, count', source: from }, wait),
    ],
    [
      curvePanel(
        {
          title: 'Ours: wait in a countdown completion',
          source: `${sourceOf(search)}; mean of five steps`,
          format: '.1f',
        },
        [...waits(search, 'R1-Zero'), ...waits([noSearch], 'base without searches')],
      ),
      curvePanel(
        {
          title: 'Ours: words in a completion, all tasks',
          source: `sampled rollouts of ${search.length > 1 ? 'the same runs' : search[0]!.name}`,
          format: '.1f',
        },
        rates(search),
      ),
    ],
  );
}

/** Returns how often each word stands in a completion, over the steps of which rollouts were kept (every tenth). */
function rates(runs: readonly RecordedRun[]): CurvePoint[] {
  const kept = runs.map(({ rollouts }) => rollouts.filter(({ split }) => split === 'train'));
  const steps = distinct(kept[0]!.map(({ step }) => step));
  return (['wait', 'no', 'yes'] as const).flatMap((word: Word) =>
    steps.map((step): CurvePoint => {
      const value = mean(
        kept.map((rollouts) =>
          wordRate(
            rollouts.filter((r) => r.step === step).map(({ completion }) => completion),
            word,
          ),
        ),
      );
      return { series: word, x: step, value };
    }),
  );
}

/** Shows the aha moment of DeepSeek-R1, v1 Table 3 (v2 Table 2), beside the first self-correction of ours. */
export function ahaFigure(published: Published<'v1_table03_aha'>, ours: RecordedRun): PaperFigure {
  const found = firstSelfCorrection(ours.rollouts);
  const rows = found
    ? [found.before, found.after].map(({ step, completion, correct }) => [
        `step ${step}, ${correct ? 'right' : 'wrong'}`,
        inEnglish(completion),
      ])
    : [['none', 'no completion that was kept corrects itself']];
  return beside(
    {
      title: 'The aha moment, and the first time that our model catches itself',
      caption:
        'The paper picked its moment by hand. Ours is found by a rule: the first kept completion that says no, waits, tries again and ends right, on a problem that was answered before without that. The base does so now and then from the beginning, because its corpus holds such searches; what training changes is how often. Chinese words are shown in English.',
    },
    [
      inWords(
        { title: 'Published, in our own words', source: 'DeepSeek-R1, v1 Table 3 = v2 Table 2' },
        published.v1_table03_aha,
      ),
    ],
    [
      textTable(
        {
          title: found ? `Ours: ${inEnglish(found.after.prompt)}` : 'Ours',
          source: sourceOf([ours]),
          columns: [
            { title: 'when', share: 0.3 },
            { title: 'completion', share: 0.7 },
          ],
        },
        rows,
      ),
    ],
  );
}

/** Replaces Chinese words by English ones, because the font of the pictures has no Chinese. */
function inEnglish(text: string): string {
  const names = Object.keys(words.en) as Word[];
  const english = new Map(names.map((name) => [words.zh[name], words.en[name]]));
  return text
    .split(' ')
    .map((token) => english.get(token) ?? token)
    .join(' ');
}
