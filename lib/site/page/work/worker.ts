/** The worker of a page. All that computes runs here, so that the page itself stays at hand. */
import '../node/globals';
import { expose } from 'comlink';
import { UserError } from '../../../core/errors';
import { ask, type Answer, type Asked } from './ask';
import { startBackend, type BackendName } from './backend';
import { bringBack } from './keep';
import { modelNamed, ownModels } from './models';
import {
  filesOf,
  forgetRun,
  inspected,
  keptRun,
  nameOfRun,
  train,
  wish,
  type Training,
  type Watcher,
} from './train';

/** What a page knows when its worker has started. */
export interface Started {
  readonly backend: BackendName;
  /** whether runs are kept in the browser */
  readonly keeps: boolean;
}

/** The address of the site, from which its models come. */
let site = '';

const api = {
  async start(address: string, asked?: BackendName): Promise<Started> {
    site = address;
    const [backend, keeps] = [await startBackend(asked), await bringBack()];
    return { backend, keeps };
  },
  /** loads a model, so that the next question is answered at once */
  async load(model: string): Promise<void> {
    await modelNamed(model, site);
  },
  ask: async (model: string, asked: Asked): Promise<Answer[]> =>
    ask(await modelNamed(model, site), asked),
  /** trains in this worker; a run that another page of this browser makes is a UserError */
  async train(training: Training, watcher: Watcher): Promise<void> {
    const name = nameOfRun(training);
    const work = async (): Promise<void> =>
      train(training, await modelNamed(`${training.size}-base-s0`, site), watcher);
    // a page that was just closed or loaded anew gives its lock back a moment later
    const signal = AbortSignal.timeout(3000);
    await navigator.locks.request(name, { signal }, work).catch((error: Error) => {
      if (error.name !== 'TimeoutError') throw error;
      throw new UserError(`${name} is made in another page: close it, or use another seed`);
    });
  },
  ownModels,
  wish,
  keptRun,
  filesOf,
  inspected,
  nameOfRun,
  forgetRun,
};

export type Api = typeof api;

expose(api);
