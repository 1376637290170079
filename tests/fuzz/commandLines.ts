/**
 * Command lines: what a person types, and what nobody would. Each command is loaded anew and runs up to the place where
 * its work begins, which is taken out.
 */
import childProcess from 'node:child_process';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { root } from '../../lib/core/files';
import { pick, type Random } from '../../lib/core/random';

const load = createRequire(__filename);

/** A command, the options that it has, and the functions at which its work begins. */
interface Command {
  readonly name: string;
  readonly options: readonly string[];
  /** whether it takes names */
  readonly names?: true;
  /** by the file in lib/ that exports them */
  readonly work: Readonly<Record<string, readonly string[]>>;
}

export const commands: readonly Command[] = [
  {
    name: 'evaluate',
    names: true,
    options: ['task', 'level', 'problems', 'samples', 'temperature', 'max-new-tokens', 'seed', 'json', 'sense', 'dump'], // prettier-ignore
    work: { 'engine/tensorflow': ['startEngine'], 'evaluation/evaluate': ['heldOutProblems'] },
  },
  {
    name: 'recipe',
    options: ['preset', 'size', 'seed', 'stage', 'steps', 'tokens', 'task', 'model', 'data', 'log', 'on', 'rollouts', 'workers', 'cores', 'recorded'], // prettier-ignore
    work: {
      'recipe/runStage': ['runStage'],
      'recipe/language/runLanguageStage': ['runLanguageStage'],
      'recipe/language/taskGraph': ['languageMemory'],
      'recipe/ray/onRay': ['runOnRay'],
      'stages/language/askSetup': ['askSetup'],
      'stages/language/models': ['findLanguageModel'],
    },
  },
  {
    name: 'model',
    names: true,
    options: ['as', 'remove'],
    work: { 'stages/language/bringIn': ['bringIn', 'forgetModel'] },
  },
  {
    name: 'export',
    names: true,
    options: ['folder', 'gguf', 'type'],
    work: { 'stages/language/exportModel': ['exportFolder', 'exportGguf'] },
  },
  {
    name: 'chat',
    names: true,
    options: ['temperature', 'top-p', 'max-new-tokens', 'seed', 'system'],
    work: { 'stages/language/talk': ['openTalker'], 'engine/tensorflow': ['startEngine'] },
  },
  {
    name: 'serve',
    names: true,
    options: ['port'],
    work: { 'stages/language/talk': ['openTalker'], 'engine/tensorflow': ['startEngine'] },
  },
  {
    name: 'notebooks',
    names: true,
    options: ['mode', 'save', 'timeout', 'check'],
    work: {
      'jupyter/runFiles': ['runNotebookFiles'],
      'checks/checkWorkbook': ['checkNotebooks', 'checkPages'],
    },
  },
  {
    name: 'inspect',
    names: true,
    options: ['out'],
    work: { 'workbook/inspector': ['inspectorPage'] },
  },
  {
    name: 'bench',
    options: ['size', 'repeats', 'against', 'avx2', 'model', 'json', 'scaling', 'ops', 'memory', 'record'], // prettier-ignore
    work: {
      'engine/tensorflow': ['startEngine'],
      'bench/scaling': ['measureScaling'],
      'bench/machine': ['refuseBusyMachine'],
    },
  },
  {
    name: 'handover',
    names: true,
    options: ['folder', 'data', 'steps', 'held-out', 'seed'],
    work: { 'handover/handOver': ['handOver'], 'handover/dataSets': ['handTraces', 'handPreferences'] }, // prettier-ignore
  },
  {
    name: 'takeover',
    names: true,
    options: ['checkpoint', 'as', 'data', 'problems'],
    work: { 'handover/takeOver': ['takeOver'] },
  },
  {
    name: 'serve-rewards',
    options: ['port', 'patience'],
    work: { 'commands/loopback/listen': ['listen'] },
  },
  {
    name: 'site',
    options: ['folder', 'address', 'serve', 'port'],
    work: { 'site/buildSite': ['buildSite'] },
  },
  { name: 'figures', options: [], work: { 'runs/run': ['readRunInfo'] } },
  { name: 'docs', options: ['check'], work: {} },
  { name: 'test', options: [], names: true, work: {} },
];

/** What a command throws where its work would begin. */
class WorkBegins extends Error {}
/** What `--help` ends in, in place of the process. */
class Exits extends Error {}

const begin = (): never => {
  throw new WorkBegins();
};

