/**
 * The large doses, for `npm test -- crash`: a thousand kills of the micro recipe, and a failure of every call by which it
 * changes a file. R1_CRASH_SHARE=0.1 gives a tenth of the kills. The results go to data/trust/crash.json and writes.json.
 */
import '../support/withoutXla';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { whole } from '../../lib/core/format';
import { printProgress } from '../support/printProgress';
import { writeTrust } from '../trust/record';
import { killedRecipes } from './kills';
import { makeMicroRecipe, recipeStages } from './microRecipe';
import { diskErrors, failEachWrite } from './writes';

const wantedKills = Math.ceil(1000 * Number(process.env.R1_CRASH_SHARE ?? 1));
const seed = 2;
const lanes = Math.min(4, os.availableParallelism());
const command = 'npm test -- crash';

async function kills(folder: string): Promise<boolean> {
  const started = Date.now();
  const onProgress = printProgress('kills');
  const dose = { kills: wantedKills, seed, stages: recipeStages.length, lanes, folder };
  const report = await killedRecipes({ ...dose, onProgress });
  const number = `${whole(report.survived)} of ${whole(report.kills)}`;
  const what = 'kills survived, same bits';
  const seconds = Math.round((Date.now() - started) / 1000);
  writeTrust('crash', { what, number, command, seed, seconds, ...report });
  console.log([`${what}: ${number}`, ...report.faults].join('\n'));
  return report.survived === report.kills && report.faults.length === 0;
}

async function writes(folder: string): Promise<boolean> {
  const started = Date.now();
  const before = path.join(folder, 'before');
  fs.mkdirSync(before);
  const stages: Record<string, number> = {};
  const faults: string[] = [];
  let survived = 0;
  for (const [i, stage] of recipeStages.entries()) {
    const make = (place: string): Promise<void> => makeMicroRecipe(place, i + 1);
    const onProgress = printProgress(`failing writes, ${stage}`);
    const report = await failEachWrite({ before, folder, make, onProgress });
    stages[stage] = report.calls;
    survived += report.survived;
    faults.push(...report.faults.map((fault) => `${stage}, ${fault}`));
    await make(before);
  }
  const calls = Object.values(stages).reduce((a, b) => a + b, 0);
  const what = 'faulty writes survived';
  const number = `${whole(survived)} of ${whole(calls)} write calls of the recipe, failed once each`;
  const seconds = Math.round((Date.now() - started) / 1000);
  writeTrust('writes', { what, number, command, seconds, errors: diskErrors, stages, faults });
  console.log([`${what}: ${number}`, ...faults].join('\n'));
  return faults.length === 0;
}

async function main(): Promise<void> {
  const good: boolean[] = [];
  for (const check of [kills, writes]) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-crash-'));
    try {
      good.push(await check(folder));
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
  process.exit(good.every(Boolean) ? 0 : 1); // the decoding processes would keep this one waiting
}

export const finished: Promise<void> = main();
