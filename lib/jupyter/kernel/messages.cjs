// Decides who takes a message of the shell channel: the queue takes cells, this code takes comms and history, and tslab
// takes the rest.
const { ZmqServer } = require('tslab/dist/jupyter');
const { enqueue, executeCell } = require('./cells.cjs');
const { setCommParent, listComms, handleComm } = require('./comms.cjs');
const { sayBusy, showRunning } = require('./reload.cjs');
const { send } = require('./send.cjs');

/** @type {any} */
const prototype = ZmqServer.prototype;
const { handleShellMessage, handleKernelInfo } = prototype;
/**
 * The message class of tslab, which does not export it. It is taken from the first message of a client.
 * @type {any}
 */
let Message = null;

/** @param {any} socket @param {any} request */
prototype.handleKernelInfo = function (socket, request) {
  Message = request.constructor;
  setCommParent(this, request);
  handleKernelInfo.call(this, socket, request);
};

/** @param {any} socket @param {any} request */
prototype.handleExecute = function (socket, request) {
  setCommParent(this, request);
  return executeCell(this, socket, request);
};

/** @param {any} socket @param {any} request */
prototype.handleCommInfoRequest = function (socket, request) {
  const comms = listComms(request.content.target_name);
  send(this, socket, request, { type: 'comm_info_reply', content: { status: 'ok', comms } });
};

/** @param {any} socket @param {Buffer[]} frames */
prototype.handleShellMessage = function (socket, ...frames) {
  const headerAt = frames.findIndex((frame) => frame.equals(Buffer.from('<IDS|MSG>'))) + 2;
  const type = JSON.parse(String(frames[headerAt])).msg_type;
  const asTslabDoes = () => handleShellMessage.call(this, socket, ...frames);
  if (type === 'execute_request') {
    if (Message) showRunning(this, Message.fromRaw(this.connInfo.key, frames));
    return enqueue(asTslabDoes);
  }
  const isOurs = Message && /^(comm_(open|msg|close)|history_request)$/.test(type);
  const answered = isOurs
    ? handleOurs(this, socket, Message.fromRaw(this.connInfo.key, frames))
    : asTslabDoes();
  return answered.then(() => sayBusy(this));
};

/** @param {any} server @param {any} socket @param {any} request */
async function handleOurs(server, socket, request) {
  server.publishStatus('busy', request);
  try {
    const content = { status: 'ok', history: [] };
    if (request.header.msg_type !== 'history_request') await handleComm(request);
    else send(server, socket, request, { type: 'history_reply', content });
  } catch (error) {
    console.error('comm handler failed:', error);
  } finally {
    server.publishStatus('idle', request);
  }
}
