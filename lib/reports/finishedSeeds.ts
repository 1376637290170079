import * as fs from 'node:fs';
import * as path from 'node:path';
import { readRunInfo } from '../runs/run';
import { runFolder, stageName, type Place } from '../stages/places';

/** The seeds with which a stage was run to its end, the smallest first. */
export function finishedSeeds(place: Place, size: string, stage: string): number[] {
  const folder = path.join(place, 'runs');
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const seeds = new Set(names.map((name) => Number(/-s(\d+)$/.exec(name)?.[1])));
  return [...seeds]
    .map((seed) => ({ seed, name: stageName(size, stage, seed) }))
    .filter(({ name }) => names.includes(name) && readRunInfo(runFolder(place, name))?.finished)
    .map(({ seed }) => seed)
    .sort((a, b) => a - b);
}
