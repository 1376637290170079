// Changes two habits of zeromq.js that lose messages of a notebook kernel.
const zmq = require('zeromq');

// bind() works in another thread, and until it is done the socket refuses to be used. tslab listens before it binds: a
// first request that comes in between would end that listening for good, and the kernel would never answer.
/**
 * @this {import("zeromq").Router}
 * @param {string} address
 */
function value(address) {
  this.bindSync(address);
  return Promise.resolve();
}
for (const { prototype } of [zmq.Router, zmq.Reply, zmq.Publisher])
  Object.defineProperty(prototype, 'bind', { value });

// Output is never dropped. By default a message is given up when about 500 wait to be sent in one synchronous stretch;
// the kernel would then lose lines, and with them the message that the cell has ended.
zmq.Publisher = class Publisher extends zmq.Publisher {
  constructor() {
    super({ sendHighWaterMark: 0, sendTimeout: 0, linger: 500 });
  }
};
