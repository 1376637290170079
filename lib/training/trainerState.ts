import { UserError } from '../core/errors';
import { tf } from '../engine/tensorflow';
import { disposeTree, flatten, treeShape, unflatten } from '../engine/tree';
import type { ModelConfig } from '../model/config';
import { initParameters } from '../model/parameters';
import { countIn, decodeSafetensors, encodeSafetensors } from '../model/safetensors';
import type { Learnable, OptimizerConfig } from './optimizer';
import { createTrainerState, type TrainerState } from './trainer';

/** Weights, optimizer state and update count as bytes, bit for bit. */
export function encodeTrainerState(state: TrainerState<Learnable>): Uint8Array {
  const tensors = flatten([state.parameters, state.optimizer]).map((tensor, i) => ({
    name: String(i),
    shape: tensor.shape,
    values: tensor.dataSync() as Float32Array,
  }));
  return encodeSafetensors(tensors, { updates: String(state.updates) });
}

/** The inverse of `encodeTrainerState` for a model of this shape and this optimizer. */
export function decodeTrainerState(
  config: ModelConfig,
  optimizerConfig: OptimizerConfig,
  bytes: Uint8Array,
  where: string,
): TrainerState {
  const blank = (): TrainerState => createTrainerState(initParameters(config, 0), optimizerConfig);
  return decodeStateLike(blank, bytes, where);
}

/** The same for whatever learns: `makeBlank` makes a state of the shape that is expected. */
export function decodeStateLike<P extends Learnable>(
  makeBlank: () => TrainerState<P>,
  bytes: Uint8Array,
  where: string,
): TrainerState<P> {
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const blank = makeBlank();
  const shape = treeShape([blank.parameters, blank.optimizer]);
  const sizes = flatten([blank.parameters, blank.optimizer]).map((t) => t.shape);
  disposeTree(blank.parameters, blank.optimizer);
  const updates = countIn(metadata.updates);
  if (updates === null) throw new UserError(`${where} is damaged (no count of updates): remove it`);
  if (JSON.stringify(sizes) !== JSON.stringify(tensors.map((t) => t.shape)))
    throw new UserError(`${where}: the saved state is of another model: remove it`);
  const [parameters, optimizer] = unflatten(
    shape,
    tensors.map((t) => tf.tensor(t.values, [...t.shape])),
  ) as unknown as [P, TrainerState['optimizer']];
  return { parameters, optimizer, updates };
}
