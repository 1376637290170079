/** Who can reach what a reader runs: other machines cannot, and other users of this one cannot either. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { root } from '../lib/core/files';
import { parsedJson } from '../lib/core/jsonLines';
import { temporaryFolder } from './support/folder';
import { listeningAddresses } from './support/listening';
import { childrenOf } from './support/processes';

const folder = temporaryFolder();
/** What the server writes about itself for those who may connect to it. */
interface ServerInfo {
  readonly url: string;
  readonly token: string;
}

const descendants = (pid: number): number[] =>
  childrenOf(pid, '').flatMap((child) => [child, ...descendants(child)]);

/** Returns what `look` returns once that is not null; an error after a minute. */
async function until<T>(look: () => T | null): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = look();
    if (found !== null) return found;
    await sleep(100);
  }
  throw new Error('nothing came within a minute');
}

/** Whether users other than the owner are kept from a file by its own mode or by that of its folder. */
const isPrivate = (file: string): boolean =>
  [file, path.dirname(file)].some((place) => (fs.statSync(place).mode & 0o077) === 0);

/** Starts JupyterLab as `npm start` does under an umask, with a kernel, for as long as `look` takes. */
async function withLab(
  umask: string,
  look: (runtime: string, info: ServerInfo, pid: number) => Promise<void>,
): Promise<void> {
  const own = path.join(folder, umask);
  const variables = ['CONFIG', 'DATA', 'RUNTIME'].map((name) => [`JUPYTER_${name}_DIR`, path.join(own, name)]); // prettier-ignore
  const start = `umask ${umask}; exec "${process.execPath}" lib/setup/main.mjs start --no-browser`;
  const env = { ...process.env, ...(Object.fromEntries(variables) as Record<string, string>) };
  const child = spawn('sh', ['-c', start], { cwd: root, env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const runtime = path.join(own, 'RUNTIME');
  try {
    const info = await until(() => {
      const names = fs.existsSync(runtime) ? fs.readdirSync(runtime) : [];
      const name = names.find((one) => /^jpserver-\d+\.json$/.test(one));
      const text = name === undefined ? '' : fs.readFileSync(path.join(runtime, name), 'utf8');
      return (parsedJson(text) as ServerInfo | undefined) ?? null; // the text follows the name
    });
    await look(runtime, info, child.pid!);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

for (const umask of ['022', '077'])
  test(
    `JupyterLab and its kernel are reached from this machine alone, with the token, under umask ${umask}`,
    { skip: process.platform !== 'linux' && 'reads the tables of Linux' },
    async () => {
      await withLab(umask, async (runtime, { url, token }, pid) => {
        const ask = (place: string, headers: Record<string, string>, method = 'GET') =>
          fetch(`${url}api/${place}`, { method, headers });
        assert.equal((await ask('kernels', {})).status, 403);
        assert.equal((await ask('kernels', { authorization: 'token wrong' })).status, 403);
        const made = await ask('kernels', { authorization: `token ${token}` }, 'POST');
        assert.equal(made.status, 201);
        const kernelPorts = 5;
        const addresses = await until(() => {
          const found = listeningAddresses(descendants(pid));
          return found.length > kernelPorts ? found : null; // the server's own is one more
        });
        assert.deepEqual([...new Set(addresses)], ['127.0.0.1']);
        const files = fs.readdirSync(runtime).map((name) => path.join(runtime, name));
        assert.ok(
          files.some((file) => path.basename(file).startsWith('kernel-')),
          files.join(),
        );
        assert.deepEqual(files.filter((file) => !isPrivate(file)), []); // prettier-ignore
      });
    },
  );
