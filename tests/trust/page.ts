/**
 * What the pages of the site do in a Chromium, for `npm test -- page`: half an hour on a machine that does nothing else.
 * First the playground: how soon it answers, how fast with each engine, and whether it says what the native engine says.
 * Then R1-Zero learns in the page. For each size and seed it reads what the page itself shows: pass@1 on held-out problems
 * before and after, and the time. At last the memory of such a run. The results are written to data/trust/site.json,
 * page.json and pageMemory.json; `npm test -- page` makes all three, and this file with the name of one of them that one alone.
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
import { childrenOf } from '../support/processes';
import { writeTrust } from './record';

/** What is trained: `tiny` for less than ten minutes, `small` for about twenty. */
const runs = [
  { size: 'tiny', seed: 0, steps: 200 },
  { size: 'tiny', seed: 1, steps: 200 },
  { size: 'tiny', seed: 2, steps: 200 },
  { size: 'small', seed: 0, steps: 100 },
] as const;

/** The run whose memory is looked at. Buffers reach their size in the first steps. */
const watched = { size: 'tiny', seed: 0, steps: 130 } as const;
const firstCounted = 30;

interface PageRun {
  readonly size: string;
  readonly seed: number;
  readonly steps: number;
  readonly seconds: number;
  /** pass@1 of each level with its interval, as the page writes it */
  readonly levels: readonly string[];
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** The resident memory of the largest process of a browser below this one, which is that of the page, in MiB. */
function residentMiB(): number {
  const sizes = childrenOf(process.pid, '')
    .flatMap(descendantsOf)
    .map((pid) => {
      try {
        const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
        return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
      } catch {
        return 0; // it has ended meanwhile
      }
    });
  const most = Math.round(Math.max(...sizes));
  if (most > 0) return most;
  throw new Error('no process of the browser is found');
}

const descendantsOf = (pid: number): number[] => [
  pid,
  ...childrenOf(pid, '').flatMap(descendantsOf),
];

/** Trains in the page; `atStep` is called about every two seconds, when the base has been measured. */
async function learn(
  page: Page,
  address: string,
  run: Pick<PageRun, 'size' | 'seed' | 'steps'>,
  atStep: (step: number) => void = () => undefined,
): Promise<PageRun> {
  const { size, seed, steps } = run;
  await page.goto(new URL(`live.html?size=${size}&seed=${seed}&steps=${steps}`, address).href);
  await page.getByRole('button', { name: 'Start' }).click();
  const started = Date.now();
  const isFinished = page.locator('[role=status]', { hasText: 'Finished after' });
  while (!(await isFinished.isVisible())) {
    await page.waitForTimeout(2000);
    const text = await page.locator('.r1-training').textContent({ timeout: 1000 }).catch(() => ''); // prettier-ignore
    const step = Number(/step (\d+) of/.exec(text ?? '')?.[1] ?? 0);
    if (step > 0) atStep(step);
  }
  const seconds = (Date.now() - started) / 1000;
  const rows = await page.locator('.scrolls table tr').all();
  const cells = await Promise.all(rows.map((row) => row.locator('th, td').allInnerTexts()));
  const [levels, before] = cells.map((line) => line.slice(1)) as [string[], string[]];
  const after = cells.at(-1)!.slice(1);
  console.log(
    `${size} ${seed}: ${formatSeconds(seconds)}, ${levels[0]} ${before[0]} -> ${after[0]}`,
  );
  return { ...{ size, seed, steps, seconds: Math.round(seconds) }, levels, before, after };
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

/** Lets R1-Zero learn, each run in a browser of its own. */
async function learnAll(site: OpenedSite): Promise<void> {
  const started = Date.now();
  const made: PageRun[] = [];
  for (const run of runs) {
    const page = await opened(site);
    made.push(await learn(page, site.address, run));
    await page.context().close();
  }
  const results = made.map(({ size, seed, levels, before, after, seconds }) => `${size} ${seed}, ${levels[0]}: ${before[0]} to ${after[0]} in ${formatSeconds(seconds)}`); // prettier-ignore
  writeTrust('page', {
    what: 'R1-Zero in the page of the site, Chromium, pass@1 before and after',
    number: results.join('; '),
    command: 'npm test -- page',
    seconds: Math.round((Date.now() - started) / 1000),
    runs: made,
  });
}

/** Looks at the memory of the page while it learns. */
async function remember(site: OpenedSite): Promise<void> {
  const started = Date.now();
  const memory: { step: number; residentMiB: number }[] = [];
  const page = await opened(site);
  await learn(page, site.address, watched, (step) => {
    if (step >= firstCounted && step >= (memory.at(-1)?.step ?? 0) + 5)
      memory.push({ step, residentMiB: residentMiB() });
  });
  await page.context().close();
  const [first, last] = [memory[0]!, memory.at(-1)!];
  const growth = 100 * (last.residentMiB / first.residentMiB - 1);
  const most = Math.max(...memory.map((one) => one.residentMiB));
  writeTrust('pageMemory', {
    what: 'memory of the page in which R1-Zero of tiny learns, Chromium',
    number: `${growth >= 0 ? '+' : ''}${growth.toFixed(1)} % from step ${first.step} to ${last.step}, ${most} MiB at most`,
    command: 'npm test -- page',
    seconds: Math.round((Date.now() - started) / 1000),
    memory,
  });
}

const parts = { site: ask, page: learnAll, pageMemory: remember };

async function main(): Promise<void> {
  const program = findBrowser();
  if (program === undefined) throw new Error('no Chromium or Chrome is on the PATH');
  const [name] = process.argv.slice(2) as (keyof typeof parts)[];
  const site = await openSite(program, 8124);
  for (const part of name ? [parts[name]] : Object.values(parts)) await part(site);
  await site.end();
}

export const finished: Promise<void> = main();
