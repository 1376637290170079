/** TRL on what the workbook hands over: the same loss and gradient, and a curve within the interval of ours. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { torchPython } from '../../lib/bench/torch';
import { root } from '../../lib/core/files';
import { createRandom } from '../../lib/core/random';
import { mean } from '../../lib/core/statistics';
import { seedInterval } from '../../lib/evaluation/metrics';
import { disposeTree } from '../../lib/engine/tree';
import { handOver } from '../../lib/handover/handOver';
import { loadCheckpoint } from '../../lib/model/checkpoint';
import { toHuggingFace } from '../../lib/model/huggingFace';
import { encodeSafetensors } from '../../lib/model/safetensors';
import { readMetrics, readRollouts, readRunInfo } from '../../lib/runs/run';
import { checkpointFolder, recorded, runFolder, samplerFor } from '../../lib/stages/places';
import { rlSettings } from '../../lib/stages/settings';
import { promptIds, verify } from '../../lib/tasks/index';
import { planOf, problemsOfPlan } from '../../lib/tasks/plan';
import { lossAndGradients } from '../../lib/training/gradients';
import { defaultGrpo, grpoBatchLoss, grpoChannels } from '../../lib/training/grpo';
import { packBatches } from '../../lib/training/packing';
import { groupAdvantages, meanOverTokens } from '../../lib/training/variants';
import { temporaryFolder } from '../support/folder';

const python = torchPython(path.join(root, '.venv-torch'), 'python3');
const base = checkpointFolder(recorded, 'small-base-s0');

/** Runs a Python program; what it prints at its end is JSON. */
function ran(args: readonly string[], cwd = root): string {
  const env = { ...process.env, OMP_NUM_THREADS: '1', TRANSFORMERS_VERBOSITY: 'error' };
  const { status, stdout, stderr } = spawnSync(python, args, { encoding: 'utf8', cwd, env });
  assert.equal(status, 0, stderr.slice(-2000));
  return stdout.trim().split('\n').at(-1)!;
}

test("on a frozen batch TRL's loss and gradient are ours", async (t) => {
  const { config, parameters } = loadCheckpoint(base);
  const random = createRandom(3, 'frozen');
  const problems = problemsOfPlan(planOf({ countdown: { 3: 2 }, programs: { 2: 2 }, units: { 0: 2 } }), random); // prettier-ignore
  const prompts = problems.map((problem) => promptIds(problem, 'en'));
  const sampler = samplerFor(config);
  const groups = await sampler.sample(parameters, prompts, { groupSize: 8, maxNewTokens: 150, seed: 1 }); // prettier-ignore
  sampler.dispose();
  const rollouts = groups.flat();
  const advantages = groups.flatMap((group, i) =>
    groupAdvantages(group.map(({ text }) => (verify(problems[i]!, text).correct ? 1 : 0))),
  );
  // as if the policy had moved: some ratios are beyond the clip
  const oldLogprobs = rollouts.map(({ logprobs }) => logprobs.map((one) => one + 0.6 * (random.next() - 0.5))); // prettier-ignore
  const weights = meanOverTokens(rollouts.map(({ completionIds }) => completionIds.length));
  const sequences = rollouts.map(({ promptIds: prompt, completionIds }, i) => {
    const before = Array<number>(prompt.length - 1).fill(0);
    const channel = (values: readonly number[]) => [...before, ...values];
    return {
      ids: [...prompt, ...completionIds],
      channels: {
        weights: channel(completionIds.map(() => weights[i]!)),
        advantages: channel(completionIds.map(() => advantages[i]!)),
        oldLogprobs: channel(oldLogprobs[i]!),
        referenceLogprobs: channel(oldLogprobs[i]!),
      },
    };
  });
  const lengths = sequences.map(({ ids }) => ids.length - 1);
  const shape = { rows: sequences.length, rowLength: Math.max(...lengths) };
  const batches = [...packBatches(sequences, [shape], grpoChannels)];
  assert.equal(batches.length, 1);
  const lossOf = grpoBatchLoss(config, defaultGrpo);
  const { outputs, gradients } = lossAndGradients((p) => lossOf(p, batches[0]!), parameters);
  const loss = outputs.loss.dataSync()[0]!;
  const clipped = outputs.clipFraction!.dataSync()[0]!;
  assert.ok(clipped > 0.02, `${clipped} of the tokens are clipped`);
  const folder = temporaryFolder();
  const [batchFile, gradientFile] = ['batch.json', 'gradients.safetensors'].map((name) => path.join(folder, name)) as [string, string]; // prettier-ignore
  fs.writeFileSync(gradientFile, encodeSafetensors(toHuggingFace(config, gradients)));
  const { clipEpsilonLow: clipLow, clipEpsilonHigh: clipHigh } = defaultGrpo;
  const frozen = {
    ...{ groupSize: 8, clipLow, clipHigh, advantages, oldLogprobs },
    prompts: rollouts.map(({ promptIds: prompt }) => prompt),
    completions: rollouts.map(({ completionIds }) => completionIds),
  };
  fs.writeFileSync(batchFile, JSON.stringify(frozen));
  disposeTree(parameters, gradients, outputs, batches);
  const theirs = JSON.parse(ran([path.join(__dirname, 'trl_loss.py'), base, batchFile, gradientFile])) as Record<'loss' | 'distance' | 'largest' | 'gradients', number>; // prettier-ignore
  t.diagnostic(`loss ${loss} here, ${theirs.loss} in TRL; gradients of ${theirs.gradients} tensors differ by ${theirs.distance.toExponential(1)} at most, the largest is ${theirs.largest.toFixed(2)}`); // prettier-ignore
  assert.ok(Math.abs(theirs.loss - loss) <= 1e-5);
  assert.ok(theirs.distance <= 1e-5 * Math.max(1, theirs.largest));
});

