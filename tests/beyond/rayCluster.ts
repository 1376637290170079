/** A Ray of two nodes of one core each on this machine, the second of which can be killed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { askSetup } from '../../lib/stages/language/askSetup';

/** Of programs that use it: a Ray of its own asks for no key. */
export const environment = { ...process.env, RAY_AUTH_MODE: 'disabled' };

export interface Cluster {
  /** kills the second node and starts another one */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function startCluster(): Promise<Cluster> {
  const python = await askSetup('python', 'ray');
  const child = spawn(python, [path.join(__dirname, 'ray_cluster.py')], { env: environment, stdio: ['pipe', 'pipe', 'ignore'] }); // prettier-ignore
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.match((await lines.next()).value as string, /^ready/);
  return {
    async kill() {
      child.stdin.write('kill\n');
      assert.equal((await lines.next()).value, 'killed');
    },
    async stop() {
      child.stdin.end();
      await once(child, 'close');
    },
  };
}
