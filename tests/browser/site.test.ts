/** The site in a Chromium: it is built, opened below a path of its own, and used. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { unzipSync, zipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { writeFileAtomic } from '../../lib/core/files';
import { mean } from '../../lib/core/statistics';
import { loadCheckpoint } from '../../lib/model/checkpoint';
import { readMetrics } from '../../lib/runs/run';
import { checkpointFolder, recorded, runFolder } from '../../lib/stages/places';
import { readInspectorData } from '../../lib/workbook/inspector';
import { temporaryFolder } from '../support/folder';
import { metricsOf } from '../support/microRun';
import { findBrowser } from './lab';
import {
  answered,
  answersOn,
  asked,
  askedHere,
  backends,
  bytesToFirstAnswer,
  speedsOn,
} from './playground';
import { openSite, type OpenedSite } from './siteServer';

const program = findBrowser();
const skip = program === undefined && 'no Chromium or Chrome is on the PATH';

let site: OpenedSite;

before(async () => {
  if (program !== undefined) site = await openSite(program, 8123);
});
after(() => site?.end());

/** A page of the site in a browser that knows nothing of it yet. Errors of the page fail the test. */
async function open(address: string, size = { width: 1200, height: 900 }): Promise<Page> {
  const context = await site.browser.newContext({ viewport: size, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => assert.fail(error.stack));
  await page.goto(new URL(address, site.address).href);
  return page;
}

for (const backend of backends)
  test(`${backend}: a model says in the page what it says here`, { skip }, async (t) => {
    const page = await open(`${asked}&samples=64&backend=${backend}`);
    await answered(page);
    const inPage = await answersOn(page);
    const speeds = await speedsOn(page);
    await page.context().close();
    const { answers, speed } = await askedHere();
    t.diagnostic(`64 answers of small, tokens/s: in the page ${speeds.join(', ')}, here ${speed}`);
    const same = answers.filter(({ text }, i) => text === inPage[i]).length;
    t.diagnostic(`${same} of 64 completions have the same tokens`);
    assert.ok(same >= 62, `${same}`);
  });

test('the first answer comes soon and with few bytes', { skip }, async (t) => {
  const started = Date.now();
  const page = await open(asked);
  await answered(page);
  t.diagnostic(`${((Date.now() - started) / 1000).toFixed(1)} s to the first answer`);
  await page.context().close();
  const bytes = bytesToFirstAnswer(site.folder);
  t.diagnostic(`${(bytes / 1e6).toFixed(2)} MB: the page, its worker, the engine and the model`);
  assert.ok(bytes < 3e6);
});

test('the playground on a phone, in the dark, and for a screen reader', { skip }, async () => {
  const page = await open(`${asked}&models=small-base-s0,small-r1-zero-s0`.replace('models=small-r1-zero-s0&', ''), { width: 360, height: 740 }); // prettier-ignore
  await answered(page);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await noViolations(page);
  }
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.ok(width <= 360, `the page is ${width} pixels wide`);
  await page.context().close();
});

/** Asserts that axe-core finds nothing on the page as it is. */
async function noViolations(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
  );
  assert.deepEqual(found, []);
}

test(
  'everything in the playground is done with keys, and what goes wrong is said',
  { skip },
  async () => {
    const page = await open(`${asked}&level=9`);
    await page.waitForSelector('[role=alert]:has-text("level=9")');
    await answered(page);
    await page.getByLabel('Your own answer').focus();
    await page.keyboard.type('3 * 7 + 5');
    await page.waitForSelector('output:has-text("right")');
    await page.getByLabel('your own: target, then numbers').focus();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('61 2 2');
    await page.keyboard.press('Enter');
    const why = await page.evaluate('document.activeElement.validationMessage');
    assert.match(String(why), /target 61 is out of range/);
    await page.getByRole('button', { name: 'Keep asking this' }).focus();
    await page.keyboard.press('Enter');
    const answers = `/(\\d+) answers/.exec(document.querySelector('.share')?.textContent)?.[1]`;
    await page.waitForFunction(`Number(${answers}) >= 64`);
    await page.keyboard.press('Enter'); // it is the stop button now
    await page.waitForSelector('button:has-text("Keep asking this")');
    await page.locator('.tokens').focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForSelector('.readout:has-text("token 2")');
    await page.context().close();
  },
);

test(
  'once opened, the site is there without a connection, and its threads are allowed',
  { skip },
  async () => {
    const page = await open(asked);
    await answered(page);
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
    await page.context().setOffline(true);
    await page.reload();
    await answered(page);
    assert.equal(await page.evaluate('crossOriginIsolated'), true);
    await page.locator('select').first().selectOption('base-r1-s0');
    await page.waitForSelector('.status:has-text("base-r1-s0 does not load (no connection)")');
    await page.goto(new URL('./', page.url()).href);
    await page.waitForSelector('h1');
    await page.context().close();
  },
);

