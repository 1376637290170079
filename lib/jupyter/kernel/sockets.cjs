// Output is never dropped. zeromq by default gives up on a message when about 500 wait to be sent in one synchronous
// stretch; the kernel would then lose lines, and with them the message that the cell has ended.
const zmq = require('zeromq');

zmq.Publisher = class Publisher extends zmq.Publisher {
  constructor() {
    super({ sendHighWaterMark: 0, sendTimeout: 0, linger: 500 });
  }
};
