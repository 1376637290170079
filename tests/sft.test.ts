import './support/withoutXla';
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../lib/core/errors';
import { stopFlag } from '../lib/core/loop';
import { tf } from '../lib/engine/tensorflow';
import { readEvaluations, readMetrics } from '../lib/runs/run';
import type { Rollout, Sampler } from '../lib/sampling/sampler';
import { coldStartTraces } from '../lib/stages/coldStart';
import { allOnes, cleanOnes, collectTraces } from '../lib/stages/collect';
import { runFolder } from '../lib/stages/places';
import { trainSft, type SftResult } from '../lib/stages/sft';
import { readTraces, traceSequence, writeTraces, type Trace } from '../lib/stages/traces';
import { coldStartCompletion } from '../lib/tasks/coldStart';
import { createRandom } from '../lib/core/random';
import { generate, promptText } from '../lib/tasks/index';
import { encode } from '../lib/tokenizer/tokenizer';
import { temporaryFolder } from './support/folder';
import { snapshot } from './support/microModel';
import { metricsOf, microBase } from './support/microRun';

const place = temporaryFolder();

const random = createRandom('sft test');
const traces = Array.from({ length: 10 }, (): Trace => {
  const problem = generate('units', 0, random, 'train');
  const completion = coldStartCompletion(problem, 'en', random);
  const { task, level } = problem;
  const prompt = promptText(problem, 'en');
  return { kind: 'reasoning', task, level, language: 'en', prompt, completion };
});

test('only the completion of a trace is learned', () => {
  const trace = { ...traces[0]!, prompt: 'make 3 : 1 2 _', completion: '<think> yes <eos>' };
  const { ids, channels } = traceSequence(trace);
  assert.deepEqual(ids, encode('<bos> make 3 : 1 2 _ <think> yes <eos>'));
  // seven tokens of prompt: the prediction at the last of them is the completion's first token
  assert.deepEqual(channels.weights, [0, 0, 0, 0, 0, 0, 1, 1, 1]);
});

test('data sets are read as they were written; bad ones are named', () => {
  const file = path.join(place, 'traces', 'a.jsonl');
  writeTraces(file, traces);
  assert.deepEqual(readTraces(file), traces);
  const expectError = (text: RegExp): void =>
    assert.throws(
      () => readTraces(file),
      (e: Error) => e instanceof UserError && text.test(e.message),
    );
  for (const line of ['{', '{"prompt":"make","completion":"hello"}', '{}']) {
    fs.writeFileSync(file, JSON.stringify(traces[0]) + '\n' + line + '\n');
    expectError(/a\.jsonl, line 2 is no trace/);
  }
  fs.rmSync(file);
  expectError(/no traces at .*a\.jsonl/);
});

/** A sampler that says what it is told, in turn. */
function parrot(texts: readonly string[]): Sampler {
  return {
    sample: (_, prompts, { groupSize }) =>
      prompts.map(() =>
        Array.from({ length: groupSize }, (_, i) => {
          const text = texts[i % texts.length]!;
          return { text, completionIds: [1, 2, 3] } as unknown as Rollout;
        }),
      ),
    dispose: () => undefined,
  };
}

test('collecting counts every completion once', async () => {
  const options = {
    seed: 0,
    plan: [{ task: 'units', level: 0, prompts: 3 } as const],
    samples: 4,
    perPrompt: 1,
    maxNewTokens: 10,
    ...cleanOnes,
  };
  const told = ['<think> yes', '<think> so 3 m </think> <answer> 3 m </answer> <eos>'];
  const { traces: kept, counts, tokens } = await collectTraces(microBase, parrot(told), options);
  assert.equal(tokens, 3 * 4 * 3);
  assert.equal(counts.sampled, 12);
  assert.equal(counts.removed['not finished'], 6);
  const sum = Object.values(counts.removed).reduce((a, b) => a + b, 0);
  assert.equal(sum + counts.kept, 12);
  assert.equal(kept.length, counts.kept);

  const all = await collectTraces(microBase, parrot(told), {
    ...options,
    ...allOnes,
    perPrompt: 9,
  });
  assert.deepEqual([all.counts.kept, all.counts.removed.duplicate], [6, 6]);
});

