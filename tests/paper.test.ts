import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { UserError } from '../lib/core/errors';
import { firstSelfCorrection, wordRate } from '../lib/evaluation/selfCorrection';
import { disposeTree } from '../lib/engine/tree';
import { modelConfig, weightsOf } from '../lib/model/config';
import { countParameters, initParameters } from '../lib/model/parameters';
import { indexedPng, mostColours } from '../lib/plots/indexedPng';
import { stacked, untitled, type PaperFigure } from '../lib/plots/paper/frame';
import { markdownTables } from '../lib/plots/paper/markdown';
import { figuresPage } from '../lib/plots/paper/page';
import {
  parsePublished,
  publishedFolder,
  publishedNames,
  readPublished,
} from '../lib/plots/paper/published';
import { wrap } from '../lib/plots/paper/wrap';
import { show } from '../lib/plots/show';
import {
  figureNames,
  paperFigure,
  paperFigures,
  type FigureName,
} from '../lib/reports/paperFigures';
import { recordedRun } from '../lib/reports/recordedRuns';
import { showFigure, showTables } from '../lib/workbook/showPaper';
import { drawn } from './support/paperFigures';
import { warningsOf } from './support/warningsOf';

const figures = Object.entries(drawn) as [FigureName, PaperFigure][];
const message = (text: string) => (error: unknown) =>
  error instanceof UserError && error.name === 'UserError' && error.message === text;

test('every published file has a schema, and every schema a file', () => {
  const files = fs.readdirSync(publishedFolder).filter((file) => file.endsWith('.csv'));
  assert.deepEqual(files.sort(), publishedNames.map((name) => `${name}.csv`).sort());
  for (const [name, rows] of Object.entries(readPublished(publishedNames))) {
    const text = fs.readFileSync(path.join(publishedFolder, `${name}.csv`), 'utf8');
    const lines = text.trimEnd().split('\n').slice(1); // without the header
    assert.ok(lines.length > 1, name);
    assert.equal(rows.length, lines.length, name);
    assert.ok(!text.includes('\r'), name);
  }
});

test('every published file is drawn, or the README says why not', () => {
  const readme = fs.readFileSync(path.join(publishedFolder, 'README.md'), 'utf8');
  const shown = new Map(
    [...readme.matchAll(/^\| `(\w+)\.csv` \|.*\| ([^|]+) \|$/gm)].map(([, name, place]) => [name!, place!]), // prettier-ignore
  );
  assert.deepEqual([...shown.keys()].sort(), [...publishedNames].sort());
  for (const [name, place] of shown) {
    const drawn = figureNames.filter((f) => (paperFigures[f].files as string[]).includes(name));
    if (drawn.length > 0) assert.equal(place, drawn.join(', '), name);
    else assert.match(place, /^context: .{8}/, name);
  }
});

test('a file, a column or a number that is missing is an error that says so', () => {
  const name = 'v2_fig09_reflective_words';
  assert.throws(
    () => parsePublished(name, 'step,wait_count,source,confidence\n1,2,here,high\n'),
    message(`data/paper/${name}.csv has no column reflective_words_total: git checkout data/paper`),
  );
  const header = 'step,reflective_words_total,wait_count,source,confidence\n';
  assert.throws(
    () => parsePublished(name, `${header}1,5,2,here,high\n2,many,2,here,high\n`),
    message(
      `data/paper/${name}.csv, row 2: no number in reflective_words_total: git checkout data/paper`,
    ),
  );
  assert.throws(
    () => readPublished(['missing' as typeof name]),
    message('no file data/paper/missing.csv: git checkout data/paper'),
  );
});

test('a run that is not recorded is an error that says how to record it', () => {
  assert.throws(
    () => recordedRun('small', 'nothing'),
    message('no recorded run small-nothing-s0: npm run recipe -- --stage nothing --recorded'),
  );
  assert.throws(
    () => recordedRun('tiny', 'nothing', 2),
    message(
      'no recorded run tiny-nothing-s2: npm run recipe -- --preset full --size tiny --stage nothing --seed 2 --recorded',
    ),
  );
  assert.throws(
    () => paperFigure('nothing' as FigureName),
    message(`unknown figure nothing: use ${figureNames.join(', ')}`),
  );
});

for (const [name, figure] of figures) {
  test(`${name}: draws without a warning, and says what it compares`, async () => {
    assert.deepEqual(await warningsOf(figure), []);
    assert.ok(figure.alt.startsWith(`${figure.title}. Published`));
    assert.ok(!/NaN|undefined|Infinity/.test(figure.alt + JSON.stringify(figure.spec)));
  });
}

/** Marks, what they show and where their panels are from: a figure without its numbers. */
function structureOf(spec: unknown): unknown {
  if (Array.isArray(spec)) return spec.map(structureOf);
  const { title, mark, encoding, hconcat, vconcat, concat, layer } = spec as Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
  const fields = Object.entries<{ field?: string } | null>(encoding ?? {})
    .filter(([, channel]) => channel?.field !== undefined)
    .map(([channel, of]) => `${channel}=${of!.field}`);
  return {
    ...(title && { title: title.text }),
    ...(mark && { mark: mark.type }),
    ...(fields.length > 0 && { fields: fields.join(' ') }),
    ...((hconcat ?? concat) && { beside: structureOf(hconcat ?? concat) }),
    ...(vconcat && { below: structureOf(vconcat) }),
    ...(layer && { layer: structureOf(layer) }),
  };
}

