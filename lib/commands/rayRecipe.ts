/** The parts of `npm run recipe` that use Ray: stages side by side, and workers that decode. */
import { UserError } from '../core/errors';
import { formatSeconds } from '../core/format';
import { rayAddress } from '../core/rayProgram';
import { runOnRay, type RayOptions } from '../recipe/ray/onRay';
import type { Task } from '../recipe/taskGraph';
import { finishedTables } from '../reports/finishedTables';
import { startRayDecoders, type RayPlace } from '../sampling/ray/rayDecoders';
import { createRaySampler } from '../sampling/ray/raySampler';
import { askSetup } from '../stages/language/askSetup';
import { decodeElsewhere, shortPath } from '../stages/places';
import { wholeNumber } from './arguments';

/** What the command line asks for. */
export interface RayOptionsRead {
  /** the Ray that makes the stages, if any */
  readonly on?: Pick<RayOptions, 'address' | 'cores'>;
  /** starts the workers that decode on Ray, if any: to be called once all else is checked */
  startDecoders(): Promise<void>;
}

/** Checks the options that have to do with Ray. */
export function readRayOptions(values: {
  readonly [name in 'on' | 'rollouts' | 'workers' | 'cores']?: string;
}): RayOptionsRead {
  const { on, rollouts, workers, cores = '1' } = values;
  if (values.cores !== undefined && on === undefined && rollouts === undefined)
    throw new UserError('--cores goes with --on ray or --rollouts ray: without them a stage has all cores'); // prettier-ignore
  if (workers !== undefined && rollouts === undefined)
    throw new UserError('--workers goes with --rollouts ray: add it');
  if (on !== undefined && rollouts !== undefined)
    throw new UserError('--on does not go with --rollouts: leave one of them out');
  const rayAt = (value: string, option: string): Pick<RayOptions, 'address' | 'cores'> => {
    const address = rayAddress(value, option);
    return { cores: wholeNumber(cores, '--cores', 1), ...(address !== undefined && { address }) };
  };
  const startDecoders = (): Promise<void> => Promise.resolve();
  if (on !== undefined) return { on: rayAt(on, '--on'), startDecoders };
  if (rollouts === undefined) return { startDecoders };
  const settings = {
    ...rayAt(rollouts, '--rollouts'),
    ...(workers !== undefined && { workers: wholeNumber(workers, '--workers', 1) }),
  };
  return { startDecoders: () => decodeOnRay(settings) };
}

/** Reads the seeds of `--seed`, one or several. */
export const seedsNamed = (text: string): number[] =>
  text.split(',').map((seed) => wholeNumber(seed, '--seed'));

/** Makes the stages of a graph, and prints what they measured once all are done. Returns the exit code. */
export async function rayRecipe(tasks: readonly Task[], options: RayOptions): Promise<number> {
  const { place } = options;
  const began = Date.now();
  const all = await runOnRay(tasks, options);
  const took = formatSeconds((Date.now() - began) / 1000);
  if (!all) {
    console.log(`\n${took} now; not all is done: the same command goes on from there`);
    return 1;
  }
  const names = tasks.map(({ name }) => name);
  console.log(`\n${finishedTables(place, names)}\n\n${took} now; everything is in ${shortPath(place)}`); // prettier-ignore
  return 0;
}

/** Completions of a piece of work, of the workbook's models and of language models. */
const pieceRows = { toy: 128, language: 32 };

/** Lets workers on Ray decode for whatever runs in this process. */
async function decodeOnRay(settings: Omit<RayPlace, 'python'>): Promise<void> {
  const decoders = await startRayDecoders({ python: await askSetup('python', 'ray'), ...settings });
  console.log(`workers that decode on Ray: ${decoders.workers}`);
  decodeElsewhere((config, sampling) => {
    const rows = sampling.tokenizer ? pieceRows.language : pieceRows.toy;
    return createRaySampler(config, { ...sampling, pieceRows: rows }, decoders);
  });
}
