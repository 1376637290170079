/**
 * The program behind every npm script. It sets up what is missing, then runs a command; `--help` lists the commands.
 */
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { bundle } from './bundle.mjs';
import { doctor } from './doctor.mjs';
import { SetupError, failureOf } from './errors.mjs';
import { root } from './folders.mjs';
import { pythonFolder, pythonOf } from './python.mjs';
import { renewLocks } from './renew.mjs';
import { commandEnvironment, forgetLastSetUp, setUp } from './setup.mjs';
import { passOn, say } from './terminal.mjs';

const help = `usage: npm start [-- OPTIONS], npm test, npm run COMMAND [-- OPTIONS]

  start       open JupyterLab at notebooks/00-start-here.ipynb; options go to JupyterLab, such as --no-browser or
              --port=8890; with --run first: \`notebooks --mode live\` instead, in the terminal
  test        check types, lint and format, run the unit tests and every notebook at smoke size
  recipe      run the whole recipe in the terminal
  model       bring in a language model, such as smollm2
  export      write a checkpoint for transformers, or as a GGUF file for llama.cpp
  handover    write a folder with which TRL, verl or another trainer goes on
  takeover    make a run of the workbook of one that TRL or verl has made
  serve-rewards  judge completions for trainers on this machine
  chat        talk with a checkpoint
  serve       let other programs talk with it, by the protocol of OpenAI
  evaluate    score a checkpoint on held-out problems
  notebooks   execute notebooks in the terminal and save their outputs
  inspect     write the rollouts of a run, token by token, as a page for the browser
  bench       measure the speed of training, decoding and a GRPO step
  figures     draw the figures and tables of the README, and the paper's figures beside them
  site        build pages in which the models answer and learn in any browser; --serve shows them
  docs        write pages about every exported function and type of lib/
  doctor      say what is installed, what is missing, and how to mend it (--json)
  bundle      make one file of all this for laptops without network (--help)
  setup       install what is missing, and try out what is there; --renew: write the hashes of the Python packages anew

Each command first installs what is missing: npm packages, a Python environment with JupyterLab (.venv, or the active
conda environment), TensorFlow's C library (shared by all clones of a user) and the addon that connects it to Node.
  R1_DEVICE=cpu|gpu   which build of TensorFlow; without it: gpu where nvidia-smi finds one
  R1_CACHE=FOLDER     where TensorFlow goes instead of the user's cache folder
  CXX=COMPILER        the C++ compiler; CXX=zig downloads one for the build`;

const scripts =
  'test recipe model chat serve serve-rewards export handover takeover evaluate notebooks inspect bench figures site docs'.split(
    ' ',
  );

/** Runs one command line and returns the exit code. */
async function main(/** @type {string} */ command = '--help', /** @type {string[]} */ ...args) {
  const own = ['start', 'setup', 'doctor'];
  if (command === '--help' || (own.includes(command) && args.includes('--help'))) {
    console.log(help);
    return 0;
  }
  if (command === 'doctor') return doctor(args.includes('--json'));
  if (command === 'bundle') return bundle(args);
  const commands = [...scripts, 'start', 'setup'];
  if (!commands.includes(command)) {
    throw new SetupError(
      `unknown command: ${command}`,
      `use one of ${commands.join(', ')}, doctor, bundle`,
    );
  }
  const extra = command === 'setup' ? args.find((arg) => arg !== '--renew') : undefined;
  if (extra) throw new SetupError(`unknown option of setup: ${extra}`, 'use none, or --renew');
  if (command === 'setup') forgetLastSetUp();
  await setUp();
  if (command === 'setup' && args.length > 0) await renewLocks(pythonOf(pythonFolder(root)));
  if (command === 'setup') return 0;
  if (command === 'start' && args[0] === '--run') {
    return runScript('notebooks', ['--mode', 'live', ...args.slice(1)]);
  }
  return command === 'start' ? runJupyterLab(args) : runScript(command, args);
}

/**
 * @param {string} name
 * @param {readonly string[]} args
 */
function runScript(name, args) {
  const script = path.join(root, `lib/commands/${name}.ts`);
  return runChild(process.execPath, ['--import', 'tsx', script, ...args], commandEnvironment());
}

/** @param {readonly string[]} args */
function runJupyterLab(args) {
  const options = [
    `--ServerApp.root_dir=${root}`,
    '--Application.log_level=ERROR',
    '--LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb',
    // Jupyter refuses to run as root, which is the usual user of a container
    ...(process.getuid?.() === 0 ? ['--allow-root'] : []),
  ];
  const kernels = [path.join(root, 'lib/jupyter/share'), process.env.JUPYTER_PATH];
  const JUPYTER_PATH = kernels.filter(Boolean).join(path.delimiter);
  const python = pythonOf(pythonFolder(root));
  say(
    'JupyterLab opens in the browser. Where none opens: at the address that follows. Ctrl-C twice ends it.',
  );
  return runChild(python, ['-m', 'jupyterlab', ...options, ...args], {
    ...commandEnvironment(),
    JUPYTER_PATH,
  });
}

/**
 * Runs a program in the place of this one. The program itself decides what happens on Ctrl-C. A terminal sends the
 * signal to both, so this process ignores it; without a terminal it passes the signal on.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} its exit code
 */
function runChild(program, args, env) {
  const child = spawn(program, args, { cwd: root, env, stdio: ['inherit', 'inherit', 'pipe'] });
  passOn(child.stderr);
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(failureOf(program, String(error))));
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal ? os.constants.signals[signal] : 0)),
    );
  });
}

try {
  process.exitCode = await main(...process.argv.slice(2));
} catch (thrown) {
  // The system's own errors, such as a full disk, carry a code; an error without one is a defect and keeps its stack.
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (thrown);
  const error = code ? failureOf('set-up', message) : thrown;
  if (!(error instanceof SetupError)) throw error;
  say(`error: ${error.message}\n  fix: ${error.fix}`);
  process.exitCode = 1;
}
