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
  host.createProgram = createBuilder;
  return host;
}

// What cells import of lib/ is loaded by tsx, as in every command. tslab would compile it anew in each kernel.
require('tsx/cjs/api').register();

/**
 * Makes a builder that does what tslab needs: it compiles cells and knows what they import. TypeScript's own builder
 * also keeps track of every file of every package, which takes half the time of a cell's compilation.
 * @param {any[]} args
 */
function createBuilder(...args) {
  const builder = ts.createAbstractBuilder(...args);
  const checker = builder.getProgram().getTypeChecker(); // made now, because it finds the names that tslab looks for
  const isCell = (/** @type {any} */ file) => path.basename(file.fileName) === '__tslab__.ts';
  return {
    ...builder,
    emit: (/** @type {any} */ file, /** @type {unknown[]} */ ...about) =>
      isCell(file) && builder.emit(file, ...about),
    getAllDependencies: (/** @type {any} */ file) => [...pathsOf(file, checker, new Set())],
  };
}

/**
 * Returns the paths of a file and of all files that it imports, itself or through others, except for those of packages.
 * @param {any} file
 * @param {any} checker
 * @param {Set<string>} paths found so far
 */
function pathsOf(file, checker, paths) {
  if (/\/node_modules\//.test(file.fileName) || paths.has(file.fileName)) return paths;
  paths.add(file.fileName);
  for (const { moduleSpecifier } of file.statements) {
    const module = moduleSpecifier && checker.getSymbolAtLocation(moduleSpecifier);
    if (module?.valueDeclaration) pathsOf(module.valueDeclaration.getSourceFile(), checker, paths);
  }
  return paths;
}

const cached = /** @type {NodeJS.Module} */ (require.cache[require.resolve(name)]);
cached.exports = {
  ...ts,
  createWatchCompilerHost,
  getPreEmitDiagnosticsOfFiles: checkOnce(ts, 'data/local/checked-lib.json'),
};
