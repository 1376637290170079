// Comms let an anywidget in the browser and this kernel talk, over the kernel's own connection. Code of lib/ opens them
// with `globalThis[Symbol.for('r1.comm')].open(...)`.
const { randomUUID } = require('node:crypto');
const { send } = require('./send.cjs');

/**
 * @typedef {(data: unknown) => void} Reply
 * @typedef {{ target: string, onMessage: (data: any, reply: Reply) => void | Promise<void> }} Comm
 */

/** @type {Map<string, Comm>} */
const comms = new Map();
/** @type {any} */
let server = null;
/**
 * The request of the cell that a comm belongs to when it is opened now.
 * @type {any}
 */
let parent = null;

/** Makes the messages of comms belong to this request from now on, so that what they show appears at its cell. */
function setCommParent(/** @type {any} */ newServer, /** @type {any} */ request) {
  server = newServer;
  parent = request;
}

function publish(/** @type {string} */ type, /** @type {object} */ content, request = parent) {
  send(server, server.iopub, request, { type, content });
}

/**
 * Opens a comm to the browser.
 * @param {string} target for example 'jupyter.widget'
 * @param {unknown} data the opening message
 * @param {Comm['onMessage']} onMessage gets every message of the browser
 * @param {object} [metadata] of the opening message
 */
function open(target, data, onMessage, metadata) {
  const comm_id = randomUUID().replaceAll('-', '');
  comms.set(comm_id, { target, onMessage });
  const content = { comm_id, target_name: target, target_module: null, data };
  send(server, server.iopub, parent, { type: 'comm_open', content, metadata });
  return {
    id: comm_id,
    send: (/** @type {unknown} */ content) => publish('comm_msg', { comm_id, data: content }),
    close() {
      comms.delete(comm_id);
      publish('comm_close', { comm_id, data: {} });
    },
  };
}

/** Returns the open comms in the form of a comm_info_reply. */
function listComms(/** @type {string | undefined} */ target) {
  const open = [...comms].filter(([, comm]) => target === undefined || comm.target === target);
  return Object.fromEntries(open.map(([id, comm]) => [id, { target_name: comm.target }]));
}

/** Takes a message for an open comm. A comm that the browser opens is closed, because no cell asked for it. */
async function handleComm(/** @type {any} */ request) {
  const { comm_id, data } = request.content;
  const comm = comms.get(comm_id);
  const reply = (/** @type {unknown} */ answer) =>
    publish('comm_msg', { comm_id, data: answer }, request);
  if (request.header.msg_type === 'comm_open')
    publish('comm_close', { comm_id, data: {} }, request);
  else if (request.header.msg_type === 'comm_close') comms.delete(comm_id);
  else await comm?.onMessage(data, reply);
}

Object.assign(globalThis, { [Symbol.for('r1.comm')]: { open } });
module.exports = { setCommParent, listComms, handleComm };
