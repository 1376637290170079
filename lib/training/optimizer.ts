/** One update of all weights: clipping, then Muon for the matrices of the blocks where it is asked for, AdamW else. */
import { tf } from '../engine/tensorflow';
import { flatten, treeShape, unflatten, type TensorTree } from '../engine/tree';
import { adamW, type AdamWConfig, type AdamWState } from './adamw';
import { muon, type MuonConfig } from './muon';

export interface OptimizerConfig extends AdamWConfig {
  /** largest allowed global norm of the gradient */
  readonly maxGradientNorm: number;
  /** for the matrices of the blocks; without it AdamW has them too */
  readonly muon?: MuonConfig;
}

export const defaultOptimizer: OptimizerConfig = {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradientNorm: 1,
};

/** What an optimizer changes: a model's weights, or the adapters beside them. */
export type Learnable = TensorTree & { readonly layers: readonly TensorTree[] };

export type OptimizerState = { readonly adamW: AdamWState; readonly muon: tf.Tensor[] };

/** Which of the flat weights are Muon's. */
function muonWeights(config: OptimizerConfig, parameters: Learnable): boolean[] {
  const matrices = new Set(flatten(parameters.layers).filter((tensor) => tensor.rank === 2));
  return flatten(parameters).map((tensor) => config.muon !== undefined && matrices.has(tensor));
}

export function initOptimizer(config: OptimizerConfig, parameters: Learnable): OptimizerState {
  const ofMuon = muonWeights(config, parameters);
  const zeros = (wanted: boolean): tf.Tensor[] =>
    flatten(parameters).flatMap((t, i) => (ofMuon[i] === wanted ? [tf.zeros(t.shape)] : []));
  return { adamW: { means: zeros(false), squares: zeros(false) }, muon: zeros(true) };
}

/** What changes from update to update and so has to be an input of the recorded graph: [rate, c1, c2]. */
export function optimizerInputs(
  learningRate: number,
  update: number,
  { beta1, beta2 }: OptimizerConfig,
): tf.Tensor {
  return tf.tensor1d([learningRate, 1 / (1 - beta1 ** update), 1 / (1 - beta2 ** update)]);
}

/** The square root of the sum of the squares of all numbers: scalar. */
export const globalNorm = (tree: TensorTree): tf.Tensor =>
  tf.sqrt(tf.addN(flatten(tree).map((tensor) => tf.sum(tf.square(tensor)))));

/** What an update starts from. */
export interface UpdateInputs<P extends Learnable> {
  readonly parameters: P;
  readonly gradients: P;
  readonly state: OptimizerState;
}

/** The weights and the optimizer's state after one update. A pure function; `inputs` come from `optimizerInputs`. */
export function updateWeights<P extends Learnable>(
  config: OptimizerConfig,
  { parameters, gradients, state }: UpdateInputs<P>,
  inputs: tf.Tensor,
): { parameters: P; state: OptimizerState; gradientNorm: tf.Tensor } {
  const [rate, c1, c2] = tf.unstack(inputs) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const gradientNorm = globalNorm(gradients);
  const clip = tf.minimum(1, tf.div(config.maxGradientNorm, tf.add(gradientNorm, 1e-6)));
  const clipped = flatten(gradients).map((gradient) => tf.mul(gradient, clip));
  const ofMuon = muonWeights(config, parameters);
  const share = (tensors: tf.Tensor[], wanted: boolean): tf.Tensor[] =>
    tensors.filter((_, i) => ofMuon[i] === wanted);
  const weights = flatten(parameters);
  const adamWInputs = { weights: share(weights, false), gradients: share(clipped, false) };
  const others = adamW(config, { ...adamWInputs, state: state.adamW }, { rate, c1, c2 });
  const muonInputs = { weights: share(weights, true), gradients: share(clipped, true) };
  const matrices = config.muon
    ? muon(config.muon, { ...muonInputs, means: state.muon }, tf.mul(rate, config.muon.rateFactor))
    : { weights: [], means: [] };
  const updated = ofMuon.map((its) => (its ? matrices.weights.shift()! : others.weights.shift()!));
  return {
    parameters: unflatten(treeShape(parameters), updated) as unknown as P,
    state: { adamW: others.state, muon: matrices.means },
    gradientNorm,
  };
}
