/** The playground of the site, asked as a reader would: what it answers, how soon, how fast and with how many bytes. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Page } from 'playwright-core';
import { loadCheckpoint } from '../../lib/model/checkpoint';
import { defaultCap } from '../../lib/sampling/cap';
import type { Rollout } from '../../lib/sampling/sampler';
import { checkpointFolder, recorded, samplerFor } from '../../lib/stages/places';
import { countdownProblem } from '../../lib/tasks/countdown';
import { promptIds } from '../../lib/tasks/index';

/** The model and the problem of the checks. */
export const asked = 'playground.html?models=small-r1-zero-s0&chosen=26,3,5,7&seed=5';

/** What runs in the page and is measured: WebAssembly, and plain JavaScript. */
export const backends = ['wasm', 'cpu'] as const;

/** Waits until the first answer of a column has been said. */
export const answered = (page: Page) => page.waitForSelector('.verdict-line:not(:text("…"))');

/** The answers on the page, as texts. */
export const answersOn = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`[...document.querySelectorAll('.card')].map((card) =>
      [...card.querySelectorAll('.token')].map((token) => token.textContent).join(' '))`);

/** Asks the same problem twice more; returns the tokens per second that the page says, the first and warming one included. */
export async function speedsOn(page: Page): Promise<number[]> {
  const speeds: number[] = [];
  const read = async (): Promise<void> => {
    const said = await page.locator('.speed').innerText();
    speeds.push(Number(said.replace(/ tokens.*|,/g, '')));
  };
  await read();
  for (let again = 0; again < 2; again++) {
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.waitForSelector('.speed', { state: 'detached' });
    await answered(page);
    await read();
  }
  return speeds;
}

/** What the native engine answers to the same, 64 times, and its tokens per second once its graphs are recorded. */
export async function askedHere(): Promise<{ answers: readonly Rollout[]; speed: number }> {
  const { config, parameters } = loadCheckpoint(checkpointFolder(recorded, 'small-r1-zero-s0'));
  const sampler = samplerFor(config);
  const prompt = promptIds(countdownProblem(26, [3, 5, 7]), 'en');
  const options = { groupSize: 64, maxNewTokens: defaultCap, seed: 5 };
  await sampler.sample(parameters, [prompt], options); // records the graphs
  const began = performance.now();
  const [answers] = await sampler.sample(parameters, [prompt], options);
  const seconds = (performance.now() - began) / 1000;
  const tokens = answers!.reduce((sum, { completionIds }) => sum + completionIds.length, 0);
  return { answers: answers!, speed: Math.round(tokens / seconds) };
}

/** Bytes that a browser loads until the first answer: the page, its worker, the engine and the model. */
export function bytesToFirstAnswer(folder: string): number {
  const sizeOf = (inside: string, name: RegExp): number => {
    const files = fs.readdirSync(path.join(folder, inside)).filter((file) => name.test(file));
    return files.reduce((sum, file) => sum + fs.statSync(path.join(folder, inside, file)).size, 0);
  };
  const page = /worker|playground|engineClient|inspector|style|wasm-simd/;
  return sizeOf('assets', page) + sizeOf('models/small-r1-zero-s0', /./);
}
