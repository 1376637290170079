import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import '../lib/jupyter/kernel/sockets.cjs';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-sockets-'));
after(() => fs.rmSync(folder, { recursive: true }));

test('a request that comes while the kernel starts does not end its listening', async () => {
  // this comes after sockets.cjs, and so has its Router
  const { Dealer, Router } = await import('zeromq');
  for (let i = 0; i < 100; i++) {
    const address = `ipc://${folder}/${i}`;
    const client = new Dealer({ linger: 0, reconnectInterval: 1 });
    client.connect(address);
    await client.send('first');
    await new Promise((resolve) => setTimeout(resolve, i % 4));

    const shell = new Router({ linger: 0 });
    const listening = (async (): Promise<string[]> => {
      const heard: string[] = [];
      for await (const [, message] of shell) {
        heard.push(String(message));
        if (heard.length === 2) break;
      }
      return heard;
    })();
    await shell.bind(address);
    await client.send('second');
    assert.deepEqual(await listening, ['first', 'second']);
    shell.close();
    client.close();
  }
});
