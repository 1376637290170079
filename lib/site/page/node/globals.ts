/** What Node has and a browser has not, as far as the library uses it. This is imported before anything else of it. */
import { Buffer } from 'buffer';

/** Texts that the library writes to the terminal, such as its progress. */
export const terminal: { write: (text: string) => void } = { write: () => undefined };

const stream = { isTTY: false, write: (text: string) => terminal.write(text) };

Object.assign(globalThis, {
  Buffer,
  process: {
    env: {},
    pid: 1,
    platform: 'browser',
    versions: {}, // tfjs would take a page with a version of Node for Node
    stdout: stream,
    stderr: stream,
    cwd: () => '/',
    on: () => undefined,
    removeListener: () => undefined,
    memoryUsage: { rss: usedBytes },
  },
  setImmediate: (call: () => void) => setTimeout(call, 0),
  __dirname: '/lib/core',
});

/** The memory of JavaScript alone, and where the browser does not say that, none. */
function usedBytes(): number {
  const { memory } = performance as { memory?: { usedJSHeapSize: number } };
  return memory?.usedJSHeapSize ?? 0;
}
