/** Checkpoints of the site, read once into the page's disk. */
import { loadCheckpoint } from '../../../model/checkpoint';
import type { Model } from '../../../model/parameters';
import { UserError } from '../../../core/errors';
import { checkpointFolder, local, recorded } from '../../../stages/places';
import { existsSync, writeFileSync } from '../node/fs';

const loaded = new Map<string, Promise<Model>>();

/** The model of a checkpoint: one that this page has trained, or one of the site. `base` is the address of the site. A file that does not come is a UserError. */
export function modelNamed(name: string, base: string): Promise<Model> {
  const found = loaded.get(name) ?? load(name, base);
  loaded.set(name, found);
  found.catch(() => loaded.delete(name));
  return found;
}

async function load(name: string, base: string): Promise<Model> {
  const own = checkpointFolder(local, name);
  if (existsSync(own)) return loadCheckpoint(own);
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
