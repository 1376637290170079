import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type Locator,
  type Page,
} from 'playwright-core';
import { root } from '../../lib/core/files';
import { formatNotebook, readNotebook, type Notebook } from '../../lib/jupyter/notebook';
import { findBrowser, startLab, type Lab } from './lab';
import { choose, codeCells, drawn, ended, errorsOf, kernelIdle, run, select, until } from './page';

const program = findBrowser();
const skip = program === undefined && 'no Chromium or Chrome is on the PATH';

const screenshots = path.join(root, 'data/local/browser');
const folder = path.join(screenshots, `run-${process.pid}`);
/** copies: JupyterLab saves what it has open */
const notebooks = path.join(folder, 'notebooks');
/** where the kernels of the test train */
const place = path.join(folder, 'place');

/** the notebook that is run whole, and the one with pairs to label */
const [quick, labelling] = ['01-base-model.ipynb', '06-human-feedback.ipynb'] as const;

let lab: Lab;
let browser: Browser;
let context: BrowserContext;

before(async () => {
  if (skip) return;
  fs.cpSync(path.join(root, 'notebooks'), notebooks, { recursive: true });
  fs.writeFileSync(path.join(notebooks, 'training.ipynb'), formatNotebook(longTraining()));
  // XLA off: compiling takes longer than a smoke run
  const smoke = { R1_MODE: 'smoke', R1_SMOKE_PLACE: place };
  lab = await startLab(folder, { ...smoke, TF_XLA_FLAGS: '--tf_xla_clustering_fuel=0' });
  browser = await chromium.launch({ executablePath: program, args: ['--disable-gpu'] });
  context = await browser.newContext({ viewport: { width: 1300, height: 1000 } });
  context.setDefaultTimeout(180_000);
});
after(async () => {
  await browser?.close();
  await lab?.end();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** A run that nobody waits for to end. */
function longTraining(): Notebook {
  const sources = [
    `import { openWorkbook, runRL, startingPoint } from './lib/workbook/index';
     import { trainingPanel } from './lib/workbook/trainingPanel';
     const book = await openWorkbook();
     const base = await startingPoint(book, 'base');`,
    `await runRL(book, base, {
       stage: 'steered', fromStage: 'base', steering: trainingPanel(),
       settings: { steps: 1000, evaluateEvery: 1000, evaluated: [] },
     });`,
    `console.log('the kernel', 'lives');`,
  ];
  return {
    cells: sources.map((source, i) => ({ cell_type: 'code', id: `c${i}`, metadata: {}, source })),
    metadata: { kernelspec: { name: 'tslab' } },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

/** A test with a notebook open; when it fails, a picture of the page stays behind. */
function check(name: string, file: string, body: (page: Page) => Promise<void>): void {
  test(name, { skip }, async (t) => {
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ stack }) => errors.push(stack!));
    try {
      await page.goto(lab.addressOf(path.join(notebooks, file)));
      const { length } = readNotebook(path.join(notebooks, file)).cells;
      const cells = page.locator('.jp-Notebook .jp-Cell');
      const count = (): Promise<number> => cells.count();
      await until(`${length} cells`, count, (now) => now === length);
      await body(page);
      assert.deepEqual(errors, []);
    } catch (error) {
      const picture = path.join(screenshots, `${name.replaceAll(/\W+/g, '-')}.png`);
      await page.screenshot({ path: picture });
      for (const text of await errorsOf(codeCells(page))) t.diagnostic(text);
      t.diagnostic(`see ${picture}`);
      throw error;
    } finally {
      await page.close();
      await lab.endKernels();
    }
  });
}

/** The lines of a file that a kernel has written. */
const linesOf = (file: string): string[] =>
  fs.readFileSync(path.join(place, file), 'utf8').trim().split('\n');

/** The charts that a notebook's file holds. */
function savedCharts(file: string): number {
  const outputs = readNotebook(path.join(notebooks, file)).cells.flatMap((c) => c.outputs ?? []);
  return outputs.filter((o) => o.output_type === 'display_data' && isChart(o.data)).length;
}
const isChart = (data: object): boolean => 'application/vnd.vegalite.v5+json' in data;

const isNotebook = (file: string): boolean => file.endsWith('.ipynb');
const all = fs.readdirSync(path.join(root, 'notebooks'), { recursive: true, encoding: 'utf8' });
for (const file of all.filter(isNotebook).sort())
  check(`${file} opens, with its charts`, file, async (page) => {
    await drawn(codeCells(page), savedCharts(file));
    assert.deepEqual(await errorsOf(codeCells(page)), []);
  });

check('a notebook runs from top to bottom, with progress and charts', quick, async (page) => {
  const cells = codeCells(page);
  await kernelIdle(page);
  await choose(page, 'Edit', 'Clear Outputs of All Cells');
  await drawn(cells, 0);
  await page.evaluate(watchProgress);
  await choose(page, 'Run', 'Run All Cells');
  await ended(cells);
  await drawn(cells, savedCharts(quick));
  assert.deepEqual(await errorsOf(cells), []);
  const seen = await page.evaluate<string[]>('[...shares]');
  assert.ok(seen.length > 1 && seen.at(-1) === '100', `progress stood at ${seen.join(', ')}`);
});

/** In the page: remembers which shares the progress of the pre-training has shown. */
const watchProgress = `
  var shares = new Set();
  new MutationObserver(() => {
    for (const output of document.querySelectorAll('.jp-OutputArea-output')) {
      const share = output.textContent.match(/pre-training .* (\\d+) %/);
      if (share) shares.add(share[1]);
    }
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
`;

check(
  'a run is paused, steered, resumed and stopped after a step; its kernel lives',
  'training.ipynb',
  async (page) => {
    await kernelIdle(page);
    const [first, training, last] = [0, 1, 2].map((i) => codeCells(page).nth(i));
    await run(first!);
    await ended(first!);
    await run(training!);
    const panel = page.locator('.r1-training');
    const number = async (pattern: RegExp): Promise<number> =>
      Number((await training!.textContent())!.match(pattern)?.[1]);
    const step = (): Promise<number> => number(/step (\d+) of 1000/);
    const share = (): Promise<number> => number(/(\d+) % · /);
    await until('share of the steps done', share, (percent) => percent >= 1);
    await drawn(training!, 1);

    await panel.getByRole('button', { name: 'pause' }).click();
    await panel.getByText('paused', { exact: true }).waitFor();
    const paused = await step();
    await panel.getByLabel('temperature').fill('0.8');
    await panel.getByText(`step ${paused}: temperature 0.8`).waitFor();
    assert.equal(await step(), paused);
    await panel.getByRole('button', { name: 'resume' }).click();
    await until('step', step, (now) => now > paused + 10);
    await until('share of the steps done', share, (percent) => percent > paused / 10);

    await page.locator('[data-command="notebook:interrupt-kernel"]').click();
    await ended(training!);
    const says = (text: string): Promise<void> => training!.getByText(text).waitFor();
    await says(`Steered by hand: temperature 0.8 from step ${paused}.`);
    await says('Stopped: run the cell again to go on from here');
    const stopped = await number(/stopped after step (\d+); run it again to go on/);
    assert.equal(linesOf('runs/tiny-steered-s0/metrics.csv').slice(1).length, stopped);
    await run(last!);
    await last!.getByText('the kernel lives').waitFor();
  },
);

check(
  'a page that is loaded anew while a run trains says so, and the next cell shows the run',
  'training.ipynb',
  async (page) => {
    await kernelIdle(page);
    const cell = (i: number): Locator => codeCells(page).nth(i);
    await run(cell(0));
    await ended(cell(0));
    await run(cell(1));
    const step = async (): Promise<number> =>
      Number((await cell(2).textContent())!.match(/step (\d+) of 1000/)?.[1]);
    await cell(1)
      .getByText(/step \d+ of 1000/)
      .waitFor();
    await page.reload();
    await page.getByText('TypeScript | Busy').waitFor();
    await run(cell(2));
    await cell(2).getByText('waiting: a cell runs since').waitFor();
    const shown = await until('step', step, (now) => now > 0);
    await until('step', step, (now) => now > shown + 10);
    await drawn(cell(2), 1);
    await page.locator('[data-command="notebook:interrupt-kernel"]').click();
    await cell(2)
      .getByText('that cell ended (Stopped: run the cell again to go on from here)')
      .waitFor();
    await run(cell(2));
    await cell(2).getByText('the kernel lives').waitFor();
    assert.equal(await cell(2).getByText('waiting').count(), 0);
  },
);

check('labels that are clicked arrive in the kernel and are kept', labelling, async (page) => {
  await kernelIdle(page);
  const ending = codeCells(page, 'panel.end()');
  await select(ending);
  await choose(page, 'Run', 'Run All Above Selected Cell');
  const panel = page.locator('.r1-label');
  const labelled = (count: number): Promise<void> =>
    panel.getByText(new RegExp(`\\b${count} of \\d+ labelled`)).waitFor();
  await labelled(0);
  await panel.locator('.answer').first().click();
  await labelled(1);
  await panel.press('2');
  await labelled(2);
  await panel.getByRole('button', { name: 'equally good' }).click();
  await labelled(3);
  await panel.getByRole('button', { name: 'undo' }).click();
  await labelled(2);
  const kept = linesOf('preferences/mine.jsonl').map((line) => line.match(/"label":(.)/)?.[1]);
  assert.deepEqual(kept, ['1', '0']);
  await run(ending);
  await page.getByText('2 pairs labelled: 1 A, 1 B, 0 ties').waitFor();
});
