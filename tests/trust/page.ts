/**
 * What the pages of the site do in a Chromium, for `npm test -- page`: half an hour on a machine that does nothing else.
 * First the playground: how soon it answers, how fast with each engine, and whether it says what the native engine says.
 * Then R1-Zero learns in the page. For each size and seed it reads what the page itself shows: pass@1 on held-out problems
 * before and after, and the time; and the memory of the browser's processes on the way. The results are written to
 * data/trust/site.json and data/trust/page.json.
 */
import * as fs from 'node:fs';
import type { Page } from 'playwright-core';
import { formatSeconds, whole } from '../../lib/core/format';
import { findBrowser } from '../browser/lab';
import {
  answered,
  answersOn,
  asked,
  askedHere,
  backends,
  bytesToFirstAnswer,
  speedsOn,
} from '../browser/playground';
import { openSite, type OpenedSite } from '../browser/siteServer';
import { writeTrust } from './record';

/** What is trained: at most ten minutes each. */
const runs = [
  { size: 'tiny', seed: 0, steps: 200 },
  { size: 'tiny', seed: 1, steps: 200 },
  { size: 'tiny', seed: 2, steps: 200 },
  { size: 'small', seed: 0, steps: 100 },
] as const;

/** Buffers reach their size in the first steps. */
const firstCounted = 20;

interface PageRun {
  readonly size: string;
  readonly seed: number;
  readonly steps: number;
  readonly seconds: number;
  /** pass@1 of each level with its interval, as the page writes it */
  readonly levels: readonly string[];
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly memory: readonly { readonly step: number; readonly residentMiB: number }[];
}

/** The resident memory of all processes of the browser that belong to pages, in MiB. */
function residentMiB(): number {
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const sizes = pids.map((pid) => {
    try {
      const isPage = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer');
      const status = isPage ? fs.readFileSync(`/proc/${pid}/status`, 'utf8') : '';
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    } catch {
      return 0; // it has ended meanwhile
    }
  });
  return Math.round(sizes.reduce((sum, size) => sum + size, 0));
}

async function learn(page: Page, address: string, run: (typeof runs)[number]): Promise<PageRun> {
  const { size, seed, steps } = run;
  await page.goto(new URL(`live.html?size=${size}&seed=${seed}&steps=${steps}`, address).href);
  await page.getByRole('button', { name: 'Start' }).click();
  const started = Date.now();
  const memory: { step: number; residentMiB: number }[] = [];
  const isFinished = page.locator('[role=status]', { hasText: 'Finished after' });
  while (!(await isFinished.isVisible())) {
    await page.waitForTimeout(2000);
    const text = await page.locator('.r1-training').textContent({ timeout: 1000 }).catch(() => ''); // prettier-ignore
    const step = Number(/step (\d+) of/.exec(text ?? '')?.[1] ?? 0);
    const last = memory.at(-1)?.step ?? 0;
    if (step >= firstCounted && step >= last + 10)
      memory.push({ step, residentMiB: residentMiB() });
  }
  const seconds = (Date.now() - started) / 1000;
  const rows = await page.locator('.scrolls table tr').all();
  const cells = await Promise.all(rows.map((row) => row.locator('th, td').allInnerTexts()));
  const [levels, before] = cells.map((line) => line.slice(1)) as [string[], string[]];
  const after = cells.at(-1)!.slice(1);
  console.log(
    `${size} ${seed}: ${formatSeconds(seconds)}, ${levels[0]} ${before[0]} -> ${after[0]}`,
  );
  return { ...{ size, seed, steps, seconds: Math.round(seconds) }, levels, before, after, memory };
}

/** Opens a page of the site in a browser that knows nothing of it yet. */
const opened = async ({ browser }: OpenedSite): Promise<Page> =>
  (await browser.newContext()).newPage();

/** Asks the playground with each engine, and the native engine. */
async function ask(site: OpenedSite): Promise<void> {
  const started = Date.now();
  const soonest: { readonly word: number; readonly answer: number }[] = [];
  for (let again = 0; again < 3; again++) {
    const page = await opened(site);
    const began = Date.now();
    await page.goto(new URL(asked, site.address).href);
    await page.waitForSelector('.token');
    const word = (Date.now() - began) / 1000;
    await answered(page);
    soonest.push({ word, answer: (Date.now() - began) / 1000 });
    await page.context().close();
  }
  const here = await askedHere();
  const engines = [];
  for (const backend of backends) {
    const page = await opened(site);
    await page.goto(new URL(`${asked}&samples=64&backend=${backend}`, site.address).href);
    await answered(page);
    const texts = await answersOn(page);
    const same = here.answers.filter(({ text }, i) => text === texts[i]).length;
    engines.push({ backend, same, tokensPerSecond: (await speedsOn(page)).at(-1)! });
    await page.context().close();
  }
  const latest = (what: 'word' | 'answer') => Math.max(...soonest.map((one) => one[what])).toFixed(1); // prettier-ignore
  const bytes = bytesToFirstAnswer(site.folder);
  const speeds = engines.map(({ backend, tokensPerSecond, same }) => `${backend} ${whole(tokensPerSecond)} (${same} of 64 the same)`); // prettier-ignore
  writeTrust('site', {
    what: 'the playground of the site in Chromium: first word and first answer of R1-Zero, then tokens/s of 64 answers',
    number: `${latest('word')} s, ${latest('answer')} s and ${(bytes / 1e6).toFixed(2)} MB; ${speeds.join(', ')}, native ${whole(here.speed)}`,
    command: 'npm test -- page',
    seconds: Math.round((Date.now() - started) / 1000),
    ...{ soonest, bytes, engines, native: here.speed },
  });
}

async function main(): Promise<void> {
  const program = findBrowser();
  if (program === undefined) throw new Error('no Chromium or Chrome is on the PATH');
  const site = await openSite(program, 8124);
  await ask(site);
  const started = Date.now();
  const made: PageRun[] = [];
  for (const run of runs) {
    const page = await opened(site);
    made.push(await learn(page, site.address, run));
    await page.context().close();
  }
  await site.end();
  const growth = made.map(({ memory }) => memory.at(-1)!.residentMiB / memory[0]!.residentMiB - 1);
  const most = Math.max(...made.flatMap(({ memory }) => memory.map(({ residentMiB: m }) => m)));
  const results = made.map(({ size, seed, levels, before, after, seconds }) => `${size} ${seed}, ${levels[0]}: ${before[0]} to ${after[0]} in ${formatSeconds(seconds)}`); // prettier-ignore
  const grown = `memory ${(100 * Math.max(...growth)).toFixed(1)} % more at most, ${most} MiB`;
  writeTrust('page', {
    what: 'R1-Zero in the page of the site, Chromium, pass@1 before and after',
    number: `${results.join('; ')}; ${grown}`,
    command: 'npm test -- page',
    seconds: Math.round((Date.now() - started) / 1000),
    runs: made,
  });
}

export const finished: Promise<void> = main();