test(
  'a notebook is read: its charts and inspectors come alive, its words are found',
  { skip },
  async () => {
    for (const width of [1200, 360]) {
      const page = await open('book/02-r1-zero.html', { width, height: 900 });
      for (const kind of ['chart', 'inspector']) {
        await page.locator(`figure[data-${kind}]`).first().scrollIntoViewIfNeeded();
        await page.locator(`figure[data-${kind}] .alive`).first().waitFor();
      }
      await noViolations(page);
      const inside = await page.evaluate<number>('document.documentElement.scrollWidth');
      assert.ok(inside <= width, `the page is ${inside} pixels wide`);
      await page.getByLabel('Search').fill('perplexity');
      await page.locator('#found a').first().click();
      await page.waitForURL(/11-a-real-model\.html#/);
      await page.context().close();
    }
  },
);

test('an engine that is not there is refused by name', { skip }, async () => {
  const page = await open('playground.html?backend=webgpu');
  await page.waitForSelector('text=cannot compute with webgpu here: use wasm or cpu');
  await page.context().close();
});

test('every link of the site leads somewhere', { skip }, () => {
  const files = fs.readdirSync(site.folder, { recursive: true, encoding: 'utf8' });
  const missing = files
    .filter((file) => file.endsWith('.html') && !/^(api|figures)/.test(file))
    .flatMap((file) => {
      const html = fs.readFileSync(path.join(site.folder, file), 'utf8');
      const links = [...html.matchAll(/(?:href|src|data-chart|data-inspector)="([^"]*)"/g)].map(
        ([, link]) => link!,
      );
      return links
        .filter((link) => !/^(https?:|data:|#)/.test(link))
        .filter((link) => !leadsSomewhere(path.join(site.folder, path.dirname(file)), link))
        .map((link) => `${file}: ${link}`);
    });
  assert.deepEqual(missing, []);
});

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', fragment] = link.replace(/\?.*/, '').split('#');
  const at = path.join(from, file);
  if (!fs.existsSync(at)) return false;
  return fragment === undefined || fs.readFileSync(at, 'utf8').includes(`id="${fragment}"`);
}

const training = 'live.html?steps=8';
const finished = (page: Page) => page.waitForSelector('[role=status]:has-text("Finished after 8 steps")', { timeout: 180_000 }); // prettier-ignore

test(
  'a run in the page goes on after a reload, is the same again, and opens here',
  { skip },
  async (t) => {
    const page = await open(training);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForSelector('.r1-training:has-text("step 5 of 8")', { timeout: 120_000 });
    await page.reload();
    await page.getByRole('button', { name: /Go on from step [34]/ }).click();
    await finished(page);
    const one = await downloaded(page);

    await page.getByRole('button', { name: 'Forget this run' }).click();
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForSelector('.r1-training:has-text("of 8")', { timeout: 120_000 });
    const second = await page.context().newPage();
    await second.goto(page.url());
    await second.getByRole('button', { name: /Start|Go on/ }).click();
    await second.waitForSelector('[role=alert]:has-text("is made in another page")');
    await second.close();
    await page.clock.install();
    await page.clock.fastForward(600_000);
    await page.waitForSelector('[role=status]:has-text("slept for 10 min")');
    await finished(page);
    await noViolations(page);
    const other = await downloaded(page);
    await compared(page, [one, other]);
    await page.context().close();
    assert.deepEqual(metricsOf(runFolder(other, name)), metricsOf(runFolder(one, name)));

    const rewards = readMetrics(runFolder(one, name)).map((row) => Number(row['reward/mean']));
    const [first, last] = [mean(rewards.slice(0, 3)), mean(rewards.slice(-3))];
    t.diagnostic(
      `reward ${first.toFixed(3)} in the first three steps, ${last.toFixed(3)} in the last three`,
    );
    assert.ok(last > first);
    assert.equal(readInspectorData(runFolder(one, name)).steps.at(-1), 8);
    const trained = loadCheckpoint(checkpointFolder(one, name));
    const base = loadCheckpoint(checkpointFolder(recorded, 'tiny-base-s0'));
    assert.deepEqual(trained.config, base.config);
    assert.notDeepEqual(
      trained.parameters.embedding.arraySync(),
      base.parameters.embedding.arraySync(),
    );
  },
);

const name = 'tiny-r1-zero-s0';

/** Drops saved runs on the page that compares, and something that is none. */
async function compared(page: Page, places: readonly string[]): Promise<void> {
  await page.goto(new URL('compare.html?compare=small-r1-zero-s0,nobody', page.url()).href);
  await page.waitForSelector('[role=alert]:has-text("the site has no run nobody")');
  const files = places.map((place, i) => {
    const packed = zipSync({ [`runs/${name}/run.json`]: read(place, 'run.json'), [`runs/${name}/metrics.csv`]: read(place, 'metrics.csv') }); // prettier-ignore
    return { name: `reader-${i}.zip`, mimeType: 'application/zip', buffer: Buffer.from(packed) };
  });
  const none = {
    name: 'notes.zip',
    mimeType: 'application/zip',
    buffer: Buffer.from('no archive'),
  };
  const older = zipSync({ 'runs/x/run.json': Buffer.from('{"format": 2}'), 'runs/x/metrics.csv': Buffer.from('step\n0\n') }); // prettier-ignore
  const newer = { ...none, name: 'newer.zip', buffer: Buffer.from(older) };
  await page.locator('input[type=file]').setInputFiles([...files, none, newer]);
  await page.waitForSelector('[role=alert]:has-text("notes.zip is no zip archive")');
  await page.waitForSelector('[role=alert]:has-text("is of a newer version")');
  for (const run of ['small-r1-zero-s0', 'reader-0', 'reader-1'])
    await page.locator('table th', { hasText: run }).waitFor();
  await page.waitForSelector('.chart svg[aria-label*="reader-1"]');
  await noViolations(page);
}

const read = (place: string, file: string): Uint8Array =>
  fs.readFileSync(path.join(runFolder(place, name), file));

/** Downloads the run of the page, and returns the folder that it was unpacked into. */
async function downloaded(page: Page): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download the run' }).click(),
  ]);
  const into = temporaryFolder();
  const archive = unzipSync(fs.readFileSync(await download.path()));
  for (const [file, bytes] of Object.entries(archive))
    writeFileAtomic(path.join(into, file), bytes);
  return into;
}
