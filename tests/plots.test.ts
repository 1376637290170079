import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Resvg } from '@resvg/resvg-js';
import * as vega from 'vega';
import { compile } from 'vega-lite';
import { accuracyRows, comparison } from '../lib/plots/comparison';
import { percent, share, thousands, whole } from '../lib/core/format';
import { filterFlow } from '../lib/plots/filterFlow';
import { generationsChart, tracesChart, type MeasuredAt } from '../lib/plots/fromGenerations';
import { languageChart } from '../lib/plots/fromRun';
import {
  budgetChart,
  difficultyChart,
  votesChart,
  type MeasuredModel,
} from '../lib/plots/fromTestTime';
import { lossCurve } from '../lib/plots/lossCurve';
import { memoryCurve } from '../lib/plots/memoryCurve';
import { modeShares } from '../lib/plots/modeShares';
import { passAtK } from '../lib/plots/passAtK';
import { indexedPng } from '../lib/plots/indexedPng';
import { renderPng, renderSvg } from '../lib/plots/render';
import { rewardMap } from '../lib/plots/rewardMap';
import { scalingChart } from '../lib/plots/scalingChart';
import { seedCurves } from '../lib/plots/seedCurves';
import { liveChart, show } from '../lib/plots/show';
import { stagesMap } from '../lib/plots/stagesMap';
import { textWidth } from '../lib/plots/textWidth';
import { colorsOf, inks, paper, type Chart } from '../lib/plots/theme';
import { thinSteps, trainingCurves } from '../lib/plots/trainingCurves';
import { written } from '../lib/plots/written';
import { warningsOf } from './support/warningsOf';

const tasks = ['countdown', 'programs', 'units'];
const steps = Array.from({ length: 21 }, (_, step) => step);

const interval = [0.2, 0.4] as const;
const measuredModels = ['base', 'R1'].map((model, m): MeasuredModel => ({
  model,
  task: 'countdown',
  level: 5,
  n: 4,
  samples: 2,
  votes: [1, 2].map((k) => ({
    k,
    passAtK: 0.3 * k,
    passInterval: interval,
    consAtK: 0.3,
    consInterval: interval,
  })),
  right: [0, 0, 2, 2],
  lengths: [80, 100, 20, 30 + m],
  budgets: [30, 60].map((budget) => ({
    budget,
    passAt1: budget / 200,
    interval,
    meanLength: 20,
    forced: 0.5,
  })),
}));
const measuredAt = (xs: readonly number[]): MeasuredAt[] =>
  xs.map((x) => ({
    series: 'small',
    x,
    rows: accuracyRows(
      'small',
      [3, 5].map((level) => {
        const passAt1 = x / 20_000 + level / 10;
        return { task: 'countdown', level, passAt1, passAt1Interval: interval } as never;
      }),
    ),
  }));

