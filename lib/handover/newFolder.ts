/** Folders that are whole or not there. */
import * as fs from 'node:fs';
import { UserError } from '../core/errors';
import { onDisk } from '../core/files';

/** Fills a new folder under another name and renames it; what was begun and not ended is taken away. */
export async function newFolder(
  target: string,
  fill: (unfinished: string) => Promise<void>,
): Promise<void> {
  if (fs.existsSync(target))
    throw new UserError(`${target} is there already: name a new folder, or remove it`);
  const unfinished = `${target}.${process.pid}.tmp`;
  try {
    await fill(unfinished);
    onDisk('write', target, () => fs.renameSync(unfinished, target));
  } finally {
    fs.rmSync(unfinished, { recursive: true, force: true });
  }
}
