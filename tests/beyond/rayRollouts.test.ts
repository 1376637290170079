/** Decoding on a Ray of two nodes: the rollouts do not depend on how many workers there are, or on one that dies. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRandom } from '../../lib/core/random';
import { startEngine, tf } from '../../lib/engine/tensorflow';
import { disposeTree, flatten } from '../../lib/engine/tree';
import { loadCheckpoint } from '../../lib/model/checkpoint';
import { startRayDecoders } from '../../lib/sampling/ray/rayDecoders';
import { createRaySampler } from '../../lib/sampling/ray/raySampler';
import { createSampler, type Rollout } from '../../lib/sampling/sampler';
import { askSetup } from '../../lib/stages/language/askSetup';
import { checkpointFolder, recorded } from '../../lib/stages/places';
import { promptIds } from '../../lib/tasks/index';
import { problemsOfPlan } from '../../lib/tasks/plan';
import { decode } from '../../lib/tokenizer/tokenizer';
import { tokenIds } from '../../lib/tokenizer/vocabulary';
import { environment, startCluster, type Cluster } from './rayCluster';

let cluster: Cluster;

before(async () => {
  Object.assign(process.env, environment);
  await startEngine();
  cluster = await startCluster();
});
after(() => cluster.stop());

const problems = problemsOfPlan([{ task: 'countdown', level: 3, prompts: 24 }], createRandom(1, 'ray')); // prettier-ignore
const prompts = problems.map((problem) => promptIds(problem, 'en'));

test('rollouts are the same with one worker and with two, one of which is killed', async (t) => {
  const python = await askSetup('python', 'ray');
  const { config, parameters } = loadCheckpoint(checkpointFolder(recorded, 'tiny-base-s0'));
  const options = { groupSize: 16, maxNewTokens: 60, seed: 3 };
  const sampling = { endTokens: [tokenIds.eos], decode, pieceRows: 64 };
  const results: Rollout[][][] = [];
  for (const workers of [1, 2]) {
    const decoders = await startRayDecoders({ python, address: 'auto', workers, cores: 1 });
    assert.equal(decoders.workers, workers);
    const sampler = createRaySampler(config, sampling, decoders);
    const groups = sampler.sample(parameters, prompts, options);
    if (workers === 2) {
      await new Promise((resolve) => setTimeout(resolve, 2500)); // they have begun
      await cluster.kill();
    }
    results.push(await groups);
    assert.equal(decoders.send(flatten(parameters)), 0, 'weights that stay are sent once');
    const other = tf.mul(parameters.finalNorm, 2);
    const changed = { ...parameters, finalNorm: other };
    assert.equal(decoders.send(flatten(changed)), 1);
    results.push(await sampler.sample(changed, prompts, options));
    other.dispose();
    decoders.stop();
  }
  const [one, oneChanged, two, twoChanged] = results;
  assert.deepEqual(two, one);
  assert.deepEqual(twoChanged, oneChanged);
  const here = createSampler(config, sampling);
  const own = here.sample(parameters, prompts, options);
  here.dispose();
  disposeTree(parameters);
  const idsOf = (groups: readonly Rollout[][]): number[][] => groups.flat().map((one) => one.completionIds); // prettier-ignore
  const same = idsOf(one!).filter((ids, i) => ids.join() === idsOf(own)[i]!.join()).length;
  t.diagnostic(`${same} of ${own.flat().length} rollouts as in this process`);
  assert.ok(same >= 0.98 * own.flat().length); // a rounding error in a logit may choose another token
  assert.notDeepEqual(idsOf(oneChanged!), idsOf(one!));
});

test('workers that have ended are one line, whenever they are asked', async () => {
  const python = await askSetup('python', 'ray');
  const { config, parameters } = loadCheckpoint(checkpointFolder(recorded, 'tiny-base-s0'));
  const decoders = await startRayDecoders({ python, address: 'auto', workers: 1, cores: 1 });
  const sampling = { endTokens: [tokenIds.eos], decode, pieceRows: 64 };
  const sampler = createRaySampler(config, sampling, decoders);
  const sample = async (): Promise<unknown> =>
    sampler.sample(parameters, prompts, { groupSize: 8, maxNewTokens: 60, seed: 3 });
  const asked = sample();
  decoders.stop();
  await assert.rejects(asked, /^UserError: [^\n]+$/);
  await assert.rejects(sample, /^UserError: [^\n]+$/);
  disposeTree(parameters);
});

test('more workers than cores are refused in one line', async () => {
  const python = await askSetup('python', 'ray');
  const start = startRayDecoders({ python, address: 'auto', workers: 3, cores: 1 });
  await assert.rejects(start, /^UserError: 3 workers of 1 core do not fit: this Ray has room for 2$/); // prettier-ignore
});