test('an expert who is always right is kept once for each prompt', async () => {
  const plan = [{ task: 'units', level: 0, prompts: 2 } as const];
  const again = createRandom(7, 'traces');
  const problems = Array.from({ length: 2 }, () => generate('units', 0, again, 'train'));
  const expert = createRandom('expert');
  const answers = problems.map((p, i) => coldStartCompletion(p, i === 0 ? 'en' : 'zh', expert));
  const sampler: Sampler = {
    sample: () =>
      answers.map((text) => [0, 1].map(() => ({ text, completionIds: [1] }) as unknown as Rollout)),
    dispose: () => undefined,
  };
  const options = { seed: 7, plan, samples: 2, perPrompt: 2, maxNewTokens: 10, ...cleanOnes };
  const { traces: kept, counts } = await collectTraces(microBase, sampler, options);
  assert.deepEqual(
    kept.map(({ completion }) => completion),
    answers,
  );
  assert.equal(counts.removed.duplicate, 2);
});

const settings = {
  epochs: 2,
  tracesPerStep: 4,
  batches: [{ rows: 2, rowLength: 64 }],
  evaluated: [{ task: 'units' as const, level: 0 }],
  finalProblems: 3,
  maxNewTokens: 8,
};

let tensors = new Set<number>();
function sft(stage: string, stopAfter = Infinity): Promise<SftResult | null> {
  tensors = new Set();
  return trainSft({
    size: 'tiny',
    seed: 3,
    stage,
    from: microBase,
    fromName: 'fresh',
    traces,
    place,
    settings,
    onStep: (row) => {
      tensors.add(tf.memory().numTensors);
      if (row.step === stopAfter - 1) stopFlag.requested = true;
    },
  });
}

test('fine-tuning learns, keeps no tensor, leaves its start alone, and goes on where it stopped', async () => {
  const before = snapshot(microBase.parameters);
  const whole = await sft('whole');
  assert.deepEqual(snapshot(microBase.parameters), before);
  assert.equal(tensors.size, 1);
  const rows = readMetrics(runFolder(place, 'tiny-whole-s3'));
  assert.deepEqual(
    rows.map(({ step, epoch }) => [step, epoch]),
    // 10 traces, 4 a step: 3 steps an epoch
    [0, 1, 2, 3, 4, 5].map((step) => [step, Math.floor(step / 3)]),
  );
  assert.ok(Number(rows.at(-1)!['loss/policy']) < Number(rows[0]!['loss/policy']) - 0.3);
  assert.equal(readEvaluations(runFolder(place, 'tiny-whole-s3')).length, 1);

  assert.equal(await sft('stopped', 4), null);
  const rest = await sft('stopped');
  assert.deepEqual(snapshot(rest!.model.parameters), snapshot(whole!.model.parameters));
  const folderOf = (stage: string): string => runFolder(place, `tiny-${stage}-s3`);
  assert.deepEqual(metricsOf(folderOf('stopped')), metricsOf(folderOf('whole')));
});

test('no trace at all is refused before anything is written', async () => {
  const options = {
    size: 'tiny',
    seed: 0,
    stage: 'none',
    from: microBase,
    fromName: 'fresh',
    traces: [],
    place,
  };
  await assert.rejects(trainSft({ ...options, size: 'tiny' }), {
    name: 'UserError',
    message: 'no trace to learn from in none: sample more, or from a better model',
  });
  assert.ok(!fs.existsSync(runFolder(place, 'tiny-none-s0')));
});

test('the cold start gives up in a share of its traces, in both languages', async () => {
  const { traces: made, counts } = await coldStartTraces(microBase, 0, {
    plan: [{ task: 'countdown', level: 3, prompts: 2 }],
    samples: 1,
    maxNewTokens: 150,
    traces: 20,
    giveUpShare: 0.2,
    curated: true,
  });
  assert.equal(counts.kept, 0); // random weights
  assert.deepEqual(
    made.map(({ kind, language }) => [kind, language]),
    ['en', 'zh', 'en', 'zh'].map((language) => ['give-up', language]),
  );
  // The last verdict is no, unless a guess happened to solve the problem.
  for (const { completion } of made) assert.match(completion, /(no|不|yes|对) <\/think> <answer>/);
});
