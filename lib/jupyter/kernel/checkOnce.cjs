// In every new kernel the compiler would take seconds to check the files of lib/ that a cell imports, although they
// rarely change. Files without errors are remembered, and are not checked again while none of them changes.
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

/** @typedef {Record<string, string>} Hashes of files, by their paths */

const hashOf = (/** @type {string} */ text) => createHash('sha1').update(text).digest('base64');

/** @returns {Hashes} */
function readHashes(/** @type {string} */ file) {
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
}

/**
 * Returns hashes of all that decides whether the imported files have errors: these files, other kinds of files in the
 * project (such as .mjs and .json), the packages, and the compiler's options.
 * @param {any} program
 * @param {any[]} imported
 */
function hashesOf(program, imported) {
  const packages = fs.readFileSync(path.join(__dirname, '../../../package-lock.json'), 'utf8');
  /** @type {Hashes} */
  const hashes = { '': hashOf(packages + JSON.stringify(program.getCompilerOptions())) };
  for (const file of program.getSourceFiles()) {
    const isOther = /\/node_modules\/|__prev__|(?<!\.d)\.ts$/.test(file.fileName); // also a cell, or of an earlier one
    if (imported.includes(file) || !isOther) hashes[file.fileName] = hashOf(file.text);
  }
  return hashes;
}

/**
 * Makes the compiler's check of a cell and the files that it imports, which passes over files known to have no errors.
 * @param {any} ts the compiler
 * @param {string} memory the file that remembers them
 */
function checkOnce(ts, memory) {
  return (/** @type {any} */ program, /** @type {any[]} */ files) => {
    const [cell, ...imported] = files;
    if (imported.length === 0) return ts.getPreEmitDiagnosticsOfFiles(program, files);
    const hashes = hashesOf(program, imported);
    const remembered = readHashes(memory);
    // A file's types can come from any other, so one change is enough to forget them all.
    const same = Object.keys(hashes).every(
      (file) => (remembered[file] ?? hashes[file]) === hashes[file],
    );
    const known = same ? remembered : {};
    const unknown = imported.filter(({ fileName }) => !(fileName in known));
    const problems = ts.getPreEmitDiagnosticsOfFiles(program, [cell, ...unknown]);
    const isClean = problems.every((/** @type {any} */ { file }) => !imported.includes(file));
    if (isClean && unknown.length > 0) {
      fs.mkdirSync(path.dirname(memory), { recursive: true });
      fs.writeFileSync(`${memory}.${process.pid}.tmp`, JSON.stringify({ ...known, ...hashes }));
      fs.renameSync(`${memory}.${process.pid}.tmp`, memory);
    }
    return problems;
  };
}

module.exports = { checkOnce };
