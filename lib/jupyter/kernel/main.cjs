// The notebook kernel: tslab as it comes from npm, with its rough edges taken off in memory. It relies on the insides
// of tslab 1.0.22, so package.json pins that version and tests/jupyter.test.ts runs the real thing.
const path = require('node:path');

// The working folder of every notebook is the repository, so that './lib/x' and 'data/y' work in all of them.
process.chdir(path.resolve(__dirname, '../../..'));
// Errors of libtensorflow still reach the terminal; its remarks about the CPU do not.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';

require('./compiler.cjs');
require('./sockets.cjs');
require('./stop.cjs');
require('./messages.cjs');

// The kernel ends with the Jupyter server that started it, however that ended.
const server = process.ppid;
setInterval(() => {
  if (process.ppid !== server) process.exit(1);
}, 2000).unref();

process.argv.splice(2, 0, 'kernel');
require('tslab/dist/main').main();
