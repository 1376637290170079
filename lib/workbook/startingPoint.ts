/** What a notebook starts from: a model or a data set of an earlier stage. */
import * as fs from 'node:fs';
import { loadCheckpoint } from '../model/checkpoint';
import type { StageName } from '../recipe/graph';
import { presets } from '../recipe/presets';
import { runStage } from '../recipe/runStage';
import { checkpointFolder, findCheckpoint, recorded, shortPath, stageName } from '../stages/places';
import type { FoundModel } from '../stages/places';
import { readTraces, traceFile, type Trace } from '../stages/traces';
import type { Workbook } from './openWorkbook';

/**
 * The model a notebook starts from: the reader's own where there is one, else the recorded one. In smoke mode it is
 * trained on the spot.
 */
export async function startingPoint(
  { mode, size, seed, place, preset }: Workbook,
  stage: StageName,
): Promise<FoundModel> {
  const name = stageName(size, stage, seed);
  if (mode === 'smoke') {
    await runStage(stage, { preset, seed, place });
    const folder = checkpointFolder(place, name);
    return { model: loadCheckpoint(folder), folder, origin: 'yours' };
  }
  const found = findCheckpoint(name, place);
  const whose = found.origin === 'yours' ? 'your own' : 'the recorded';
  console.log(`${whose} ${name} (${shortPath(found.folder)})`);
  return found;
}

/** R1's traces to learn from: the reader's own data set where there is one, else the recorded one. */
export async function teacherTraces({ mode, seed, place, preset }: Workbook): Promise<Trace[]> {
  const { teacher: size } = mode === 'smoke' ? preset : presets.full;
  if (mode === 'smoke') await runStage('distillation-data', { preset, seed, place });
  const name = stageName(size, 'distillation-data', 0);
  const own = traceFile(place, name);
  const file = fs.existsSync(own) ? own : traceFile(recorded, name);
  console.log(`the data set ${name} (${shortPath(file)})`);
  return readTraces(file);
}
