/** The weights of a folder: one `model.safetensors`, or several files and the index that says which tensor is where. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../core/errors';
import { isObject, isText, objectOf } from '../core/fields';
import { onDisk, readTextFile } from '../core/files';
import { parsedJson } from '../core/jsonLines';
import { openSafetensors, type ByteSource, type TensorFile } from './safetensors';

const single = 'model.safetensors';
const index = `${single}.index.json`;

/** The tensors of a folder, read from its files one by one, until it is closed. */
export interface TensorFolder extends TensorFile {
  /** the file that errors about the weights name */
  readonly where: string;
  close(): void;
}

/** Whether the folder holds weights, whole or not. */
export const hasWeights = (folder: string): boolean =>
  [single, index].some((name) => fs.existsSync(path.join(folder, name)));

/** Opens the weights of a folder; one file goes before an index, as in `transformers`. A damaged file, an index that does not fit, and one file too few are UserErrors. */
export function openTensors(folder: string): TensorFolder {
  const where = path.join(folder, fs.existsSync(path.join(folder, single)) ? single : index);
  const opened: FileSource[] = [];
  const open = (file: string): TensorFile => {
    const source = openFile(file);
    opened.push(source);
    return openSafetensors(source, file);
  };
  const close = (): void => opened.forEach((source) => source.close());
  try {
    if (path.basename(where) === single) return { ...open(where), where, close };
    return { ...openShards(folder, where, open), where, close };
  } catch (error) {
    close();
    throw error;
  }
}

function openShards(folder: string, where: string, open: (file: string) => TensorFile): TensorFile {
  const json = parsedJson(readTextFile(where)) as { weight_map?: unknown } | undefined;
  const map = isObject(json) ? json!.weight_map : undefined;
  if (!objectOf(isText)(map))
    throw new UserError(`${where} is damaged (no weight_map of texts): make or copy it again`);
  const placeOf = new Map(Object.entries(map as Record<string, string>));
  const files = new Map<string, TensorFile>();
  for (const name of new Set(placeOf.values())) {
    if (path.basename(name) !== name || !name.endsWith('.safetensors'))
      throw new UserError(`${where}: ${name} is no file of this folder that ends in .safetensors`);
    if (!fs.existsSync(path.join(folder, name)))
      throw new UserError(`${where}: ${name} is missing in its folder: copy it as well`);
    files.set(name, open(path.join(folder, name)));
  }
  const shapes = new Map<string, readonly number[]>();
  for (const [tensor, name] of placeOf) {
    const shape = files.get(name)!.shapes.get(tensor);
    if (shape === undefined) throw new UserError(`${where}: ${tensor} is not in ${name}`);
    shapes.set(tensor, shape);
  }
  return { shapes, metadata: {}, read: (tensor) => files.get(placeOf.get(tensor)!)!.read(tensor) };
}

interface FileSource extends ByteSource {
  close(): void;
}

function openFile(file: string): FileSource {
  const handle = onDisk('read', file, () => fs.openSync(file, 'r'));
  return {
    size: onDisk('read', file, () => fs.fstatSync(handle).size),
    read(from, to) {
      const bytes = new Uint8Array(to - from);
      let done = 0;
      while (done < bytes.length) {
        const got = onDisk('read', file, () =>
          fs.readSync(handle, bytes, done, Math.min(bytes.length - done, 2 ** 30), from + done),
        );
        if (got === 0) throw new UserError(`${file} was cut off while it was read: copy it again`);
        done += got;
      }
      return bytes;
    },
    close: () => fs.closeSync(handle),
  };
}
