// Cells are checked strictly, with the library of ES2023 and with the `exports` of packages, and so is what they import
// of lib/. tslab never reads tsconfig.json and fixes its options in the code, so they are changed where it hands them
// to the compiler.
const path = require('node:path');
const { checkOnce } = require('./checkOnce.cjs');

const name = '@tslab/typescript-for-tslab';
const ts = require(name);

/** @param {any[]} args */
function createWatchCompilerHost(...args) {
  Object.assign(args[1], {
    strict: true,
    lib: ['lib.es2023.d.ts'],
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  });
  const host = ts.createWatchCompilerHost(...args);
  const { createProgram } = host;
  host.createProgram = (/** @type {any[]} */ ...about) => compileOnlyCells(createProgram(...about));
  return host;
}

// What cells import of lib/ is loaded by tsx, as in every command. tslab would compile it anew in each kernel.
require('tsx/cjs/api').register();

function compileOnlyCells(/** @type {any} */ builder) {
  const { emit } = builder;
  builder.emit = (/** @type {any} */ file, /** @type {unknown[]} */ ...about) =>
    path.basename(file.fileName) === '__tslab__.ts' && emit(file, ...about);
  return builder;
}

const cached = /** @type {NodeJS.Module} */ (require.cache[require.resolve(name)]);
cached.exports = {
  ...ts,
  createWatchCompilerHost,
  getPreEmitDiagnosticsOfFiles: checkOnce(ts, 'data/local/checked-lib.json'),
};
