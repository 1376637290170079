import { createRandom, normal } from '../../lib/core/random';
import { tf } from '../../lib/engine/tensorflow';
import { flatten, treeShape, unflatten, type TensorTree } from '../../lib/engine/tree';
import { ownChoices, type ModelConfig } from '../../lib/model/config';
import { initParameters, type Parameters } from '../../lib/model/parameters';
import type { NamedTensor } from '../../lib/model/safetensors';
import type { ReferenceLayer, ReferenceWeights } from './referenceDecoder';

/** Returns the shape of a decoder of about a thousand weights, in which no two sizes are equal by chance. */
export function microConfig(overrides: Partial<ModelConfig> = {}): ModelConfig {
  return {
    vocabSize: 11,
    modelDim: 6,
    numLayers: 2,
    numHeads: 4,
    numKvHeads: 2,
    headDim: 2,
    hiddenDim: 7,
    contextLength: 40,
    ...ownChoices,
    ...overrides,
  };
}

/** Draws weights for tests. Unlike fresh ones they have no gain of 1 and no bias of 0, and their logits differ much. */
export function randomParameters(config: ModelConfig, seed: number): Parameters {
  const random = createRandom(seed, 'test parameters');
  const blank = initParameters(config, 0);
  const filled = flatten(blank).map((tensor) => {
    const center = tensor.shape.length === 1 && tensor.shape[0] === config.modelDim ? 1 : 0;
    const values = Float32Array.from({ length: tensor.size }, () => center + 0.5 * normal(random));
    const shape = tensor.shape;
    tensor.dispose();
    return tf.tensor(values, shape);
  });
  return unflatten(treeShape(blank), filled) as Parameters;
}

/** Returns weights in the form that the reference decoder takes. */
export function toReference(parameters: Parameters): ReferenceWeights {
  const wide = (tensor: tf.Tensor): Float64Array => Float64Array.from(tensor.dataSync());
  return {
    embedding: wide(parameters.embedding),
    layers: parameters.layers.map((layer) => {
      const arrays = Object.entries(layer).map(([name, tensor]) => [name, wide(tensor)]);
      return Object.fromEntries(arrays) as ReferenceLayer;
    }),
    finalNorm: wide(parameters.finalNorm),
    ...(parameters.output && { output: wide(parameters.output) }),
  };
}

/** Returns a tensor as files of weights hold it. */
export const namedTensor = (values: number[], shape: number[], name = 'a'): NamedTensor => ({
  name,
  shape,
  values: Float32Array.from(values),
});

/** Copies every number of some tensors, so that they can be compared later bit for bit. */
export function snapshot(...trees: TensorTree[]): Float32Array[] {
  return flatten(trees).map((tensor) => (tensor.dataSync() as Float32Array).slice());
}

/** Returns a copy with some fields of other values; a value of undefined leaves the field out. Any name is a field. */
export function withChanges(json: object, changes: object): object {
  const all = new Map([...Object.entries(json), ...Object.entries(changes)]);
  for (const [key, value] of all) if (value === undefined) all.delete(key);
  return Object.fromEntries(all);
}
