// Sends what a cell prints and shows. The text printed within 50 ms is joined into one message, because Jupyter's
// server drops output above about 1000 messages a second, and a loop prints faster than that.
const jupyter = require('tslab/dist/jupyter');

const joinMs = 50;
const joinCharacters = 65536;

/** Sends what was printed and not sent yet. */
let flushOutput = () => {};

/**
 * Makes everything that this process prints or shows from now on appear under one cell. It does so even after the cell
 * has ended, because the late output of a timer belongs there.
 * @param {(type: string, content: object) => void} publish sends one message for this cell
 */
function openOutput(publish) {
  flushOutput();
  let text = '';
  let name = '';
  let sentAt = 0;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (text === '') return;
    sentAt = Date.now();
    publish('stream', { name, text });
    text = '';
  };
  const writerTo =
    (/** @type {string} */ stream) =>
    /** @type {(chunk: string | Uint8Array, encoding?: any, done?: () => void) => boolean} */
    (chunk, encoding, done = encoding) => {
      if (stream !== name) flush();
      name = stream;
      text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      if (text.length > joinCharacters || Date.now() - sentAt > joinMs) flush();
      else timer ??= setTimeout(flush, joinMs);
      if (typeof done === 'function') process.nextTick(done);
      return true;
    };
  const display = (/** @type {object} */ data, /** @type {boolean} */ isUpdate) => {
    flush();
    publish(isUpdate ? 'update_display_data' : 'display_data', data);
  };
  flushOutput = flush;
  process.stdout.write = writerTo('stdout');
  process.stderr.write = writerTo('stderr');
  // tslab.display looks at the first, lib/core/display.ts at the second
  Object.assign(jupyter, { lastWriteDisplayData: display });
  Object.assign(globalThis, { [Symbol.for('r1.display')]: display });
}

module.exports = { openOutput, flushOutput: () => flushOutput() };
