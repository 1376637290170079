// What tslab reports about a failed cell, kept until the cell's `error` message is sent.
const { format, inspect } = require('node:util');

/** @typedef {{ ename: string, evalue: string, traceback: string[] }} CellError */

const runAbove =
  'A name of a cell further up is known once that cell has run: menu Run, Run All Above Selected Cell.';

/** @type {{ error: unknown } | undefined} */
let thrown;
/** @type {string[]} */
let diagnostics = [];

const noise = /jupyter\/kernel|node_modules\/(@?tslab|commander)|node:|evalmachine|<anonymous>/;

/** Takes the place of console.error inside tslab, which hands it what was thrown, or a compiler message in parts. */
function showError(/** @type {unknown[]} */ ...args) {
  if (args.length === 1) thrown = { error: args[0] };
  else diagnostics.push(format(...args));
}

/** @returns {CellError} */
function oneLine(/** @type {string} */ ename, /** @type {string} */ evalue) {
  return { ename, evalue, traceback: [`${ename}: ${evalue}`] };
}

/** Returns the frames of a stack that help a reader: those of lib/ and of packages, without the kernel's own. */
function readableFrames(/** @type {string} */ stack) {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !noise.test(line))
    .map((line) => line.replace(`${process.cwd()}/`, ''));
}

/** @returns {CellError} */
function describeThrown(/** @type {any} */ error) {
  if (!(error instanceof Error)) return oneLine('Thrown', inspect(error));
  const { name: ename, message: evalue, stack = '' } = error;
  const isInterrupt = /^Interrupted asynchronously|interrupted by `SIGINT`$/.test(evalue);
  if (isInterrupt) return oneLine('Interrupted', 'the cell was stopped');
  const frames = /^(UserError|Stopped)$/.test(ename) ? [] : readableFrames(stack);
  return { ename, evalue, traceback: [`${ename}: ${evalue}`, ...frames] };
}

/**
 * Describes what the compiler reported. A cell that is run before the cells above it does not know their names. Its
 * error then says so and names the way out; the messages about types that follow from those names are left out.
 * @returns {CellError}
 */
function describeDiagnostics(/** @type {string[]} */ messages) {
  const isUnknown = messages.some((message) => /Cannot find name/.test(message));
  const shown = messages.filter((message) => !isUnknown || !/implicitly has an? '/.test(message));
  const [evalue = 'the cell failed without a message', ...more] = shown;
  const ename = 'TypeScriptError';
  const advice = isUnknown ? ['', runAbove] : [];
  return { ename, evalue, traceback: [`${ename}: ${evalue}`, ...more, ...advice] };
}

/** Returns the error of the cell that has just failed, and forgets it. */
function takeError() {
  const error = thrown ? describeThrown(thrown.error) : describeDiagnostics(diagnostics);
  thrown = undefined;
  diagnostics = [];
  return error;
}

module.exports = { showError, takeError };
