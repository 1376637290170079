/** The page's side of its worker. */
import { wrap, type Remote } from 'comlink';
import type { BackendName } from './work/backend';
import type { Api, Started } from './work/worker';

/** A worker that computes for the page, and what it says when it is ready. */
export interface Engine {
  readonly api: Remote<Api>;
  readonly started: Promise<Started>;
}

/** Starts a worker. The address may ask for a backend by name, `?backend=cpu`. */
export function openEngine(): Engine {
  const worker = new Worker(new URL('./work/worker.ts', import.meta.url), { type: 'module' });
  const api = wrap<Api>(worker);
  const asked = new URLSearchParams(location.search).get('backend') ?? undefined;
  return { api, started: api.start(siteAddress, asked as BackendName | undefined) };
}

/** The folder of the site, wherever it lies. */
export const siteAddress = new URL('.', document.baseURI).href;
