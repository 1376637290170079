/** Programs in Python that use Ray: how they are started, and what all of them are told. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import * as path from 'node:path';
import { UserError } from './errors';
import { root } from './files';

/** Which Ray. */
export interface RayAddress {
  /** the Python that has Ray */
  readonly python: string;
  /** of a Ray that is there already; without it one is started here */
  readonly address?: string;
}

/** What other machines need of this folder, and what they do not: they set themselves up. */
const excludes = ['node_modules', '.git', '.venv*', 'data/local', 'data/runs', 'data/figures'].map((name) => `/${name}`); // prettier-ignore

/** Addresses of a Ray on this machine: nothing has to be copied. */
const here = ['local', 'auto'];

/** Reads `ray` or `ray:ADDRESS`, the value of an option. Returns the address, if any. */
export function rayAddress(value: string, option: string): string | undefined {
  const [kind, ...rest] = value.split(':');
  const address = rest.join(':');
  if (kind !== 'ray' || (value.includes(':') && address === ''))
    throw new UserError(`invalid ${option}: ${value}: use ray or ray:ADDRESS`);
  return address === '' ? undefined : address;
}

/** Starts a program and tells it its job, a line of JSON: where Ray is, what this machine is, and what else it has to know. */
export function startRayProgram(
  script: string,
  { python, address = 'local' }: RayAddress,
  job: object,
): ChildProcessWithoutNullStreams {
  const env = {
    ...process.env,
    PYTHONPATH: path.join(root, 'lib/setup/ray'),
    PYTHONDONTWRITEBYTECODE: '1',
    RAY_DEDUP_LOGS: '0',
    RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO: '0',
  };
  // a group of its own: Ctrl-C of the terminal would end Ray before its stages have stopped
  const child = spawn(python, [path.join(root, script)], { env, detached: true });
  const all = {
    ...{ root, node: process.execPath, address, excludes, isCopied: !here.includes(address) },
    kind: `${process.platform} on ${process.arch} with Node ${process.versions.node.split('.')[0]}`,
    ...job,
  };
  child.stdin.on('error', () => undefined); // it has ended meanwhile, and says why
  child.stdin.write(`${JSON.stringify(all)}\n`);
  return child;
}
