// Runs cells one after another and sends the protocol's messages that tslab leaves out: execute_input, error, and
// 'aborted' for the cells that were waiting when one failed.
const { showError, takeError } = require('./errors.cjs');
const { openOutput, flushOutput } = require('./output.cjs');
const { cellBegins, cellEnds, noteOutput, sayAborted } = require('./reload.cjs');
const { send } = require('./send.cjs');

/** @type {Promise<void>} */
let queue = Promise.resolve();
let received = 0;
let begun = 0;
let abortUpTo = 0;

/** Puts one cell's work at the end of the queue. */
function enqueue(/** @type {() => Promise<void>} */ work) {
  received++;
  queue = queue
    .then(work)
    .catch((error) => console.error('kernel failed:', error))
    .finally(cellEnds);
  return queue;
}

/** Makes a crash of tslab's own compiler an error of the cell. */
function showCrash(/** @type {unknown} */ error) {
  showError(error);
  return false;
}

/**
 * Executes one cell.
 * @param {any} server tslab's ZmqServer
 * @param {any} socket where the reply goes
 * @param {any} request the execute_request
 */
async function executeCell(server, socket, request) {
  const reply = (/** @type {object} */ content) =>
    send(server, socket, request, { type: 'execute_reply', content });
  const publish = (/** @type {string} */ type, /** @type {object} */ content) => {
    noteOutput(type, content);
    send(server, server.iopub, request, { type, content });
  };
  if (++begun <= abortUpTo) {
    sayAborted(server, request);
    return reply({ status: 'aborted' });
  }
  cellBegins(server, request);

  const { code, stop_on_error: stopOnError = true } = request.content;
  const { handler } = server;
  const execution_count = ++handler.execCount;
  openOutput(publish);
  publish('execute_input', { code, execution_count });
  const ok = await handler.executor.execute(code).catch(showCrash);
  flushOutput();
  if (ok) return reply({ status: 'ok', execution_count, user_expressions: {}, payload: [] });

  const error = takeError();
  publish('error', error);
  // Cells that were sent together with this one may still lie in the socket. They are taken in before the reply goes
  // out, so that only those are aborted, and not what a client sends after the reply.
  await new Promise((resolve) => setTimeout(resolve, 20));
  if (stopOnError) abortUpTo = received;
  reply({ status: 'error', execution_count, ...error });
}

module.exports = { enqueue, executeCell };
