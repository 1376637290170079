/** The models that the site brings: of each size the stages of the recipe, its students and its generations. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { modelSizes } from '../model/config';
import { checkpointFolder, recorded, stageName } from '../stages/places';

/** A model as the site lists it. */
export interface ListedModel {
  /** of its checkpoint */
  readonly name: string;
  readonly size: string;
  /** what it is called in the workbook: `R1-Zero` */
  readonly title: string;
}

/** The stages whose models answer, in the order of the recipe. */
const titles: Readonly<Record<string, string>> = {
  base: 'base',
  'r1-zero': 'R1-Zero',
  dev1: 'Dev1, cold start',
  dev2: 'Dev2, reasoning RL',
  dev3: 'Dev3, rejection sampling',
  r1: 'R1, preference RL',
  distilled: 'student',
  'student-rl': 'student, RL alone',
  gen1: 'generation 1',
  gen2: 'generation 2',
  gen3: 'generation 3',
  gen4: 'generation 4',
};

/** Lists the recorded models of seed 0. */
export function listModels(): ListedModel[] {
  return modelSizes.flatMap((size) =>
    Object.entries(titles).flatMap(([stage, title]) => {
      const name = stageName(size, stage, 0);
      const file = path.join(checkpointFolder(recorded, name), 'model.safetensors');
      return fs.existsSync(file) ? [{ name, size, title }] : [];
    }),
  );
}
