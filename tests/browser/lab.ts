/** JupyterLab as `npm start` serves it, on a port of its own and with settings of its own. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { root } from '../../lib/core/files';
import { findProgram } from '../../lib/setup/run.mjs';

export interface Lab {
  /** where a notebook opens, alone, whatever was open before */
  addressOf(file: string): string;
  /** ends the kernels of the notebooks that were opened; one that is just starting may stay until the next time */
  endKernels(): Promise<void>;
  /** ends the server and its kernels */
  end(): Promise<void>;
}

const macApps = ['Google Chrome', 'Chromium'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);

/** The program of a Chromium or Chrome on this machine. */
export function findBrowser(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  return findProgram(names) ?? macApps.find((file) => fs.existsSync(file));
}

/** Starts the server; its own files go to `folder`, and `env` is what the kernels find in their environment. */
export async function startLab(folder: string, env: Record<string, string>): Promise<Lab> {
  const [port, token] = [await freePort(), randomUUID()];
  const server = `http://127.0.0.1:${port}`;
  const options = ['--no-browser', '--ip=127.0.0.1', `--port=${port}`];
  const secret = ['--ServerApp.port_retries=0', `--IdentityProvider.token=${token}`];
  const child = spawn(process.execPath, ['lib/setup/main.mjs', 'start', ...options, ...secret], {
    cwd: root,
    env: { ...process.env, ...ownFolders(folder), ...env },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-3000)));
  const exited = new Promise((resolve) => child.once('exit', resolve));
  // a test that is interrupted leaves no server behind
  process.once('exit', () => child.kill('SIGTERM'));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

  const ask = (method: string, place: string): Promise<Response> =>
    fetch(`${server}/api/${place}`, { method, headers: { authorization: `token ${token}` } });
  const answers = (): Promise<boolean> =>
    ask('GET', 'status').then(
      ({ ok }) => ok,
      () => false,
    );
  for (let tries = 0; !(await answers()); tries++) {
    if (child.exitCode !== null || tries > 1200)
      throw new Error(`JupyterLab did not start\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    addressOf: (file) =>
      `${server}/lab/workspaces/${randomUUID()}/tree/${path.relative(root, file)}?token=${token}`,
    async endKernels() {
      const reply = await ask('GET', 'kernels');
      const kernels = reply.ok ? ((await reply.json()) as { id: string }[]) : [];
      await Promise.all(kernels.map(({ id }) => ask('DELETE', `kernels/${id}`)));
    },
    async end() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** A person's own settings of Jupyter, and what was open when, play no part; nothing is trusted, as in a fresh clone. */
function ownFolders(folder: string): Record<string, string> {
  const parts = ['CONFIG', 'DATA', 'RUNTIME'].map((name) => [`JUPYTER_${name}_DIR`, name] as const);
  const lab = ['WORKSPACES', 'SETTINGS'].map((name) => [`JUPYTERLAB_${name}_DIR`, name] as const);
  return Object.fromEntries(
    [...parts, ...lab].map(([variable, name]) => [variable, path.join(folder, name.toLowerCase())]),
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
