import './support/withoutXla';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createParallelSampler } from '../lib/sampling/parallelSampler';
import { createSampler } from '../lib/sampling/sampler';
import { guardMemory } from './support/guardMemory';
import { assertAllclose } from './support/allclose';
import { microConfig, randomParameters } from './support/microModel';
import { listeningAddresses } from './support/listening';
import { childrenOf } from './support/processes';

const endTokens = [2];
const config = microConfig();
const parameters = randomParameters(config, 11);
const prompts = [[1, 3, 4, 5, 9], [1, 6], [1], [7, 8, 0, 0], [1, 6]];
const settings = { endTokens, decode: (ids: readonly number[]) => ids.join(' ') };
const options = { groupSize: 5, maxNewTokens: 13, seed: 5, step: 2, firstPrompt: 3 };
const local = createSampler(config, settings);
const parallel = createParallelSampler(config, { ...settings, processes: 2, leastRows: 4 });

/** Returns the decoding processes that this process has started. */
const processes = (): number[] => childrenOf(process.pid, 'decodeProcess');

test('a part of a group has the completions that it has in the whole', () => {
  const whole = local.sample(parameters, prompts, options);
  const part = local.sample(parameters, prompts, { ...options, groupSize: 2, firstSample: 3 });
  assert.deepEqual(
    part.map((group) => group.map((rollout) => rollout.completionIds)),
    whole.map((group) => group.slice(3).map((rollout) => rollout.completionIds)),
  );
});

test('few rows are decoded in this process', async () => {
  const few = { ...options, groupSize: 3 };
  const [group] = await parallel.sample(parameters, [prompts[0]!], few);
  assert.equal(group!.length, 3);
  assert.deepEqual(processes(), []);
});

test('processes decode what one process decodes', async () => {
  for (const groupSize of [1, 2, 5]) {
    const asked = { ...options, groupSize };
    const expected = local.sample(parameters, prompts, asked);
    const groups = await guardMemory('decoding', () => parallel.sample(parameters, prompts, asked));
    assert.equal(groups.length, prompts.length);
    groups.forEach((group, g) => {
      assert.equal(group.length, groupSize);
      group.forEach((rollout, i) => {
        const { logprobs, entropies, entropy, ...exact } = expected[g]![i]!;
        assertAllclose(rollout.logprobs, logprobs, { absolute: 1e-5 });
        assertAllclose(rollout.entropies, entropies, { absolute: 1e-5 });
        assert.ok(Math.abs(rollout.entropy - entropy) < 1e-5);
        const same = { logprobs: 0, entropies: 0, entropy: 0 };
        assert.deepEqual({ ...rollout, ...same }, { ...exact, ...same });
      });
    });
  }
  assert.equal(processes().length, 2);
});

test('new weights and another model reach the processes', async () => {
  const other = randomParameters(config, 12);
  const wider = microConfig({ contextLength: 64, hiddenDim: 12 });
  const weights = randomParameters(wider, 13);
  const ids = (groups: readonly (readonly { completionIds: number[] }[])[]): number[][] =>
    groups.flat().map(({ completionIds }) => completionIds);
  const before = ids(await parallel.sample(parameters, prompts, options));
  const after = ids(await parallel.sample(other, prompts, options));
  assert.notDeepEqual(after, before);
  assert.deepEqual(after, ids(local.sample(other, prompts, options)));
  const widerLocal = createSampler(wider, settings);
  const widerParallel = createParallelSampler(wider, { ...settings, processes: 2, leastRows: 4 });
  // Two calls run at once, and each gets its own replies.
  const [a, b] = await Promise.all([
    widerParallel.sample(weights, prompts, options),
    parallel.sample(parameters, prompts, options),
  ]);
  assert.deepEqual(ids(a), ids(widerLocal.sample(weights, prompts, options)));
  assert.deepEqual(ids(b), before);
});

test('bad options are refused before anything is sent', async () => {
  const bad = { ...options, temperature: 0 };
  await assert.rejects(async () => parallel.sample(parameters, prompts, bad), {
    name: 'UserError',
    message: 'invalid temperature: 0: use a number above 0',
  });
});

test('a failure in a process is an error here, and the next call goes on', async () => {
  const broken = { ...parameters, layers: [] };
  const wrong = { ...broken, embedding: parameters.finalNorm };
  await assert.rejects(async () => parallel.sample(wrong, prompts, options), Error);
  assert.equal((await parallel.sample(parameters, prompts, options)).length, prompts.length);
});

const onLinux = { skip: process.platform !== 'linux' && 'reads the tables of Linux' };

test('the processes listen nowhere', onLinux, async () => {
  await parallel.sample(parameters, prompts, options);
  assert.equal(processes().length, 2);
  assert.deepEqual(listeningAddresses(processes()), []);
});

test('a process that dies is reported and replaced', async () => {
  const [first] = processes();
  const asked = parallel.sample(parameters, prompts, { ...options, groupSize: 200 });
  process.kill(first!, 'SIGKILL');
  await assert.rejects(async () => asked, {
    message: 'a decoding process ended with SIGKILL: run again',
  });
  assert.equal((await parallel.sample(parameters, prompts, options)).length, prompts.length);
  assert.equal(processes().length, 2);
});

test('a process that has died unnoticed is reported and replaced', async () => {
  const [first] = processes();
  process.kill(first!, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200); // no turn of the loop, so no 'exit' yet
  await assert.rejects(async () => parallel.sample(parameters, prompts, options), {
    message: 'a decoding process ended with SIGKILL: run again',
  });
  assert.equal((await parallel.sample(parameters, prompts, options)).length, prompts.length);
  assert.equal(processes().length, 2);
});
