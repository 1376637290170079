/**
 * Where the time of a step goes, op by op. The step runs outside its recorded graph, so that each op can be timed as tfjs
 * asks for it: the sum is longer than the recorded step, in which XLA joins many ops into one pass over memory.
 */
import { nodeBackend, tf, type Binding, type OpAttribute } from '../engine/tensorflow';
import { disposeTree, flatten, type TensorTree } from '../engine/tree';
import type { ModelSize } from '../model/config';
import { createSampler } from '../sampling/sampler';
import { decode } from '../tokenizer/tokenizer';
import { tokenIds } from '../tokenizer/vocabulary';
import { lossAndGradients } from '../training/gradients';
import { nextTokenLoss } from '../training/nextToken';
import {
  defaultOptimizer,
  initOptimizer,
  optimizerInputs,
  updateWeights,
} from '../training/optimizer';
import { createRandom } from '../core/random';
import { benchPrompts, groupSize, randomBatch } from './ours';
import { modelOf } from './speed';

/** One kind of op in a piece of work. */
export interface OpRow {
  readonly size: string;
  readonly work: 'training' | 'decoding';
  readonly op: string;
  /** in a step of training, or for a token of all rows */
  readonly count: number;
  readonly milliseconds: number;
  /** of all ops */
  readonly share: number;
  /** billion operations a second, of matrix products */
  readonly gflops: number | null;
}

/** What was counted of one kind of op. */
interface Tally {
  count: number;
  milliseconds: number;
  flops: number;
}

const warmUps = 2;
const repeats = 5;

/** Profiles a training step and the decoding of 512 rows of a size. */
export function profileOps(size: ModelSize): OpRow[] {
  const { model } = modelOf(size);
  const { config, parameters } = model;
  const loss = nextTokenLoss(config);
  const random = createRandom('profile');
  const batch = randomBatch(() => random.int(config.vocabSize));
  const state = initOptimizer(defaultOptimizer, parameters);
  const train = (): void => {
    const inputs = optimizerInputs(1e-6, 1, defaultOptimizer);
    const results = tf.tidy(() => {
      const { outputs, gradients } = lossAndGradients((p) => loss(p, batch), parameters);
      const updated = updateWeights(defaultOptimizer, { parameters, gradients, state }, inputs);
      return flatten({ outputs, updated } as TensorTree);
    });
    disposeTree(inputs, results);
  };
  const sampler = createSampler(config, { endTokens: [tokenIds.eos], decode, recorded: false });
  const newTokens = 64;
  const options = { groupSize, maxNewTokens: newTokens, seed: 0 };
  const sample = (): unknown => sampler.sample(parameters, benchPrompts(), options);
  const rows = [
    ...rowsOf(tally(train), { size, work: 'training', per: 1 }),
    ...rowsOf(tally(sample), { size, work: 'decoding', per: newTokens }),
  ];
  sampler.dispose();
  disposeTree(batch, state, parameters);
  return rows;
}

/** Runs some work a few times, and counts and times the ops that it asks for. */
function tally(work: () => unknown): Map<string, Tally> {
  const backend = nodeBackend();
  const { binding } = backend;
  const kinds = new Map<string, Tally>();
  const shapes = new Map<number, readonly number[]>();
  let isCounted = false;
  const createTensor: Binding['createTensor'] = (shape, dtype, values) => {
    const id = binding.createTensor(shape, dtype, values);
    shapes.set(id, shape);
    return id;
  };
  const executeOp: Binding['executeOp'] = (op, attributes, inputs, count) => {
    const began = performance.now();
    const outputs = binding.executeOp(op, attributes, inputs, count);
    const milliseconds = performance.now() - began;
    for (const { id, shape } of outputs) shapes.set(id, shape);
    if (!isCounted) return outputs;
    const kind = kinds.get(op) ?? { count: 0, milliseconds: 0, flops: 0 };
    kind.count += 1 / repeats;
    kind.milliseconds += milliseconds / repeats;
    if (op === 'BatchMatMulV2')
      kind.flops += productFlops(attributes, shapes.get(inputs[0]!), outputs[0]!.shape) / repeats;
    kinds.set(op, kind);
    return outputs;
  };
  backend.binding = Object.create(binding, {
    createTensor: { value: createTensor },
    executeOp: { value: executeOp },
  }) as Binding;
  try {
    for (let i = 0; i < warmUps; i++) work();
    isCounted = true;
    for (let i = 0; i < repeats; i++) work();
  } finally {
    backend.binding = binding;
  }
  return kinds;
}

/** Multiplications and additions of a matrix product whose first factor and result have these shapes. */
export function productFlops(
  attributes: readonly OpAttribute[],
  left: readonly number[] | undefined,
  result: readonly number[],
): number {
  if (left === undefined) return 0;
  const isTurned = attributes.some(({ name, value }) => name === 'adj_x' && value === true);
  const inner = left.at(isTurned ? -2 : -1)!;
  return 2 * inner * result.reduce((a, b) => a * b, 1);
}

function rowsOf(
  kinds: ReadonlyMap<string, Tally>,
  { size, work, per }: Pick<OpRow, 'size' | 'work'> & { readonly per: number },
): OpRow[] {
  const all = [...kinds].sort(([, a], [, b]) => b.milliseconds - a.milliseconds);
  const sum = all.reduce((total, [, { milliseconds }]) => total + milliseconds, 0);
  return all.map(([op, { count, milliseconds, flops }]) => ({
    ...{ size, work, op },
    count: Math.round((10 * count) / per) / 10,
    milliseconds: Math.round((1000 * milliseconds) / per) / 1000,
    share: Math.round((1000 * milliseconds) / sum) / 1000,
    gflops: flops === 0 ? null : Math.round(flops / 1e6 / milliseconds),
  }));
}