const charts: Record<string, Chart> = {
  lossCurve: lossCurve(
    { title: 'Loss', subtitle: 'one seed' },
    steps.map((i) => ({ series: 'training', tokens: i * 5e5, loss: 4 - i / 10 })),
  ),
  trainingCurves: trainingCurves({ title: 'Training' }, [
    {
      title: 'accuracy',
      format: '.0%',
      points: steps.flatMap((step) =>
        tasks.map((task) => ({
          step,
          task,
          value: step / 40,
          low: step / 40 - 0.02,
          high: step / 40 + 0.02,
        })),
      ),
    },
    { title: 'length', points: steps.map((step) => ({ step, task: 'units', value: 20 + step })) },
  ]),
  passAtK: passAtK(
    { title: 'Pass' },
    [1, 2, 4].map((k) => ({ model: 'base', k, passAtK: k / 5, low: k / 6, high: k / 4 })),
  ),
  modeShares: modeShares({ title: 'Modes' }, [
    { group: 'base', mode: 'direct', share: 0.75 },
    { group: 'base', mode: 'search', share: 0.25 },
  ]),
  comparison: comparison(
    { title: 'Arms' },
    tasks.map((task) => ({ arm: 'R1-Zero', task, value: 0.5, low: 0.4, high: 0.6 })),
  ),
  stagesMap: stagesMap('The recipe', 'coldStart'),
  languageChart: languageChart(
    { title: 'Language' },
    Object.fromEntries(
      ['with', 'without'].map((name, j) => [
        name,
        steps.map((step) => ({
          step,
          'countdown/accuracy': step / 40,
          'programs/accuracy': step / 60,
          'countdown/languageConsistency': 1 - (j * step) / 40,
          'programs/languageConsistency': 1,
        })),
      ]),
    ),
  ),
  rewardMap: rewardMap(
    { title: 'Rewards' },
    {
      steps: [0, 20],
      problems: ['countdown 3, en', 'units, zh'].map((about) => ({
        about,
        groups: [0, 1].map((step) =>
          [0, 1, 2].map((i) => ({ reward: { total: (step * i) / 2 }, correct: step * i > 1 })),
        ),
      })),
    },
  ),
  scalingChart: scalingChart(
    { title: 'Cost' },
    [1e5, 1e6].flatMap((weights) => [
      { part: 'sampling', weights, microseconds: weights / 5e3 },
      { part: 'updates', weights, microseconds: weights / 2e3 },
    ]),
  ),
  votesChart: votesChart({ title: 'Votes' }, measuredModels),
  budgetChart: budgetChart({ title: 'Budget' }, measuredModels),
  difficultyChart: difficultyChart({ title: 'Difficulty' }, measuredModels),
  generationsChart: generationsChart({ title: 'Generations' }, measuredAt([0, 1, 2]), [
    'countdown 3',
    'countdown 5',
  ]),
  tracesChart: tracesChart({ title: 'Traces' }, measuredAt([300, 10_000]), ['countdown 3']),
  filterFlow: filterFlow(
    { title: 'Filters' },
    { sampled: 1000, removed: { 'wrong answer': 600, unused: 0, duplicate: 5 }, kept: 395 },
  ),
  seedCurves: seedCurves(
    { title: 'Seeds', subtitle: ['two runs', 'of one model'] },
    Object.fromEntries(
      [0, 1].map((seed) => [
        `seed ${seed}`,
        steps.map((step) => ({ step, 'reward/accuracy': (step + seed) / 40 })),
      ]),
    ),
    'reward/accuracy',
    '.0%',
  ),
  memoryCurve: memoryCurve(
    { title: 'Memory' },
    ['training steps', 'rollout batches'].flatMap((work) =>
      [1, 2, 3].map((count) => ({ work, count, tensors: 90, residentMiB: 800 + count })),
    ),
  ),
};

/** What each chart says in words. Problems that are never and always solved stand in the middle of a fifth. */
const alts: Readonly<Record<string, string>> = {
  lossCurve: 'Loss. training: 4.00 to 2.00 after 10.0 million tokens.',
  trainingCurves:
    'Training. accuracy: countdown 0% to 50%, programs 0% to 50%, units 0% to 50%. length: units 20 to 40.',
  passAtK: 'Pass. base 20% at 1, 80% at 4.',
  modeShares: 'Modes. base: direct 75%, search 25%.',
  comparison:
    'Arms. R1-Zero, countdown: 50% (40% to 60%); R1-Zero, programs: 50% (40% to 60%); R1-Zero, units: 50% (40% to 60%).',
  stagesMap:
    'The recipe. The base becomes R1-Zero by RL; traces of R1-Zero train the base to Dev1; RL makes it Dev2; right answers of Dev2 train the base to Dev3, which RL makes R1, and the distilled models. Here: cold-start data.',
  languageChart:
    'Language. countdown: words in the language asked: with 100% to 100%, without 100% to 55%. programs: words in the language asked: with 100% to 100%, without 100% to 100%. countdown: right answers: with 0% to 45%, without 0% to 45%. programs: right answers: with 0% to 30%, without 0% to 30%.',
  rewardMap: 'Rewards. Right answers: 0 of 6 at step 0, 2 of 6 at step 20.',
  scalingChart:
    'Cost. sampling: 20 microseconds at 100,000 weights, 200 microseconds at 1,000,000 weights. updates: 50 microseconds at 100,000 weights, 500 microseconds at 1,000,000 weights.',
  votesChart:
    'Votes. pass@k: one of k is right: base 30% at 1, 60% at 2; R1 30% at 1, 60% at 2. cons@k: the majority is right: base 30% at 1, 30% at 2; R1 30% at 1, 30% at 2.',
  budgetChart: 'Budget. base 15% at 30, 30% at 60; R1 15% at 30, 30% at 60.',
  difficultyChart: 'Difficulty. base 90 at 10%, 25 at 90%; R1 90 at 10%, 25.5 at 90%.',
  generationsChart:
    'Generations. countdown 3: small 30% at 0, 30% at 2. countdown 5: small 50% at 0, 50% at 2.',
  tracesChart: 'Traces. countdown 3: small 32% at 300, 80% at 10,000.',
  filterFlow:
    'Filters. Of 1,000 samples: wrong answer 600 (60.0%), duplicate 5 (0.5%), kept 395 (39.5%).',
  seedCurves: 'Seeds. seed 0 0% at 0, 45% at 20; seed 1 3% at 0, 48% at 20.',
  memoryCurve: 'Memory. Resident memory from 801 to 803 MiB, tensors from 90 to 90.',
};

