// The notebook kernel: tslab as it comes from npm, with its rough edges taken off in memory. It relies on the insides
// of tslab 1.0.22, so package.json pins that version and tests/jupyter.test.ts runs the real thing.
const path = require('node:path');

// Every notebook sees the repository as its working folder, wherever it lies itself: './lib/x' and 'data/y' just work.
process.chdir(path.resolve(__dirname, '../../..'));
// Errors of libtensorflow still reach the terminal; its remarks about the CPU do not.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

require('./compiler.cjs');
require('./sockets.cjs');
require('./stop.cjs');
require('./messages.cjs');

// No orphans: end with the Jupyter server that started this kernel, however it ended.
const server = process.ppid;
setInterval(() => {
  if (process.ppid !== server) process.exit(1);
}, 2000).unref();

process.argv.splice(2, 0, 'kernel');
require('tslab/dist/main').main();
