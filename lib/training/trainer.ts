import type { BadStep } from '../core/errors';
import { jit } from '../engine/jit';
import { tf } from '../engine/tensorflow';
import { disposeTree, flatten, treeShape, unflatten, type TensorTree } from '../engine/tree';
import type { Parameters } from '../model/parameters';
import { badUpdate, refuseBadUpdate, type TriedUpdate } from './badStep';
import { lossAndGradients, type LossAndGradients, type LossOutputs } from './gradients';
import {
  globalNorm,
  initOptimizer,
  optimizerInputs,
  updateWeights,
  type Learnable,
  type OptimizerConfig,
  type OptimizerState,
} from './optimizer';

/** Scalars of a step as numbers: the loss function's outputs, and the gradient's norm before clipping. */
export type StepStats = Record<string, number>;

/** Weights, optimizer state and the number of updates made. */
export interface TrainerState<P extends Learnable = Parameters> {
  parameters: P;
  optimizer: OptimizerState;
  updates: number;
}

/** What an update needs beside weights and gradient: the moments, and the numbers of this step. */
type OptimizerInputs = { readonly state: OptimizerState; readonly inputs: tf.Tensor };

/** How the graphs of a trainer are made. */
export interface TrainerGraphs<Frozen extends TensorTree> {
  /** weights that the loss needs and that do not learn; the trainer does not own them */
  readonly frozen?: Frozen;
  /**
   * of a large model: its gradient is one graph whatever the number of batches, and XLA, which compiles such a graph for
   * minutes, is left out
   */
  readonly large?: boolean;
}

/**
 * One optimizer step per call of `step`. With a single batch, loss, gradient and optimizer are one graph; with more, the
 * gradients are summed before the update. The trainer owns the weights: `state.parameters` are new tensors after
 * each step and the old ones are gone.
 */
export class Trainer<
  Batch extends TensorTree,
  P extends Learnable = Parameters,
  Frozen extends TensorTree = readonly [],
> {
  private readonly gradientsOf;
  private readonly update;
  private readonly gradientsAndUpdate;
  private readonly norm = jit((parameters: P) => ({ norm: globalNorm(parameters) }));
  /** of all weights, once it is known */
  private normNow?: number;

  constructor(
    lossFn: (parameters: P, batch: Batch, frozen: Frozen) => LossOutputs,
    private readonly config: OptimizerConfig,
    readonly state: TrainerState<P>,
    private readonly graphs: TrainerGraphs<Frozen> = {},
  ) {
    const gradientsOf = (p: P, batch: Batch, frozen: Frozen): LossAndGradients<P> =>
      lossAndGradients((q) => lossFn(q, batch, frozen), p);
    const update = (p: P, g: P, s: OptimizerState, inputs: tf.Tensor) =>
      updateWeights(config, { parameters: p, gradients: g, state: s }, inputs);
    const options = { xla: !graphs.large };
    this.gradientsOf = jit(gradientsOf, options);
    this.update = jit(update, options);
    this.gradientsAndUpdate = jit(
      (p: P, batch: Batch, frozen: Frozen, optimizer: OptimizerInputs) => {
        const { outputs, gradients } = gradientsOf(p, batch, frozen);
        return { outputs, result: update(p, gradients, optimizer.state, optimizer.inputs) };
      },
      options,
    );
  }

  private get frozen(): Frozen {
    return this.graphs.frozen ?? ([] as unknown as Frozen);
  }

  /**
   * One update with the sum of the batches' losses; the batches are disposed. Throws a BadStep, and leaves the state as
   * it was, where a number of the update is not finite or the update would throw the weights far away.
   */
  step(batches: Iterable<Batch>, learningRate: number): StepStats {
    const [first, ...more] = batches;
    if (!first) throw new RangeError('a step needs at least one batch');
    const { parameters, optimizer, updates } = this.state;
    const tried = { parameters, optimizer, updates, batches: [first, ...more], learningRate };
    if (!(learningRate >= 0 && learningRate < Infinity)) throw refusedRate(tried);
    this.normNow ??= this.normOf(parameters);
    const inputs = optimizerInputs(learningRate, updates + 1, this.config);
    const { outputs, result } =
      more.length === 0 && !this.graphs.large
        ? this.gradientsAndUpdate(parameters, first, this.frozen, { state: optimizer, inputs })
        : this.sumAndUpdate([first, ...more], inputs);
    const stats = readScalars({ ...outputs, gradientNorm: result.gradientNorm });
    const norm = this.normOf(result.parameters);
    try {
      refuseBadUpdate(tried, stats, { before: this.normNow, after: norm });
    } catch (error) {
      disposeTree(result.parameters, result.state, inputs, first, more);
      throw error;
    }
    disposeTree(parameters, optimizer, inputs, first, more);
    this.state.parameters = result.parameters;
    this.state.optimizer = result.state;
    this.state.updates++;
    this.normNow = norm;
    return stats;
  }

  private normOf(parameters: P): number {
    return readScalars(this.norm(parameters)).norm!;
  }

  private sumAndUpdate(batches: Batch[], inputs: tf.Tensor) {
    const { parameters, optimizer } = this.state;
    let sum = this.gradientsOf(parameters, batches[0]!, this.frozen);
    for (const batch of batches.slice(1))
      sum = addTrees(sum, this.gradientsOf(parameters, batch, this.frozen));
    const result = this.update(parameters, sum.gradients, optimizer, inputs);
    disposeTree(sum.gradients);
    return { outputs: sum.outputs, result };
  }

  dispose(): void {
    const graphs = [this.gradientsOf, this.update, this.gradientsAndUpdate, this.norm];
    for (const graph of graphs) graph.dispose();
    disposeTree(this.state.parameters, this.state.optimizer);
  }
}

/** The error for a learning rate that no update can be made with. The batches are disposed. */
function refusedRate(tried: TriedUpdate<TensorTree>): BadStep {
  const error = badUpdate(tried, `learning rate ${tried.learningRate}: use a number from 0 up`);
  disposeTree(tried.batches);
  return error;
}

/** `a + b` for trees of one shape; both are disposed. */
function addTrees<T extends TensorTree>(a: T, b: T): T {
  const right = flatten(b);
  const sums = flatten(a).map((tensor, i) => tf.add(tensor, right[i]!));
  disposeTree(a, b);
  return unflatten(treeShape(b), sums) as T;
}

/** The numbers of scalar tensors, which are disposed. */
function readScalars(scalars: Record<string, tf.Tensor>): StepStats {
  const numbers = Object.entries(scalars).map(([name, t]) => [name, t.dataSync()[0]!] as const);
  disposeTree(scalars);
  return Object.fromEntries(numbers);
}

export function createTrainerState<P extends Learnable>(
  parameters: P,
  config: OptimizerConfig,
): TrainerState<P> {
  return { parameters, optimizer: initOptimizer(config, parameters), updates: 0 };
}