for (const [name, chart] of Object.entries(charts)) {
  test(`${name}: draws without a warning, with its text, and says what it shows`, async () => {
    assert.deepEqual(await warningsOf(chart), []);

    const svg = await renderSvg(chart);
    const { title } = chart.spec as { title: { text: string } };
    assert.ok(svg.includes(`>${title.text}</text>`));
    assert.equal(chart.alt, alts[name], 'the words carry the numbers');

    // With no font the renderer leaves out all text; the rest of the picture is the same.
    const png = await renderPng(chart);
    const withoutText = new Resvg(svg, {
      fitTo: { mode: 'zoom', value: 1.5 },
      font: { loadSystemFonts: false },
    });
    const image = withoutText.render();
    assert.equal(png.readUInt32BE(16), image.width);
    const bare = indexedPng(image.pixels, image.width, image.height);
    assert.ok(png.length > 1.2 * bare.length, `${png.length} bytes with text`);
    assert.ok(image.width > 500 && image.width < 1300, `${image.width} pixels wide`);
  });
}

test('the numbers of neighbouring columns stay apart, and a long name is written out', async () => {
  const tasks = ['countdown 3', 'countdown 5', 'programs 2', 'units'];
  const rows = tasks.map((task) => ({ arm: 'R1', task, value: 0.5, low: 0, high: 1 }));
  const columns = await renderSvg(comparison({ title: 'Arms' }, rows));
  const anchors = [...columns.matchAll(/text-anchor="(\w+)"[^>]*>(0%|100%)</g)];
  assert.deepEqual(
    anchors.map(([, anchor]) => anchor),
    tasks.flatMap(() => ['start', 'end']),
  );
  const series = 'control: no language reward';
  const points = ['training', series].map((name) => ({ series: name, tokens: 1e6, loss: 1 }));
  assert.ok((await renderSvg(lossCurve({ title: 'Loss' }, points))).includes(`>${series}<`));
});

test('stacked bars lie end to end', () => {
  const { data } = charts.modeShares!.spec as { data: { values: object[] } };
  assert.deepEqual(data.values, [
    { group: 'base', mode: 'direct', share: 0.75, start: 0, end: 0.75, label: '75%' },
    { group: 'base', mode: 'search', share: 0.25, start: 0.75, end: 1, label: '25%' },
  ]);
});

test('the map points at the boxes of the current stage only', () => {
  const highlighted = (chart: Chart): string[] => {
    const { layer } = chart.spec as unknown as {
      layer: { mark: { type: string }; data: { values: { label: string; fill: string }[] } }[];
    };
    const boxes = layer.find(({ mark }) => mark.type === 'rect')!.data.values;
    return boxes.filter((box) => box.fill === 'accent').map((box) => box.label);
  };
  assert.deepEqual(highlighted(charts.stagesMap!), ['cold-start data', 'Dev1']);
  assert.deepEqual(highlighted(stagesMap('The recipe', 'preferenceRL')), ['R1']);
  assert.deepEqual(highlighted(stagesMap('The recipe')), []);
});

test('a known name keeps its colour everywhere, an unknown one takes a free colour', () => {
  const colors = colorsOf(['seed 1', 'R1-Zero', 'seed 2']);
  assert.equal(colors[1], colorsOf(['r1-zero'])[0]);
  assert.equal(new Set(colors).size, 3);
});

test('long curves are thinned to whole steps, ends included', () => {
  const points = Array.from({ length: 10 }, (_, step) =>
    tasks.map((task) => ({ step, task, value: 0 })),
  ).flat();
  const kept = thinSteps(points, 12);
  assert.deepEqual([...new Set(kept.map((point) => point.step))], [0, 3, 6, 9]);
  assert.equal(kept.length, 12);
  assert.deepEqual(thinSteps(points, 30), points);

  const long = Array.from({ length: 5000 }, (_, step) => ({ step, task: 'units', value: step }));
  const panels = ['a', 'b'].map((title) => ({ title, points: long }));
  const { concat } = trainingCurves({ title: 'Long' }, panels).spec as unknown as {
    concat: { data: { values: string } }[];
  };
  const sizes = concat.map((panel) => panel.data.values.trim().split('\n').length - 1);
  assert.ok(
    sizes.every((size) => size > 400 && size <= 501),
    String(sizes),
  );
});

