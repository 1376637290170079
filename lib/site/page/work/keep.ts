/** What the page keeps of its runs in the browser, so that they go on after a reload. */
import { createStore, del, entries, set } from 'idb-keyval';
import { disk, filesIn } from '../node/fs';

const store = createStore('r1-workbook', 'runs');

/** Whether the browser keeps anything: not in some private windows. */
let keeps = true;

/** Brings back the runs that were kept. Returns whether the browser keeps anything. */
export async function bringBack(): Promise<boolean> {
  try {
    for (const [folder, files] of await entries<string, Map<string, Uint8Array>>(store))
      for (const [name, bytes] of files) disk.set(`${folder}/${name}`, bytes);
  } catch {
    keeps = false;
  }
  return keeps;
}

/**
 * Keeps the files of a folder as they are now, without the lock of the process that writes them. Returns whether they are
 * kept: a browser may have no room left, and the run goes on without.
 */
export async function keep(folder: string): Promise<boolean> {
  if (!keeps) return false;
  const files = [...filesIn(folder)].filter(([name]) => !/\.(lock|tmp)$/.test(name));
  try {
    await set(folder, new Map(files), store);
  } catch {
    keeps = false;
  }
  return keeps;
}

/** Forgets a folder, here and in the browser. */
export async function forget(folder: string): Promise<void> {
  for (const name of filesIn(folder).keys()) disk.delete(`${folder}/${name}`);
  if (keeps) await del(folder, store);
}