test('the figures are built as they were, and say what they said', () => {
  const file = path.join(__dirname, 'support', 'paperFigures.json');
  const built = Object.fromEntries(
    figures.map(([name, { caption, alt, spec }]) => [
      name,
      { caption, alt, ...(structureOf(spec) as object) },
    ]),
  );
  if (process.env.UPDATE_SNAPSHOTS) fs.writeFileSync(file, JSON.stringify(built, null, 2) + '\n');
  assert.deepEqual(built, JSON.parse(fs.readFileSync(file, 'utf8')));
});

test('what is called published is in the files', () => {
  for (const [name, figure] of figures) {
    if (name === 'costs' || name === 'settings') continue; // shares, and a table of texts
    const tables = Object.values(readPublished(paperFigures[name].files)) as object[][];
    const numbers = tables.flatMap((rows) =>
      rows.flatMap((row) => Object.values(row) as unknown[]),
    );
    const allowed = new Set(
      numbers
        .filter((cell) => typeof cell === 'number')
        .flatMap((cell) => [cell, cell / 100, cell * 1000].map((value) => value.toPrecision(6))),
    );
    if (name === 'votes') for (const k of [1, 64]) allowed.add(k.toPrecision(6)); // of "pass@64"
    for (const panel of figure.panels.filter(({ title }) => title.startsWith('Published')))
      for (const cell of panel.rows.flatMap((row) => Object.values(row)))
        if (typeof cell === 'number')
          assert.ok(allowed.has(cell.toPrecision(6)), `${name}, ${panel.title}: ${cell}`);
  }
});

test('what is called ours is in the runs', () => {
  const panels = drawn.accuracy.panels.slice(1);
  assert.deepEqual(
    panels.map(({ source }) => source),
    [
      'base-r1-zero-s0, 88 thousand weights, one seed',
      'small-r1-zero, 88 thousand weights, mean of 3 seeds',
    ],
  );
  const last = panels[0]!.rows.at(-2)!;
  assert.deepEqual([last.series, last.step], ['pass@1', 50]);
  assert.ok(Math.abs(Number(last.value) - (0.1 + (0.75 * 50) / 70)) < 1e-9);

  const settings = drawn.settings.panels[0]!.rows;
  const rate = settings.find((row) => row.setting === 'R1-Zero: learning rate')!;
  assert.deepEqual([rate.published, rate.ours], ['3e-6', '1e-4']);
  const filtered = drawn['sft-data'].panels.at(-1)!.rows;
  assert.deepEqual(
    filtered.map((row) => row.value),
    [60, 20, 20],
  );
  const shares = drawn.costs.panels.map(({ rows }) => rows.map(({ value }) => value as number));
  for (const own of shares) assert.ok(Math.abs(own.reduce((a, b) => a + b, 0) - 1) < 1e-9);
  assert.deepEqual(shares[2], [0.25, 0.375, 0.125, 0.25]);
});

test('the first self-correction: no, wait, another attempt, right, on a problem known without it', () => {
  const at = (step: number, prompt: string, completion: string, correct = true) => ({
    ...{ step, prompt, completion, correct },
  });
  const search = 'try 1 + 1 = 2 -> 3 no wait try 1 + 2 = 3 -> 3 yes';
  const found = firstSelfCorrection([
    at(25, 'a', '试 1 + 1 = 2 -> 3 不 等 试 1 + 2 = 3 -> 3 对'),
    at(0, 'a', '1 + 1', false),
    at(0, 'b', search), // never answered without
    at(25, 'b', search),
    at(10, 'c', search, false), // wrong in the end
    at(0, 'c', '1 + 2'),
    at(10, 'd', 'try 1 + 1 = 2 -> 3 no wait'), // no other attempt
    at(0, 'd', '1 + 2'),
  ]);
  assert.deepEqual([found!.before.step, found!.after.step, found!.after.prompt], [0, 25, 'a']);
  assert.equal(firstSelfCorrection([at(0, 'b', search)]), null);
  assert.equal(wordRate([search, '不 等'], 'wait'), 1);
});

