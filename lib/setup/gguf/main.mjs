/**
 * What the code of lib/ asks of the set-up while it runs: `python NAME` prints the Python of an environment of its own, gguf
 * or ray, and makes it where there is none; `smollm2 FOLDER` brings in that model. A failure is two lines: error, fix.
 */
import { SetupError } from '../errors.mjs';
import { root } from '../folders.mjs';
import { ownPython } from '../python.mjs';
import { say } from '../terminal.mjs';
import { installSmolLM2 } from './smollm2.mjs';

const [work, folder = ''] = process.argv.slice(2);
try {
  if (work === 'smollm2') await installSmolLM2(folder);
  else console.log(await ownPython(root, folder === 'ray' ? 'ray' : 'gguf'));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(`error: ${error.message}\nfix: ${error.fix}`);
  process.exitCode = 1;
}
