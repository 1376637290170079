/** The parts of `npm run recipe` that use Ray: stages side by side, and workers that decode. */
import { formatSeconds } from '../core/format';
import { rayAddress } from '../core/rayProgram';
import { runOnRay } from '../recipe/ray/onRay';
import { taskGraph, type AskedTask } from '../recipe/taskGraph';
import { startRayDecoders, type RayPlace } from '../sampling/ray/rayDecoders';
import { createRaySampler } from '../sampling/ray/raySampler';
import { askSetup } from '../stages/language/askSetup';
import { decodeElsewhere, shortPath, type Place } from '../stages/places';
import { wholeNumber } from './arguments';

/** What the command line asks for. */
export interface RayAsked {
  /** `ray` or `ray:ADDRESS` */
  readonly on: string;
  readonly seed: string;
  readonly cores?: string;
  readonly stages: readonly AskedTask[];
  readonly place: Place;
  /** the options that all stages share */
  readonly common: readonly string[];
}

/** Runs the stages of all seeds. Returns the exit code, and the names of what was to be made. */
export async function rayRecipe(asked: RayAsked): Promise<{ code: number; names: string[] }> {
  const { on, stages, place, common } = asked;
  const address = rayAddress(on, '--on');
  const seeds = asked.seed.split(',').map((text) => wholeNumber(text, '--seed'));
  const cores = wholeNumber(asked.cores ?? '1', '--cores', 1);
  const tasks = taskGraph(stages, seeds, place);
  const began = Date.now();
  const options = { place, common, cores, ...(address !== undefined && { address }) };
  const all = await runOnRay(tasks, options);
  const took = formatSeconds((Date.now() - began) / 1000);
  console.log(all ? `\n${took} now; everything is in ${shortPath(place)}` : `\n${took} now; not all is done: the same command goes on from there`); // prettier-ignore
  return { code: all ? 0 : 1, names: tasks.map(({ name }) => name) };
}

/** Completions of a piece of work, of the workbook's models and of language models. */
const pieceRows = { toy: 128, language: 32 };

/** Lets workers on Ray decode for whatever runs in this process. */
export async function decodeOnRay(settings: Omit<RayPlace, 'python'>): Promise<void> {
  const decoders = await startRayDecoders({ python: await askSetup('python', 'ray'), ...settings });
  console.log(`workers that decode on Ray: ${decoders.workers}`);
  decodeElsewhere((config, sampling) => {
    const rows = sampling.tokenizer ? pieceRows.language : pieceRows.toy;
    return createRaySampler(config, { ...sampling, pieceRows: rows }, decoders);
  });
}
