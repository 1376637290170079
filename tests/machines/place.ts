/** Where the machines are tried: a temporary folder with clones, a cache, and other versions of Node, npm and Python. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../lib/core/files';

/** The clones in the temporary folder: of this user, under a hostile path, under one with a colon, of another user. */
export const clones = {
  plain: 'plain',
  hostile: 'my work #1, 100% żółć 木',
  colon: 'a:b',
  user: 'user',
} as const;

/** The number of a user whom no machine knows by name. */
export const unknownUser = 54_321;

function command(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
}

/** Returns the folder of a clone of this repository's last commit, which is made where it is missing. */
export function cloneFolder(folder: string, clone: keyof typeof clones): string {
  const to = path.join(folder, clones[clone]);
  if (fs.existsSync(to)) return to;
  if (!command('git', 'clone', '--quiet', root, to)) throw new Error(`no clone in ${to}`);
  if (clone === 'user') command('chown', '-R', `${unknownUser}:${unknownUser}`, to);
  return to;
}

/** Installs a version of an npm package and returns the folder of its programs; undefined where the registry has none. */
export function installTool(folder: string, name: string, version: string): string | undefined {
  const prefix = path.join(folder, 'tools', `${name}-${version}`);
  const options = ['--silent', '--no-save', '--ignore-scripts', '--prefix', prefix];
  const there =
    fs.existsSync(prefix) || command('npm', 'install', ...options, `${name}@${version}`);
  return there ? path.join(prefix, 'node_modules/.bin') : undefined;
}

/** Returns a folder in which `python3` is a version of Python that is on the PATH; undefined where it is not. */
export function pythonFolder(folder: string, version: string): string | undefined {
  const print = 'import sys; print("%d.%d" % sys.version_info[:2], sys.executable)';
  const programs = (process.env.PATH ?? '')
    .split(path.delimiter)
    .flatMap((one) => [path.join(one, `python${version}`), path.join(one, 'python3')]);
  for (const program of programs) {
    const { stdout } = spawnSync(program, ['-c', print], { encoding: 'utf8' });
    const [found, executable] = (stdout ?? '').trim().split(' ');
    if (found !== version || !executable) continue;
    const own = path.join(folder, 'tools', `python-${version}`);
    fs.mkdirSync(own, { recursive: true });
    for (const name of ['python3', 'python']) {
      fs.rmSync(path.join(own, name), { force: true });
      fs.symlinkSync(executable, path.join(own, name));
    }
    return own;
  }
  return undefined;
}

/**
 * Returns what starts a program in a new control group with limits, and undefined where none can be made.
 * @param controller the folder of Linux's first version of control groups, such as `cpu`
 */
export function inGroup(
  controller: string,
  limits: Readonly<Record<string, number>>,
): readonly string[] | undefined {
  const name = Object.values(limits).join('-');
  const group = `/sys/fs/cgroup/${controller}/r1-machines-${name}`;
  try {
    fs.mkdirSync(group, { recursive: true });
    for (const [file, value] of Object.entries(limits))
      fs.writeFileSync(path.join(group, file), String(value));
  } catch {
    return undefined;
  }
  return ['sh', '-c', `echo $$ > ${group}/cgroup.procs && exec "$@"`, 'sh'];
}

/** Returns what starts a program as a user whom the machine does not know, and undefined where this user may not. */
export function asUnknownUser(): readonly string[] | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return ['setpriv', `--reuid=${unknownUser}`, `--regid=${unknownUser}`, '--clear-groups'];
}
