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

/** The folders of the finished runs of each arm, a run for each seed. Arms without one are left out. */
export const armFolders = (
  place: Place,
  size: string,
  arms: Readonly<Record<string, string>>,
): { arm: string; folders: string[] }[] =>
  Object.entries(arms).flatMap(([arm, stage]) => {
    const seeds = finishedSeeds(place, size, stage);
    const folders = seeds.map((seed) => runFolder(place, stageName(size, stage, seed)));
    return folders.length === 0 ? [] : [{ arm, folders }];
  });
