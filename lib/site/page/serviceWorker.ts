/**
 * Keeps the site for times without a connection, and sets the headers that WASM needs for threads, which a server of
 * files does not send. The names of the files, and a version that changes with any of them, are written in when the site
 * is built.
 */
declare const keptFiles: readonly string[];
declare const version: string;

/** The part of a service worker's scope that is used here. */
interface Scope {
  addEventListener(type: 'install' | 'activate', listener: (event: Lasting) => void): void;
  addEventListener(type: 'fetch', listener: (event: Asking) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  readonly location: Location;
}
interface Lasting {
  waitUntil(work: Promise<unknown>): void;
}
interface Asking {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

const scope = self as unknown as Scope;
const name = `r1-workbook-${version}`;

scope.addEventListener('install', (event) => {
  const keep = async (): Promise<void> => {
    const cache = await caches.open(name);
    await cache.addAll(keptFiles.map((file) => new Request(file, { cache: 'no-cache' })));
    await scope.skipWaiting();
  };
  event.waitUntil(keep());
});

scope.addEventListener('activate', (event) => {
  const forgetOthers = async (): Promise<void> => {
    const names = (await caches.keys()).filter((other) => other.startsWith('r1-workbook-'));
    await Promise.all(names.filter((other) => other !== name).map((other) => caches.delete(other)));
    await scope.clients.claim();
  };
  event.waitUntil(forgetOthers());
});

/** What was kept before, else what the server says, which is kept. */
async function answerTo(request: Request): Promise<Response> {
  const cache = await caches.open(name);
  const address = request.url.split(/[?#]/)[0]!.replace(/\/$/, '/index.html');
  const kept = await cache.match(address);
  if (kept) return isolated(kept);
  const answer = await fetch(request);
  if (answer.ok) await cache.put(address, answer.clone());
  return isolated(answer);
}

/** The same answer with the headers that let a page share memory among threads. */
function isolated(answer: Response): Response {
  const headers = new Headers(answer.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  return new Response(answer.body, {
    status: answer.status,
    statusText: answer.statusText,
    headers,
  });
}

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const isOurs = request.method === 'GET' && new URL(request.url).origin === scope.location.origin;
  if (isOurs) event.respondWith(answerTo(request));
});

export {};