/** Steps of TRL's run: enough for the curves to rise. */
const steps = 20;

test('TRL learns on two processes what is handed over, and its curve lies within ours of three seeds', async (t) => {
  const target = path.join(temporaryFolder(), 'handed');
  const settings = { ...rlSettings('small'), steps };
  await handOver(target, { format: 'trl', checkpoint: base, name: 'small-base-s0', size: 'small', settings, seed: 0, heldOut: 10 }); // prettier-ignore
  await assert.rejects(handOver(target, { format: 'trl', checkpoint: base, name: 'small-base-s0', size: 'small', settings, seed: 0, heldOut: 10 }), /is there already: name a new folder/); // prettier-ignore
  const started = Date.now();
  ran(['-m', 'accelerate.commands.launch', '--cpu', '--num_processes', '2', 'train.py', '--steps', String(steps)], target); // prettier-ignore
  const output = path.join(target, 'output');
  const theirs = readMetrics(output).map((row) => Number(row['reward/accuracy']));
  const ours = [0, 1, 2].map((seed) =>
    readMetrics(runFolder(recorded, `small-r1-zero-s${seed}`)).map((row) =>
      Number(row['reward/accuracy']),
    ),
  );
  assert.equal(theirs.length, steps);
  assert.deepEqual([readRunInfo(output)!.finished, readRollouts(output).length >= steps], [true, true]); // prettier-ignore
  for (const from of [0, 10]) {
    const part = (values: readonly number[]): number => mean(values.slice(from, from + 10));
    const { mean: middle, interval } = seedInterval(ours.map(part));
    t.diagnostic(`right answers in steps ${from} to ${from + 9}: TRL ${part(theirs).toFixed(3)}, ours ${middle.toFixed(3)} [${interval.map((end) => end.toFixed(3)).join(', ')}]`); // prettier-ignore
    assert.ok(part(theirs) >= interval[0] && part(theirs) <= interval[1]);
  }
  t.diagnostic(`${Math.round((Date.now() - started) / 1000)} s`);
  const { config, parameters } = loadCheckpoint(path.join(output, 'checkpoint'));
  assert.equal(config.numLayers, 3);
  disposeTree(parameters);
});
