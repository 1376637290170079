/** The parts of `npm run recipe` that use Ray: stages side by side, and workers that decode. */
import { formatSeconds } from '../core/format';
import { rayAddress } from '../core/rayProgram';
import { runOnRay, type RayOptions } from '../recipe/ray/onRay';
import type { Task } from '../recipe/taskGraph';
import { startRayDecoders, type RayPlace } from '../sampling/ray/rayDecoders';
import { createRaySampler } from '../sampling/ray/raySampler';
import { askSetup } from '../stages/language/askSetup';
import { decodeElsewhere, shortPath } from '../stages/places';
import { wholeNumber } from './arguments';

/** What the command line asks for. */
export interface RayAsked extends Pick<RayOptions, 'place' | 'brought'> {
  /** `ray` or `ray:ADDRESS` */
  readonly on: string;
  readonly cores?: string;
}

/** Reads the seeds of `--seed`, one or several. */
export const seedsNamed = (text: string): number[] =>
  text.split(',').map((seed) => wholeNumber(seed, '--seed'));

/** Makes the stages of a graph. Returns the exit code. */
export async function rayRecipe(tasks: readonly Task[], asked: RayAsked): Promise<number> {
  const { on, cores = '1', ...places } = asked;
  const address = rayAddress(on, '--on');
  const began = Date.now();
  const options = {
    cores: wholeNumber(cores, '--cores', 1),
    ...(address !== undefined && { address }),
  };
  const all = await runOnRay(tasks, { ...places, ...options });
  const took = formatSeconds((Date.now() - began) / 1000);
  console.log(all ? `\n${took} now; everything is in ${shortPath(asked.place)}` : `\n${took} now; not all is done: the same command goes on from there`); // prettier-ignore
  return all ? 0 : 1;
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
