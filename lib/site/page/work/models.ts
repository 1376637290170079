/** Checkpoints of the site, read once into the page's disk. */
import { loadCheckpoint } from '../../../model/checkpoint';
import type { Model } from '../../../model/parameters';
import { UserError } from '../../../core/errors';
import { checkpointFolder, local, recorded } from '../../../stages/places';
import { existsSync, readdirSync, writeFileSync } from '../node/fs';
import { dirname } from '../node/path';

const loaded = new Map<string, Promise<Model>>();

/** Before the name of a checkpoint that this browser has trained. */
const own = 'my-';

/** The models that this browser has trained and kept. */
export const ownModels = (): string[] => {
  const folder = dirname(checkpointFolder(local, 'any'));
  return existsSync(folder) ? readdirSync(folder).map((name) => own + name) : [];
};

/** The model of a checkpoint of the site, or with `my-` before its name of one that this browser has trained. `base` is the address of the site. A file that does not come is a UserError. */
export function modelNamed(name: string, base: string): Promise<Model> {
  const found = loaded.get(name) ?? load(name, base);
  loaded.set(name, found);
  found.catch(() => loaded.delete(name));
  return found;
}

async function load(name: string, base: string): Promise<Model> {
  if (name.startsWith(own))
    return loadCheckpoint(
      checkpointFolder(local, name.slice(own.length)),
      'this browser has trained none of that name: see R1-Zero, live',
    );
  const folder = checkpointFolder(recorded, name);
  const get = async (file: string): Promise<void> => {
    const answer = await fetch(new URL(`models/${name}/${file}`, base)).catch(() => null);
    if (!answer?.ok)
      throw new UserError(`${name} does not load (${answer?.status ?? 'no connection'}): reload the page when there is a connection`); // prettier-ignore
    writeFileSync(`${folder}/${file}`, new Uint8Array(await answer.arrayBuffer()));
  };
  await Promise.all(['config.json', 'model.safetensors'].map(get));
  return loadCheckpoint(folder);
}
