// What a cell prints and shows. Printed text is joined for 50 ms into one message: Jupyter's server drops output above
// about 1000 messages a second, and a loop prints faster than that.
const jupyter = require('tslab/dist/jupyter');

const joinMs = 50;
const joinCharacters = 65536;

/** Sends what was printed and not sent yet. */
let flushOutput = () => {};

/**
 * From now on everything printed or shown in this process belongs to one cell, also after the cell has ended: that is
 * where a timer's late output should appear.
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