test('the page holds all of it, and asks for nothing else', () => {
  const page = figuresPage(
    figures.map(([name, figure]) => ({ name, figure })),
    ['later is left out: no recorded run <x>'],
  );
  assert.ok(page.length < 3e6);
  assert.ok(!/(src|href)="(?!#)/.test(page) && !page.includes('@import'));
  assert.ok(page.includes('<li>later is left out: no recorded run &lt;x></li>'));
  for (const [name, { panels }] of figures) {
    assert.ok(page.includes(`<section id="${name}">`));
    for (const { rows } of panels)
      assert.ok(page.includes(`<td>${Object.values(rows[0]!)[0]}</td>`));
  }
});

test('on a narrow screen the plots of a figure stand below each other, and none is wider than the screen', async () => {
  for (const [name, figure] of figures) {
    const narrow = stacked(figure);
    const { title, columns, concat } = narrow.spec as unknown as Record<string, unknown> & {
      concat: { title: { text: string }; width: number }[];
    };
    assert.deepEqual([title, columns], [undefined, 1]);
    const titles = concat.map((plot) => plot.title.text);
    assert.deepEqual(titles, figure.panels.map((panel) => panel.title), name); // prettier-ignore
    for (const { width } of concat) assert.ok(width > 100 && width <= 340, `${name}: ${width}`);
    assert.deepEqual(await warningsOf(narrow), []);
  }
  const page = figuresPage([{ name: 'length', figure: drawn.length }], []);
  const [, json] = /<script type="application\/json">(.*?)<\/script>/.exec(page)!;
  const [wide, narrow] = JSON.parse(json!) as Record<string, unknown>[];
  assert.deepEqual(wide, JSON.parse(JSON.stringify(untitled(drawn.length).spec)));
  assert.deepEqual(narrow, JSON.parse(JSON.stringify(stacked(drawn.length).spec)));
});

test('tables: plots of the same categories are columns of one, and nothing in a cell is taken for markup', () => {
  const data = markdownTables(drawn['rl-data']).split('\n\n');
  assert.deepEqual(
    data.map((part) => part.split('\n')[0]),
    [
      'DeepSeek-R1, v2 Table 4',
      '|  | Published: prompts | Published: tokens of a prompt |',
      'base-r1-zero-s0, 88 thousand weights, one seed',
      '|  | Ours: prompts of R1-Zero | Ours: tokens of a prompt |',
    ],
  );
  assert.ok(data[1]!.includes('| Code | 17,000 |  |'));
  const aha = markdownTables(drawn.aha);
  assert.ok(aha.includes('| &lt;answer> 2 + 3 &lt;/answer> &lt;eos> |'));
  assert.ok(aha.startsWith('**Published, in our own words**, DeepSeek-R1, v1 Table 3'));
  for (const [name, figure] of figures)
    for (const table of markdownTables(figure).split('\n\n').filter((part) => part.startsWith('|')))
      assert.equal(new Set(table.split('\n').map((row) => row.match(/(?<!\\)\|/g)!.length)).size, 1, name); // prettier-ignore
});

test('in a notebook: a still picture; a figure that there is not is an error, and shows nothing', async (t) => {
  const shown: string[][] = [];
  const display = Symbol.for('r1.display');
  const kernel = globalThis as unknown as Record<symbol, unknown>;
  kernel[display] = ({ data }: { data: object }) => shown.push(Object.keys(data));
  t.after(() => delete kernel[display]);
  await show(untitled(drawn.tokens), { still: true });
  assert.deepEqual(shown, [['image/png', 'text/plain']]);
  await assert.rejects(showFigure('nothing' as FigureName), UserError);
  assert.throws(() => showTables('nothing' as FigureName), UserError);
  assert.equal(shown.length, 1);
});

test('a picture keeps its colours, or the nearest of those that would be missed most', () => {
  const pixels = Uint8Array.from([
    0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 9, 9, 9, 255,
  ]);
  const png = indexedPng(pixels, 2, 2);
  const content = (name: string): Buffer => {
    const at = png.indexOf(name, 0, 'latin1') + 4;
    return png.subarray(at, at + png.readUInt32BE(at - 8));
  };
  assert.deepEqual([...content('IHDR')], [0, 0, 0, 2, 0, 0, 0, 2, 8, 3, 0, 0, 0]);
  assert.deepEqual([...content('PLTE')], [255, 255, 255, 0, 0, 0, 9, 9, 9]);
  assert.deepEqual([...inflateSync(content('IDAT'))], [0, 1, 0, 0, 0, 2]);

  const shades = Uint8Array.from({ length: 4 * 200 }, (_, i) =>
    i % 4 === 3 ? 255 : Math.floor(i / 4),
  );
  const many = indexedPng(shades, 200, 1);
  assert.equal(many.readUInt32BE(many.indexOf('PLTE', 0, 'latin1') - 4), 3 * mostColours);

  // a thin red line among greys that are all more frequent
  const greys = Array.from({ length: 2 * 60 }, (_, i) => Array<number>(3).fill(2 * (i % 60)));
  const thin = indexedPng(
    Uint8Array.from([...greys, [255, 0, 0]].flatMap((colour) => [...colour, 255])),
    121,
    1,
  );
  assert.ok(thin.includes(Buffer.from([255, 0, 0])));
});

test('weights are counted as they are', () => {
  const config = modelConfig('tiny', 104);
  const model = initParameters(config, 0);
  assert.equal(weightsOf(config), countParameters(model));
  disposeTree(model);
});

test('a long text is wrapped at its words', () => {
  assert.deepEqual(wrap('one two three', 1e3, 12), ['one two three']);
  assert.deepEqual(wrap('one two three', 1, 12), ['one', 'two', 'three']);
});
