/** Builds the site: the pages of `page/` with the library in them, and the models that they ask. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Plugin } from 'vite';
import { UserError } from '../core/errors';
import { root, writeFileAtomic } from '../core/files';
import { currentCommit } from '../runs/run';
import { checkpointFolder, recorded, runFolder, stageName } from '../stages/places';
import { writeBook } from './book/book';
import { writeDocs } from './docs';
import { frame } from './frame';
import { listModels } from './listModels';
import { serviceWorker, writeOffline } from './offline';
import { writePreview } from './preview';

const page = path.join(root, 'lib/site/page');

/** The modules of Node that the library may use in a page, and what stands in their place there. */
export const standIns: Readonly<Record<string, string>> = {
  'node:child_process': 'node/childProcess.ts',
  'node:crypto': 'node/crypto.ts',
  'node:fs': 'node/fs.ts',
  'node:os': 'node/os.ts',
  'node:path': 'node/path.ts',
  'node:util': 'node/util.ts',
};

/** The file of the library that chooses the engine, and what stands in its place in a page. */
export const engine = { file: 'lib/engine/tensorflow.ts', inPage: 'engine.ts' } as const;

/** The pages of the site. */
const pages = ['index', 'playground', 'live', 'compare', 'book'];

const inPage = (file: string): string => path.join(page, file);

/** Puts the page's engine and its stand-ins for Node into the library. */
const exchanged: Plugin = {
  name: 'exchanged',
  enforce: 'pre',
  async resolveId(name, importer, options) {
    if (name in standIns) return inPage(standIns[name]!);
    if (!name.endsWith('/tensorflow')) return null;
    const found = await this.resolve(name, importer, { ...options, skipSelf: true });
    return found?.id === path.join(root, engine.file) ? inPage(engine.inPage) : null;
  },
};

/**
 * Threads of tfjs's WASM backend start from the text of a function, which must not use a name of the module around it
 * that a bundler shortens.
 */
const threads: Plugin = {
  name: 'threads',
  transform(code, id) {
    if (!id.includes('tfjs-backend-wasm-threaded-simd.js')) return null;
    const outside = code.replace('var _scriptDir', '_scriptDir');
    return { code: outside.replaceAll('_scriptDir', 'globalThis.wasmScript'), map: null };
  },
};

/**
 * Builds the site into a folder, whole or not at all. An older site there is replaced; a folder with anything else in it is
 * a UserError. `address` is where it will lie on the web, with a `/` at its end; without it, links to it have no picture.
 */
export async function buildSite(folder: string, address = './'): Promise<void> {
  refuseOther(folder);
  const half = `${folder}.${process.pid}.tmp`;
  try {
    await bundle(half, address);
    await addFiles(half);
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(half, folder);
  } finally {
    fs.rmSync(half, { recursive: true, force: true });
  }
}

/** The pages and what runs in them. */
async function bundle(folder: string, address: string): Promise<void> {
  const { build } = await import('vite'); // an import of its own: Vite is no CommonJS
  await build({
    root: page,
    base: './',
    configFile: false,
    logLevel: 'warn',
    plugins: [exchanged, threads, frame(address)],
    worker: { format: 'es', plugins: () => [exchanged, threads] },
    define: { builtFrom: JSON.stringify(currentCommit()) },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 1500, // kB: the worker has the engine in it
      rolldownOptions: {
        input: [...pages.map((name) => inPage(`${name}.html`)), inPage('serviceWorker.ts')],
        output: {
          entryFileNames: ({ name }) =>
            `${name}.js` === serviceWorker ? serviceWorker : 'assets/[name]-[hash].js',
        },
      },
    },
  });
}

/** What lies beside them: the notebooks, the figures, models, runs, the API. */
async function addFiles(folder: string): Promise<void> {
  writeBook(folder);
  const figures = path.join(recorded, 'figures/paper');
  fs.cpSync(figures, path.join(folder, 'figures'), { recursive: true });
  const models = listModels();
  for (const { name } of models) copyModel(name, folder);
  for (const name of comparedRuns) copyRun(name, folder);
  writeFileAtomic(path.join(folder, 'models.json'), JSON.stringify(models) + '\n');
  await writePreview(folder);
  if (!writeDocs(path.join(folder, 'api'), ['--disableSources', '--logLevel', 'Error']))
    throw new UserError('the pages of the programming interface fail: see above');
  writeOffline(folder);
}

/** Throws where a folder holds anything but a site. */
function refuseOther(folder: string): void {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  if (names.length > 0 && !names.includes('models.json'))
    throw new UserError(`${folder} holds something else: name a folder that is not there yet`);
}

/** The recorded runs that a run of one's own can be compared with. */
const comparedRuns = [0, 1, 2].map((seed) => stageName('small', 'r1-zero', seed));

function copyRun(name: string, folder: string): void {
  const to = path.join(folder, 'runs', name);
  fs.mkdirSync(to, { recursive: true });
  for (const file of ['run.json', 'metrics.csv'])
    fs.copyFileSync(path.join(runFolder(recorded, name), file), path.join(to, file));
}

function copyModel(name: string, folder: string): void {
  const to = path.join(folder, 'models', name);
  fs.mkdirSync(to, { recursive: true });
  for (const file of ['config.json', 'model.safetensors'])
    fs.copyFileSync(path.join(checkpointFolder(recorded, name), file), path.join(to, file));
}
