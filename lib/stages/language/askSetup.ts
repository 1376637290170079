import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { UserError } from '../../core/errors';
import { root } from '../../core/files';

/**
 * Runs `lib/setup/gguf/main.mjs`, a program of its own because notebooks cannot load modules of its kind. What it says while it
 * works is passed on. Returns what it printed; a failure is a UserError.
 */
export async function askSetup(...args: string[]): Promise<string> {
  const script = path.join(root, 'lib/setup/gguf/main.mjs');
  const isTerminal = process.stderr.isTTY;
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', isTerminal ? 'inherit' : 'pipe'],
  });
  let printed = '';
  let said = '';
  child.stdout!.on('data', (part: Buffer) => (printed += part.toString()));
  child.stderr?.on('data', (part: Buffer) => {
    said += part.toString();
    if (!said.includes('error: ')) console.log(part.toString().trimEnd());
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code === 0) return printed.trim();
  const [, cause = 'it failed', fix = 'read what it printed'] = /error: ([^\n]*)[^]*fix: ([^\n]*)/.exec(said) ?? []; // prettier-ignore
  throw new UserError(`cannot bring in what is missing: ${cause}: ${fix}`);
}
