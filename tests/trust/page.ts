/**
 * Lets R1-Zero learn in the page of the site, in a Chromium, for `npm test -- page`: half an hour on a machine that does
 * nothing else. For each size and seed it reads what the page itself shows: pass@1 on held-out problems before and after,
 * and the time; and the memory of the browser's processes on the way. The result is written to data/trust/page.json.
 */
import * as fs from 'node:fs';
import type { Page } from 'playwright-core';
import { formatSeconds } from '../../lib/core/format';
import { findBrowser } from '../browser/lab';
import { openSite } from '../browser/siteServer';
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

async function main(): Promise<void> {
  const program = findBrowser();
  if (program === undefined) throw new Error('no Chromium or Chrome is on the PATH');
  const site = await openSite(program, 8124);
  const started = Date.now();
  const made: PageRun[] = [];
  for (const run of runs) {
    const page = await (await site.browser.newContext()).newPage();
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
