import * as fs from 'node:fs';
import * as path from 'node:path';
import { disposeTree } from '../../lib/engine/tree';
import { loadCheckpoint } from '../../lib/model/checkpoint';
import { filesBeside } from '../../lib/stages/places';

/** Returns name and text of the files beside a checkpoint's weights that a new checkpoint would have in another form. */
export function staleFiles(folder: string): [name: string, text: string][] {
  const model = loadCheckpoint(folder);
  const files = Object.entries(filesBeside(model));
  disposeTree(model.parameters);
  return files.filter(([name, text]) => {
    const file = path.join(folder, name);
    return !fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text;
  });
}
