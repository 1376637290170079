/** The site of this clone in a Chromium, served below a path of its own. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { root } from '../../lib/core/files';
import { buildSite } from '../../lib/site/buildSite';

/** The site has to work from any folder of a server. */
const base = '/some/where/';

export interface OpenedSite {
  /** where the site was built */
  readonly folder: string;
  /** its address */
  readonly address: string;
  readonly browser: Browser;
  end(): Promise<void>;
}

/** Builds the site, serves it on a port, and starts a browser. `program` is that of the browser. */
export async function openSite(program: string, port: number): Promise<OpenedSite> {
  const folder = path.join(root, 'data/local/browser', `site-${process.pid}`);
  await buildSite(folder);
  const { preview } = await import('vite');
  const server = await preview({
    ...{ configFile: false, root, base, appType: 'mpa', logLevel: 'warn' },
    build: { outDir: folder },
    preview: { host: '127.0.0.1', port },
  });
  const browser = await chromium.launch({ executablePath: program, args: ['--disable-gpu'] });
  return {
    ...{ folder, browser, address: server.resolvedUrls!.local[0]! },
    async end() {
      await browser.close();
      await server.close();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
