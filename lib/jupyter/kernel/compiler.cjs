// Cells and lib/ are checked strictly, with the library of ES2023 and with the `exports` of packages. tslab never reads
// tsconfig.json and fixes its options in the code, so they are changed where it hands them to the compiler.
const name = '@tslab/typescript-for-tslab';
const ts = require(name);

/** @param {any[]} args */
function createWatchCompilerHost(...args) {
  Object.assign(args[1], {
    strict: true,
    lib: ['lib.es2023.d.ts'],
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  });
  return ts.createWatchCompilerHost(...args);
}

const cached = /** @type {NodeJS.Module} */ (require.cache[require.resolve(name)]);
cached.exports = { ...ts, createWatchCompilerHost };
