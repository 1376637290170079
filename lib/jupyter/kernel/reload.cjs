// What a page sees of a cell that was started before the page was loaded. JupyterLab drops the outputs of that cell,
// because it does not know it any more, and takes the kernel for idle. This code says that the kernel is busy, and shows
// what the cell shows (its progress and charts, which stay live) under the next cell that is run, while that one waits.
const { send } = require('./send.cjs');

/**
 * The cell that runs, when it began, and the newest form of each output of it that can be updated.
 * @type {{ request: any, began: Date, shown: Map<string, any> } | null}
 */
let running = null;
/** The error of the last cell that failed. */
let lastError = '';
/** The waiting cells that were told so, by the numbers of their requests. @type {Set<string>} */
const told = new Set();

/** @param {any} server tslab's ZmqServer @param {any} request the execute_request that is carried out from now on */
function cellBegins(server, request) {
  running = { request, began: new Date(), shown: new Map() };
  if (told.delete(request.header.msg_id))
    send(server, server.iopub, request, { type: 'clear_output', content: { wait: false } });
}

function cellEnds() {
  running = null;
}

/** Remembers what the running cell shows. */
function noteOutput(/** @type {string} */ type, /** @type {any} */ content) {
  if (type === 'error') lastError = `${content.ename}: ${content.evalue}`;
  const id = content.transient?.display_id;
  if (!running || !id) return;
  if (type === 'display_data' || running.shown.has(id)) running.shown.set(id, content);
}

/** Shows under a cell that has to wait for a cell of another page what that one shows. */
function showRunning(/** @type {any} */ server, /** @type {any} */ request) {
  if (!running || running.request.header.session === request.header.session) return;
  told.add(request.header.msg_id);
  const publish = (/** @type {string} */ type, /** @type {object} */ content) =>
    send(server, server.iopub, request, { type, content });
  const time = running.began.toTimeString().slice(0, 8);
  const text = `waiting: a cell runs since ${time}, from before this page was loaded; ■ stops it\n`;
  publish('stream', { name: 'stdout', text });
  for (const content of running.shown.values()) publish('display_data', content);
}

/** Says under a cell that waited for a cell of another page that it does not run, because that one failed. */
function sayAborted(/** @type {any} */ server, /** @type {any} */ request) {
  if (!told.delete(request.header.msg_id)) return;
  const text = `that cell ended (${lastError}); this one did not run\n`;
  send(server, server.iopub, request, { type: 'stream', content: { name: 'stdout', text } });
}

/** Says that the kernel is busy, after tslab has said that it is idle because a small request is answered. */
function sayBusy(/** @type {any} */ server) {
  if (running) server.publishStatus('busy', running.request);
}

module.exports = { cellBegins, cellEnds, noteOutput, showRunning, sayAborted, sayBusy };
