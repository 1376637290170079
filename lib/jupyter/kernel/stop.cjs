// The stop button. While a loop of lib/core/loop.ts runs, the first press only raises the flag that the loop looks at:
// it ends at a step boundary and the cell goes on. Otherwise, or when pressed twice, the cell is interrupted.
// A listener for SIGINT inside a cell would be no way to do this: added before the cell's first `await` it kills the
// process.
const executors = require('tslab/dist/executor');
const { showError } = require('./errors.cjs');

/** @type {{ armed: number, requested: boolean }} */
const stopFlag = { armed: 0, requested: false };
Object.assign(globalThis, { [Symbol.for('r1.stop')]: stopFlag });

const { createExecutor } = executors;
/** @param {string} root @param {any} converters */
executors.createExecutor = (root, converters) => {
  const executor = createExecutor(root, converters, { log: console.log, error: showError });
  const { interrupt } = executor;
  executor.interrupt = () => {
    if (stopFlag.armed > 0 && !stopFlag.requested) stopFlag.requested = true;
    else interrupt();
  };
  return executor;
};
