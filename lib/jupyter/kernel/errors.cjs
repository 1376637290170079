// What tslab reports about a failed cell, kept until the cell's `error` message is sent.
const { format, inspect } = require('node:util');

/** @typedef {{ ename: string, evalue: string, traceback: string[] }} CellError */

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

/** The frames of a stack that help a reader: those of lib/ and of packages, without the kernel's own. */
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
  const frames = ename === 'UserError' ? [] : readableFrames(stack);
  return { ename, evalue, traceback: [`${ename}: ${evalue}`, ...frames] };
}

/** @returns {CellError} */
function describeDiagnostics(/** @type {string[]} */ messages) {
  const [evalue = 'the cell failed without a message', ...more] = messages;
  const ename = 'TypeScriptError';
  return { ename, evalue, traceback: [`${ename}: ${evalue}`, ...more] };
}

/** The error of the cell that has just failed; the next cell starts without one. */
function takeError() {
  const error = thrown ? describeThrown(thrown.error) : describeDiagnostics(diagnostics);
  thrown = undefined;
  diagnostics = [];
  return error;
}

module.exports = { showError, takeError };
