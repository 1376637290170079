/** The worker of a page. All that computes runs here, so that the page itself stays at hand. */
import '../node/globals';
import { expose } from 'comlink';
import { stopFlag } from '../../../core/loop';
import { verify, type Problem, type Verdict } from '../../../tasks/index';
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
  verify: (problem: Problem, completion: string): Verdict => verify(problem, completion),
  /** trains in this worker; a second training waits for nothing and is refused by the run's lock */
  async train(training: Training, watcher: Watcher) {
    return train(training, await modelNamed(`${training.size}-base-s0`, site), watcher);
  },
  ownModels,
  wish,
  stop: () => void (stopFlag.requested = true),
  keptRun,
  filesOf,
  inspected,
  nameOfRun,
  forgetRun,
};

export type Api = typeof api;

expose(api);
