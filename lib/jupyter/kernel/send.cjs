/**
 * Sends one message of the protocol as the answer to a request.
 * @param {any} server tslab's ZmqServer
 * @param {any} socket its shell socket (to the client that asked) or `server.iopub` (to all)
 * @param {any} request
 * @param {{ type: string, content: object, metadata?: object }} answer
 */
function send(server, socket, request, { type, content, metadata = {} }) {
  const message = request.createReply();
  message.header.msg_type = type;
  message.content = content;
  message.metadata = metadata;
  message.signAndSend(server.connInfo.key, socket);
}

module.exports = { send };