test('text widths are close to those of the font', () => {
  // sums of the advance widths in SourceSans3-Regular.ttf, per 1000 of the font size
  const widths = { 'rejection sampling': 7774, '100%': 2315, 'tokens per completion': 9441 };
  for (const [text, width] of Object.entries(widths)) {
    const ratio = textWidth(text, 1000) / width;
    assert.ok(Math.abs(ratio - 1) < 0.05, `${text}: ${ratio}`);
  }
});

/** The colours of a chart's texts where it is drawn on this paper, as JupyterLab gives it by its theme. */
async function textColors({ spec }: Chart, background: string): Promise<string[]> {
  const compiled = compile(structuredClone(spec), { config: { background } });
  const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none' });
  const texts = [...(await view.toSVG()).matchAll(/<text [^>]*fill="([^"]+)"/g)];
  return [...new Set(texts.map(([, fill]) => fill!))].sort();
}

test('a chart does not say on which paper it is drawn, and its inks can be read on any', async () => {
  const darkThemes = ['#333', paper.dark]; // vega-embed's dark theme, and the dark page of figures
  for (const [name, chart] of Object.entries(charts)) {
    assert.doesNotMatch(JSON.stringify(chart.spec), /"background":/, name);
    const expected = (paperKind: 'light' | 'dark', colors: string[]): void => {
      const known = Object.values(inks).map((ink) => ink[paperKind] as string);
      const onAreas = ['white', inks.strong.light]; // texts on areas of a colour of their own
      for (const color of colors)
        assert.ok([...known, ...onAreas].includes(color), `${name}: ${color}`);
      assert.ok(colors.includes(inks.strong[paperKind]), `${name}: ${colors.join()}`);
    };
    expected('light', await textColors(chart, 'white'));
    for (const dark of darkThemes) expected('dark', await textColors(chart, dark));
  }
  const contrast = (ink: string, background: string): number => {
    const luminance = (color: string): number => {
      const parts = color.match(/[0-9a-f]{2}/g)!.map((hex) => parseInt(hex, 16) / 255);
      const [r, g, b] = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    const [low, high] = [luminance(ink), luminance(background)].sort((a, b) => a - b);
    return (high! + 0.05) / (low! + 0.05);
  };
  for (const name of ['strong', 'normal', 'blue'] as const) {
    assert.ok(contrast(inks[name].light, '#ffffff') > 4.5, name);
    for (const dark of ['#333333', paper.dark]) assert.ok(contrast(inks[name].dark, dark) > 4.5, `${name} on ${dark}`); // prettier-ignore
  }
});

test('numbers in words', () => {
  assert.deepEqual([0.75, 1, 0, -0.554, -0.001, -1.2, null].map(share), [
    '.75',
    '1.00',
    '.00',
    '-.55',
    '.00',
    '-1.20',
    '-',
  ]);
  assert.deepEqual([percent(0.755), percent(0.0312, 1)], ['76%', '3.1%']);
  assert.deepEqual([whole(12_499.6), thousands(88_240)], ['12,500', '88 thousand']);
  assert.deepEqual([2.853, 12_345.6, 7, 0.00123].map((value) => written(value)), ['2.85', '12,346', '7', '0.00123']); // prettier-ignore
  assert.equal(written(0.5, '.0%'), '50%');
});

test('the flow through filters: the stream narrows from the samples to what is kept', () => {
  const { alt, plotly } = charts.filterFlow!;
  assert.equal(alt, 'Filters. Of 1,000 samples: wrong answer 600 (60.0%), duplicate 5 (0.5%), kept 395 (39.5%).'); // prettier-ignore
  const [trace] = plotly!.data as [{ type: string; node: Lists; link: Lists }];
  assert.equal(trace.type, 'sankey');
  const names = ['sampled', 'left after wrong answer', 'kept', 'wrong answer', 'duplicate'];
  assert.deepEqual(trace.node.customdata, names);
  // a small share has its label under the mouse alone
  const labels = ['sampled<br>1,000', '', 'kept<br>395', 'wrong answer<br>600', ''];
  assert.deepEqual(trace.node.label, labels);
  const { source, target, value } = trace.link;
  const links = source!.map((from, i) => [names[Number(from)], names[Number(target![i])], value![i]]); // prettier-ignore
  assert.deepEqual(links, [
    ['sampled', 'left after wrong answer', 400],
    ['sampled', 'wrong answer', 600],
    ['left after wrong answer', 'kept', 395],
    ['left after wrong answer', 'duplicate', 5],
  ]);
});
type Lists = Readonly<Record<string, readonly unknown[]>>;

test('the curves of seeds: a line each, the same numbers in both forms', () => {
  const { alt, plotly } = charts.seedCurves!;
  assert.equal(alt, 'Seeds. seed 0 0% at 0, 45% at 20; seed 1 3% at 0, 48% at 20.');
  const lines = plotly!.data as { name: string; x: number[]; y: number[] }[];
  assert.deepEqual(lines.map(({ name, x, y }) => [name, x.length, y[0], y.at(-1)]), [['seed 0', 21, 0, 0.45], ['seed 1', 21, 0.025, 0.475]]); // prettier-ignore
  const { title, paper_bgcolor } = plotly!.layout as { title: object; paper_bgcolor: string };
  assert.deepEqual(title, { text: 'Seeds', subtitle: { text: 'two runs<br>of one model' }, x: 0, xref: 'paper', font: { size: 16 } }); // prettier-ignore
  assert.equal(paper_bgcolor, 'rgba(0, 0, 0, 0)');
});

interface Shown {
  mimes: string[];
  /** of the picture, in pixels */
  width: number | undefined;
  id: string | undefined;
  isUpdate: boolean;
  text: unknown;
}

/** Runs as if in a notebook and returns what was displayed. */
async function inKernel(run: () => Promise<void>): Promise<Shown[]> {
  const shown: Shown[] = [];
  const key = Symbol.for('r1.display');
  const display = (
    { data, transient }: { data: Record<string, unknown>; transient: { display_id?: string } },
    isUpdate: boolean,
  ): void => {
    const mimes = Object.keys(data).map((mime) => mime.split('/')[1]!);
    const png = data['image/png'] as string | undefined;
    const width = png === undefined ? png : Buffer.from(png, 'base64').readUInt32BE(16);
    shown.push({ mimes, width, id: transient.display_id, isUpdate, text: data['text/plain'] });
  };
  Object.assign(globalThis, { [key]: display });
  try {
    await run();
  } finally {
    Reflect.deleteProperty(globalThis, key);
  }
  return shown;
}

test('show gives a chart its three forms, and a picture of the size that is asked for', async () => {
  const { passAtK: chart, filterFlow: flow } = charts;
  const shown = await inKernel(async () => {
    await show(chart!);
    await show(flow!);
    await show(flow!, { small: true });
    await show(flow!, { still: true });
  });
  assert.deepEqual([shown[0]!.id, shown[0]!.isUpdate], [undefined, false]);
  assert.deepEqual(shown.map(({ mimes, text }) => [...mimes, text]), [
    ['vnd.vegalite.v5+json', 'png', 'plain', chart!.alt],
    ['vnd.plotly.v1+json', 'png', 'plain', flow!.alt],
    ['vnd.plotly.v1+json', 'png', 'plain', flow!.alt],
    ['png', 'plain', flow!.alt],
  ]); // prettier-ignore
  const [, whole, small, still] = shown.map(({ width }) => width!);
  const ratio = small! / whole!;
  assert.ok(Math.abs(ratio - 1.1 / 1.5) < 0.002, `${small} of ${whole} pixels`);
  assert.equal(still, small);
});

test('a live chart updates one place, without the picture until its end', async () => {
  const at = (step: number): Chart => ({ ...charts.modeShares!, alt: `step ${step}` });
  const shown = await inKernel(async () => {
    const live = liveChart();
    for (let step = 0; step < 50; step++) live.update(at(step));
    await live.end();
  });
  assert.equal(shown.at(0)!.text, 'step 0');
  assert.equal(shown.at(-1)!.text, 'step 49');
  assert.ok(shown.length < 10, `${shown.length} messages for 50 quick updates`);
  assert.deepEqual(shown.at(0)!.mimes, ['vnd.vegalite.v5+json', 'plain']);
  assert.deepEqual(shown.at(-1)!.mimes, ['vnd.vegalite.v5+json', 'png', 'plain']);
  assert.equal(new Set(shown.map((each) => each.id)).size, 1);
  assert.deepEqual([shown.at(0)!.isUpdate, shown.at(-1)!.isUpdate], [false, true]);
});
