/** The part of `npm run recipe` that runs stages side by side, on Ray. */
import { UserError } from '../core/errors';
import { formatSeconds } from '../core/format';
import { runOnRay } from '../recipe/ray/onRay';
import { taskGraph, type AskedTask } from '../recipe/taskGraph';
import { shortPath, type Place } from '../stages/places';
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
  const [kind, ...rest] = on.split(':');
  const address = rest.join(':');
  if (kind !== 'ray' || (on.includes(':') && address === ''))
    throw new UserError(`invalid --on: ${on}: use ray or ray:ADDRESS`);
  const seeds = asked.seed.split(',').map((text) => wholeNumber(text, '--seed'));
  const cores = wholeNumber(asked.cores ?? '1', '--cores', 1);
  const tasks = taskGraph(stages, seeds, place);
  const began = Date.now();
  const options = { place, common, cores, ...(address !== '' && { address }) };
  const all = await runOnRay(tasks, options);
  const took = formatSeconds((Date.now() - began) / 1000);
  console.log(all ? `\n${took} now; everything is in ${shortPath(place)}` : `\n${took} now; not all is done: the same command goes on from there`); // prettier-ignore
  return { code: all ? 0 : 1, names: tasks.map(({ name }) => name) };
}
