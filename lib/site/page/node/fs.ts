/**
 * The disk of the page: files in memory, with the functions of `node:fs` that the library uses. `disk` holds them by their
 * paths, so that a run can be kept by the browser and given to the reader.
 */

/** Files by their absolute paths. Folders are where files are. */
export const disk = new Map<string, Uint8Array>();

/** The files of a folder, by their paths within it. */
export function filesIn(folder: string): Map<string, Uint8Array> {
  const start = `${folder}/`;
  const inside = [...disk].filter(([path]) => path.startsWith(start));
  return new Map(inside.map(([path, bytes]) => [path.slice(start.length), bytes]));
}

const folders = new Set<string>(['/']);

function fault(code: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path });
}

function bytesAt(path: string, syscall: string): Uint8Array {
  const bytes = disk.get(path);
  if (bytes) return bytes;
  throw fault(isFolder(path) ? 'EISDIR' : 'ENOENT', syscall, path);
}

const isFolder = (path: string): boolean =>
  folders.has(path) || [...disk.keys()].some((file) => file.startsWith(`${path}/`));

export const existsSync = (path: string): boolean => disk.has(path) || isFolder(path);

export function mkdirSync(path: string): void {
  folders.add(path);
}

/** A folder's names, those of its folders among them. */
export function readdirSync(path: string): string[] {
  if (!isFolder(path)) throw fault('ENOENT', 'scandir', path);
  const start = path === '/' ? '/' : `${path}/`;
  const inside = [...disk.keys(), ...folders].filter((file) => file.startsWith(start));
  return [...new Set(inside.map((file) => file.slice(start.length).split('/')[0]!))].sort();
}

export function readFileSync(path: string, encoding?: string): Uint8Array | string {
  const bytes = bytesAt(path, 'open');
  return encoding === undefined ? bytes : new TextDecoder().decode(bytes);
}

export function writeFileSync(
  path: string,
  data: string | Uint8Array,
  { flag }: { flag?: string } = {},
): void {
  if (flag === 'wx' && disk.has(path)) throw fault('EEXIST', 'open', path);
  disk.set(path, typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data));
}

export function renameSync(from: string, to: string): void {
  disk.set(to, bytesAt(from, 'rename'));
  disk.delete(from);
}

export function rmSync(path: string): void {
  for (const file of disk.keys())
    if (file === path || file.startsWith(`${path}/`)) disk.delete(file);
  folders.delete(path);
}

export function rmdirSync(path: string): void {
  folders.delete(path);
}

export function readlinkSync(path: string): never {
  throw fault('ENOENT', 'readlink', path);
}

export function mkdtempSync(): never {
  throw new Error('the page records no graphs');
}

const handles = new Map<number, string>();
let lastHandle = 2;

export function openSync(path: string): number {
  bytesAt(path, 'open');
  handles.set(++lastHandle, path);
  return lastHandle;
}

export const fstatSync = (handle: number): { size: number } => ({
  size: bytesAt(handles.get(handle)!, 'fstat').length,
});

/** Copies bytes of a file into `target`; returns how many there were. */
export function readSync(
  handle: number,
  target: Uint8Array,
  ...[at, length, from]: [at: number, length: number, from: number]
): number {
  const part = bytesAt(handles.get(handle)!, 'read').subarray(from, from + length);
  target.set(part, at);
  return part.length;
}

export function closeSync(handle: number): void {
  handles.delete(handle);
}