const words = [
  // the first thirty are what a person may mean
  ...'small base tiny large smoke quick full units countdown programs general r1-zero dev1 base words smollm2 types lint replay live 01 solutions/01 00-start-here'.split(' '), // prettier-ignore
  ...'0 1 2 3 5 07 +7 7.0 7e0 1_0 0x10 -1 0.5 .5 1e9 1e400 1000000 99999999999 9007199254740993 NaN Infinity ∞ ７'.split(' '), // prettier-ignore
  ...'__proto__ constructor toString hasOwnProperty undefined null 512x8x8 0x1x1 512x0x8 9999999x9999x1 small,base , small,,x'.split(' '), // prettier-ignore
  ...'../x ../../etc/passwd /etc/passwd /dev/null /proc/self/mem . .. / ~ notebooks data data/runs package.json data/runs/small-r1-zero-s0 small-r1-zero-s0 data/checkpoints/small-base-s0'.split(' '), // prettier-ignore
  ...['', ' ', '\n', 'two\nlines', '\u001b[31m', '\u202e', '🙂', '\ud800', '-', '--', '=', '"', '`id`', '$(id)', '; rm', '*', '%s', 'x'.repeat(5000)], // prettier-ignore
];

function anyWord(random: Random): string {
  if (random.int(2) > 0) return words[random.int(30)]!; // what a person may mean
  if (random.int(4) > 0) return pick(words, random);
  return Array.from({ length: random.int(6) }, () => String.fromCharCode(1 + random.int(0x2ff))).join(''); // prettier-ignore
}

/** A command with its arguments. */
export function anyCommandLine(random: Random): [name: string, ...args: string[]] {
  const { name, options, names } = pick(commands, random);
  const args: string[] = [];
  if (random.int(names ? 2 : 20) === 0) args.push(anyWord(random));
  for (let n = random.int(3); n > 0; n--) {
    const isKnown = options.length > 0 && random.int(20) > 0;
    const option = isKnown ? pick(options, random) : anyWord(random);
    const kind = random.int(10);
    if (kind === 0) args.push(`--${option}`);
    else if (kind === 1) args.push(`--${option}=${anyWord(random)}`);
    else if (kind === 2) args.push(`-${option.slice(0, 1)}`);
    else args.push(`--${option}`, anyWord(random));
  }
  if (random.int(30) === 0) args.push('--help');
  return [name, ...args];
}

export interface Outcome {
  /** what the command returned; undefined where it was cut short */
  readonly code: unknown;
  readonly begins: boolean;
  /** what it printed for people in its errors */
  readonly said: string;
  /** files that it would have written */
  readonly written: readonly string[];
}

/**
 * Runs a command line in this process, without its work unless it is asked for. Files are not written. Throws what the
 * command throws.
 */
export async function runCommandLine(
  [name, ...args]: readonly string[],
  { isWorking = false } = {},
): Promise<Outcome> {
  const { work } = commands.find((command) => command.name === name)!;
  const file = path.join(root, `lib/commands/${name}.ts`);
  const written: string[] = [];
  let said = '';
  const undo = [
    ...Object.entries(isWorking ? {} : work).map(([module, names]) =>
      replaceExports(module, Object.fromEntries(names.map((one) => [one, begin]))),
    ),
    replaceExports('core/files', {
      writeFileAtomic: (target: string) => void written.push(target),
    }),
    replace(childProcess, { spawn: begin, spawnSync: begin, execFileSync: begin }),
    replace(process, { argv: [process.execPath, file, ...args], on: () => process, exit: () => { throw new Exits(); } }), // prettier-ignore
    replace(process.stdout, { on: () => process.stdout }),
    replace(console, { log: () => {}, error: (text: string) => void (said += text) }),
  ];
  const exitCode = process.exitCode;
  try {
    await (load(file) as { finished: Promise<void> }).finished;
    return { code: process.exitCode, begins: false, said, written };
  } catch (error) {
    if (error instanceof WorkBegins) return { code: undefined, begins: true, said, written };
    if (error instanceof Exits) return { code: 0, begins: false, said, written };
    throw error;
  } finally {
    forget(file);
    process.exitCode = exitCode;
    for (const one of undo.reverse()) one();
  }
}

/** Lets a module be loaded anew, and lets go of what was loaded, which its parent holds otherwise. */
function forget(file: string): void {
  const loaded = load.cache[file];
  delete load.cache[file];
  const siblings = loaded?.parent?.children ?? [];
  siblings.splice(0, siblings.length);
}

/** Replaces properties of an object, and returns what undoes it. */
function replace(object: object, properties: Readonly<Record<string, unknown>>): () => void {
  const before = Object.fromEntries(Object.keys(properties).map((key) => [key, (object as Record<string, unknown>)[key]])); // prettier-ignore
  Object.assign(object, properties);
  return () => void Object.assign(object, before);
}

/** Replaces exports of a module of lib/ for the modules that are loaded from now on. */
function replaceExports(module: string, exports: Readonly<Record<string, unknown>>): () => void {
  const file = path.join(root, `lib/${module}.ts`);
  const all: object = load(file) as object;
  const entry = load.cache[file]!;
  const before: unknown = entry.exports;
  entry.exports = Object.assign(Object.create(null), all, exports);
  return () => void (entry.exports = before);
}
