/** Everything goes to standard error: standard output belongs to the command that follows the set-up. */

let announced = false;

/**
 * Prints what the steps that follow are for.
 * @param {string} text
 */
export function announce(text) {
  announced = true;
  say(text);
}

/**
 * Prints a line.
 * @param {string} text
 */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * Returns seconds as a person reads them: `0.4 s`, `12 s`, `2 min 05 s`.
 * @param {number} seconds
 */
export function formatSeconds(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/**
 * Returns how far a download has come, with the time left as soon as it can be estimated.
 * @param {number} bytes
 * @param {number} totalMB
 * @param {number} seconds since it began
 */
export function downloadNote(bytes, totalMB, seconds) {
  const megabytes = Math.min(bytes / 1e6, totalMB);
  const left = megabytes >= 1 ? (seconds * (totalMB - megabytes)) / megabytes : undefined;
  const rest = left === undefined ? '' : `, ${formatSeconds(left)} left`;
  return `${Math.round(megabytes)} of ${totalMB} MB${rest}`;
}

/**
 * Does one step of the set-up and prints one line for it: its name, how long it took, and what `work` returns about
 * it. While it runs, a terminal shows the seconds and `progress()`; a log file gets a line every 15 seconds.
 * @param {string} label
 * @param {() => Promise<string>} work
 * @param {() => string} [progress]
 */
export async function step(label, work, progress = () => '') {
  if (!announced) announce('setting up what is missing; later starts skip this');
  const live = process.stderr.isTTY;
  const start = Date.now();
  const write = (/** @type {string} */ detail, /** @type {string} */ end) => {
    const seconds = formatSeconds((Date.now() - start) / 1000);
    const line = `  ${label.padEnd(20)} ${seconds.padStart(10)}   ${detail}`.trimEnd();
    process.stderr.write(`${live ? '\r\x1b[K' : ''}${line}${end}`);
  };
  const show = () => write(progress(), live ? '' : ' ...\n');
  const timer = setInterval(show, live ? 250 : 15_000);
  if (live) show();
  try {
    const detail = await work();
    clearInterval(timer);
    write(detail, '\n');
  } catch (error) {
    clearInterval(timer);
    write('failed', '\n');
    throw error;
  }
}

// Lines that libtensorflow prints in each process whatever its log level is, before the level can be set.
const noise = /^.*(absl::InitializeLog\(\)|oneDNN custom operations are on).*\n/gm;

/**
 * Prints what a program writes to its standard error, as it comes, without TensorFlow's noise.
 * @param {import('node:stream').Readable} stream
 */
export function passOn(stream) {
  stream.setEncoding('utf8');
  stream.on('data', (text) => process.stderr.write(text.replace(noise, '')));
}
